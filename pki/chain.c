/* Fetches the chain that a server shows. */
#include "pki/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/text.h"
#include "pki/import.h"
#include "pki/tls.h"

#define REPLY_MAX   (64u * 1024u) /* octets of one reply */
#define LINE_KEPT   200           /* of a refusal, for the error */
#define PER_ADDRESS (5 * 1000000) /* microseconds for a connection, when there are more addresses */

struct peer {
	int fd;
	int64_t deadline;
	char address[NI_MAXHOST];
};

/* ---- connecting ---- */

static bool
wait_for(const struct peer *p, short what, int64_t deadline, struct err *err)
{
	struct pollfd pfd = { .fd = p->fd, .events = what };

	for (;;) {
		int64_t left = (deadline - tls_now() + 999) / 1000;
		int n = left <= 0 ? 0 : poll(&pfd, 1, (int)left);

		if (n > 0)
			return true;
		if (n == 0)
			return err_class(err, ERR_TIMEOUT, "TIMEOUT", "time-out");
		if (errno != EINTR)
			return err_class(err, ERR_IO, "CONNECTION_LOST", "%s", strerror(errno));
	}
}

static bool
connect_to(struct peer *p, const struct addrinfo *to, bool is_last, struct err *err)
{
	int64_t until = tls_now() + PER_ADDRESS;
	int error = 0;
	socklen_t n = sizeof error;

	if (is_last || until > p->deadline)
		until = p->deadline;
	p->fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		return err_class(err, ERR_IO, "CONNECT_UNREACHABLE", "%s", strerror(errno));
	if (connect(p->fd, to->ai_addr, to->ai_addrlen) == 0)
		return true;
	if (errno == EINPROGRESS) {
		if (!wait_for(p, POLLOUT, until, err))
			return err_class(err, ERR_TIMEOUT, "CONNECT_TIMEOUT", "no answer");
		getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	} else {
		error = errno;
	}
	return error == 0 ||
	       err_class(err, ERR_IO, error == ECONNREFUSED ? "CONNECT_REFUSED" : "CONNECT_UNREACHABLE", "%s",
		       strerror(error));
}

/* `flags` of getaddrinfo(); others are tried behind it unless is_last. */
static bool
connect_host(struct peer *p, const char *host, int flags, unsigned port, bool is_last, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags }, *list = NULL;
	char service[8];
	int code;

	snprintf(service, sizeof service, "%u", port);
	code = getaddrinfo(host, service, &hints, &list);
	if (code != 0)
		return err_class(err, ERR_IO, code == EAI_NONAME ? "DNS_NXDOMAIN" : "DNS_FAILED", "%s: %s",
			host, gai_strerror(code));
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		getnameinfo(
			a->ai_addr, a->ai_addrlen, p->address, sizeof p->address, NULL, 0, NI_NUMERICHOST);
		if (connect_to(p, a, is_last && a->ai_next == NULL, err)) {
			freeaddrinfo(list);
			return true;
		}
		if (p->fd >= 0)
			close(p->fd);
		p->fd = -1;
	}
	freeaddrinfo(list);
	return err_wrap(err, "%s port %u", p->address, port);
}

/* Without addresses the system is asked for the host's. */
static bool
connect_any(struct peer *p, const char *host, const json_t *addresses, unsigned port, struct err *err)
{
	size_t n = json_array_size(addresses);

	if (n == 0)
		return connect_host(p, host, AI_ADDRCONFIG, port, true, err);
	for (size_t i = 0; i < n; i++) {
		const char *address = json_string_value(json_array_get(addresses, i));

		err_clear(err);
		if (connect_host(p, address != NULL ? address : "", AI_NUMERICHOST, port, i + 1 == n, err)) {
			err_clear(err);
			return true;
		}
	}
	return false;
}

/* ---- SMTP up to STARTTLS (RFC 3207) ---- */

/* One octet at a time: not one of the handshake's may be swallowed. */
static bool
read_octet(const struct peer *p, char *c, struct err *err)
{
	for (;;) {
		ssize_t n = recv(p->fd, c, 1, 0);

		if (n == 1)
			return true;
		if (n == 0)
			return err_class(err, ERR_IO, "CONNECTION_LOST", "the server closed the connection");
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (!wait_for(p, POLLIN, p->deadline, err))
				return false;
		} else if (errno != EINTR) {
			return err_class(err, ERR_IO, "CONNECTION_LOST", "%s", strerror(errno));
		}
	}
}

