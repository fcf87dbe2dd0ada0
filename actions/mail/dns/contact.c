/* One visit to one address of a mail host. */
#include "actions/mail/dns/contact.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>

#include "actions/mail/connect.h"
#include "actions/mail/ehlo.h"
#include "actions/mail/reply.h"
#include "actions/mail/wire.h"
#include "core/mem.h"

/* Milliseconds; somebody is waiting before a screen. */
#define CONNECT_MS 15000
#define REPLY_MS   30000
#define TLS_MS     30000
#define QUIT_MS    2000
#define TOTAL_MS   120000

struct contact {
	struct wire wire;
	struct cancel *cancel; /* never fired: who gives up ends the process */
	struct trace trace;    /* nobody listens */
	struct smtp_reply reply;
	char local[80];
	json_t *facts;
	char *reason;
};

static int
contact_free(void *p)
{
	struct contact *c = p;

	wire_close(&c->wire);
	json_decref(c->facts);
	return 0;
}

static bool
endpoint(const char *address, unsigned port, struct mail_endpoint *to)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char service[8];

	snprintf(service, sizeof service, "%u", port);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return false;
	memcpy(&to->addr, found->ai_addr, found->ai_addrlen);
	to->len = found->ai_addrlen;
	snprintf(to->text, sizeof to->text, "%s", address);
	freeaddrinfo(found);
	return true;
}

struct contact *
contact_open(const void *ctx, const char *address, unsigned port, struct err *err)
{
	struct contact *c = mem_new(ctx, struct contact);
	struct mail_endpoints *to = mem_new(c, struct mail_endpoints);
	int64_t deadline = tls_now() + (int64_t)TOTAL_MS * 1000;
	const struct mail_endpoint *reached;
	const struct mail_source anywhere = { 0 };
	struct sockaddr_storage local;
	socklen_t n = sizeof local;
	unsigned attempts = 0;
	int fd = -1;

	c->wire.fd = -1;
	c->cancel = cancel_new(c);
	smtp_reply_init(&c->reply, c);
	mem_on_free(c, contact_free);
	to->count = 1;
	if (!endpoint(address, port, &to->items[0])) {
		err_set(err, ERR_INVALID, "%s is no address", address);
	} else {
		const struct connect_want want = { .to = to,
			.source = &anywhere,
			.timeout_ms = CONNECT_MS,
			.deadline = deadline,
			.cancel = c->cancel,
			.trace = &c->trace,
			.policy = "-",
			.attempts = &attempts };

		fd = mail_connect(&want, &reached, err);
	}
	if (fd < 0) {
		mem_free(c);
		return NULL;
	}
	wire_open(&c->wire, fd, c->cancel, deadline);
	if (getsockname(fd, (struct sockaddr *)&local, &n) == 0)
		getnameinfo((struct sockaddr *)&local, n, c->local, sizeof c->local, NULL, 0, NI_NUMERICHOST);
	return c;
}

const char *
contact_local(const struct contact *c)
{
	return c->local;
}

/* ---- the dialogue -------------------------------------------------------------------------------------- */

static bool
read_reply(struct contact *c, unsigned ms, struct err *err)
{
	int64_t deadline = wire_deadline(&c->wire, ms);
	enum smtp_fed fed = SMTP_MORE;

	smtp_reply_reset(&c->reply);
	while (fed == SMTP_MORE) {
		size_t used = 0;

		if (!wire_fill(&c->wire, deadline, err))
			return false;
		fed = smtp_reply_feed(
			&c->reply, c->wire.in + c->wire.in_at, c->wire.in_len - c->wire.in_at, &used);
		c->wire.in_at += used;
	}
	return fed == SMTP_DONE || err_class(err, ERR_IO, "PROTOCOL_ERROR", "%s", c->reply.why);
}

static bool
say(struct contact *c, const char *line, unsigned ms, struct err *err)
{
	char *whole = mem_printf(NULL, "%s\r\n", line);
	bool ok = wire_write(&c->wire, whole, strlen(whole), wire_deadline(&c->wire, ms), err);

	mem_free(whole);
	return ok && read_reply(c, ms, err);
}

static bool
expect(const struct contact *c, int code, const char *behind, struct err *err)
{
	if (c->reply.code == code)
		return true;
	return err_class(err, ERR_REFUSED, "PROTOCOL_ERROR", "%d %.200s behind %s", c->reply.code,
		c->reply.text.s, behind);
}

static bool
hello(struct contact *c, struct err *err)
{
	bool is_v6 = strchr(c->local, ':') != NULL;
	char *line = mem_printf(
		NULL, "EHLO [%s%.*s]", is_v6 ? "IPv6:" : "", (int)strcspn(c->local, "%"), c->local);
	bool ok = say(c, line, REPLY_MS, err) && expect(c, 250, "EHLO", err);

	mem_free(line);
	return ok;
}

bool
contact_starttls(struct contact *c, struct err *err)
{
	struct smtp_ehlo *ehlo;

	if (!read_reply(c, REPLY_MS, err) || !expect(c, 220, "the connection", err) || !hello(c, err))
		return false;
	ehlo = smtp_ehlo_parse(c, &c->reply);
	if (!ehlo->starttls)
		return err_class(err, ERR_REFUSED, "TLS_NOT_OFFERED", "the host does not offer STARTTLS");
	if (!say(c, "STARTTLS", REPLY_MS, err) || !expect(c, 220, "STARTTLS", err))
		return false;
	if (wire_has_input(&c->wire))
		return err_class(
			err, ERR_CRYPTO, "STARTTLS_INJECTION", "octets stand behind the 220 to STARTTLS");
	return true;
}

bool
contact_tls(struct contact *c, const struct contact_want *want, struct contact_tls *out, struct err *err)
{
	const struct tls_want wish = {
		.host = want->host,
		.names = want->names,
		.name_count = want->name_count,
		.dane = want->records,
		.dane_count = want->record_count,
		.unverified = true, /* nothing is told to this host: its certificate is only looked at */
		.trace = &c->trace,
	};
	struct tls *tls = tls_client_new(c, &wish, err);
	const struct tls_result *r;
	struct err ignored = ERR_INIT;

	if (tls == NULL || !tls_handshake(tls, c->wire.fd, wire_deadline(&c->wire, TLS_MS), err))
		return false;
	c->wire.tls = tls;
	r = tls_result(tls);
	c->facts = tls_result_to_json(tls);
	*out = (struct contact_tls){
		.version = r->version,
		.cipher = r->cipher,
		.matches = r->judged && r->pki.class == PKI_OK && r->pki.dane_record >= 0,
		.reason = r->judged ? r->pki.detail : "the host sent no certificate",
		.facts = c->facts,
	};
	if (hello(c, &ignored))
		say(c, "QUIT", QUIT_MS, &ignored);
	return true;
}