/* The last line of a reply begins with its code and no hyphen. */
static bool
read_reply(const struct peer *p, struct text *line, struct err *err)
{
	size_t octets = 0;
	char c;

	text_clear(line);
	while (octets++ < REPLY_MAX) {
		if (!read_octet(p, &c, err))
			return false;
		if (c != '\n') {
			if (c != '\r')
				text_addc(line, c);
			continue;
		}
		if (line->len < 3 || strspn(line->s, "0123456789") < 3)
			return err_class(
				err, ERR_IO, "PROTOCOL_ERROR", "the server does not answer with SMTP");
		if (line->s[3] != '-')
			return true;
		text_clear(line);
	}
	return err_class(err, ERR_IO, "PROTOCOL_ERROR", "the server's reply has no end");
}

static bool
say(const struct peer *p, const char *command, struct text *line, struct err *err)
{
	size_t n = strlen(command);

	if (send(p->fd, command, n, MSG_NOSIGNAL) != (ssize_t)n)
		return err_class(err, ERR_IO, "CONNECTION_LOST", "connection lost");
	return read_reply(p, line, err);
}

static bool
expect(const struct text *line, char code, const char *class, const char *what, struct err *err)
{
	struct text shown;

	if (line->s[0] == code)
		return true;
	text_init(&shown, line);
	text_add_line(&shown, line->s, line->len < LINE_KEPT ? line->len : LINE_KEPT);
	return err_class(err, ERR_IO, class, "%s: %s", what, shown.s);
}

static bool
start_tls(const struct peer *p, struct err *err)
{
	struct text *line = text_new(NULL);
	bool ok = read_reply(p, line, err) &&
		  expect(line, '2', "BANNER_REJECTED", "the server refuses the session", err) &&
		  say(p, "EHLO localhost\r\n", line, err) &&
		  expect(line, '2', "HELO_REJECTED", "the server refuses EHLO", err) &&
		  say(p, "STARTTLS\r\n", line, err) &&
		  expect(line, '2', "TLS_NOT_OFFERED", "the server refuses STARTTLS", err);

	mem_free(line);
	return ok;
}

/* ---- the handshake ---- */

static json_t *
answer_of(const struct peer *p, const struct tls_result *r)
{
	json_t *certs = json_array();

	for (int i = 0; i < sk_X509_num(r->received); i++) {
		char *base64 = cert_to_base64(NULL, sk_X509_value(r->received, i));

		json_array_append_new(certs, json_string(base64));
		mem_free(base64);
	}
	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s?}", "type", "chain", "certificates", certs,
		"address", p->address, "version", r->version != NULL ? r->version : "", "cipher",
		r->cipher != NULL ? r->cipher : "", "class", pki_class_name(r->pki.class), "detail",
		r->pki.detail, "trustpoint", r->pki.class == PKI_OK ? r->pki.anchor : NULL);
}

static json_t *
shake_hands(const struct peer *p, const char *host, const json_t *job, struct err *err)
{
	void *ctx = mem_ctx(NULL, "chain");
	struct tls_want want = { .trust = trust_from_json(ctx, json_object_get(job, "trust"), err),
		.host = host,
		.unverified = true,
		.revocation = PKI_REVOCATION_SKIP };
	struct tls *tls = want.trust == NULL ? NULL : tls_client_new(ctx, &want, err);
	json_t *answer = NULL;

	/* Whatever becomes of the handshake behind it (a server may demand a certificate of ours), the chain is shown. */
	if (tls != NULL) {
		bool ok = tls_handshake(tls, p->fd, p->deadline, err);

		if (sk_X509_num(tls_result(tls)->received) > 0)
			answer = answer_of(p, tls_result(tls));
		else if (ok)
			err_class(err, ERR_IO, "HANDSHAKE_FAILED", "the server shows no certificate");
		if (!ok && tls_result(tls)->in_clear && !json_is_string(json_object_get(job, "starttls")))
			err_hint(err, "the port speaks in the clear first: write 'starttls smtp' for a mail "
				      "server");
		tls_close(tls);
	}
	mem_free(ctx);
	return answer;
}

json_t *
chain_fetch(const json_t *job, struct err *err)
{
	const char *host = json_string_value(json_object_get(job, "host"));
	unsigned port = (unsigned)json_integer_value(json_object_get(job, "port"));
	int64_t timeout_ms = json_integer_value(json_object_get(job, "timeout_ms"));
	struct peer p = { .fd = -1, .deadline = tls_now() + timeout_ms * 1000 };
	json_t *answer = NULL;

	if (host == NULL || port == 0 || port > 65535) {
		err_set(err, ERR_INVALID, "no host or port");
		return NULL;
	}
	if (connect_any(&p, host, json_object_get(job, "addresses"), port, err) &&
		(!json_is_string(json_object_get(job, "starttls")) || start_tls(&p, err)))
		answer = shake_hands(&p, host, job, err);
	if (p.fd >= 0)
		close(p.fd);
	return answer;
}
