/* A connection to a logging host. */
#include "logging/forward/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/vrf.h"
#include "pki/fetch.h"
#include "pki/identity.h"
#include "pki/tls.h"
#include "pki/trust.h"

#define USEC            INT64_C(1000000)
#define CONNECT_TIMEOUT (5 * USEC)
#define TALK_TIMEOUT    (10 * USEC)

enum transport { UDP, TCP, TLS };

struct link_want {
	char *host, *vrf, *interface; /* vrf, interface: or NULL */
	enum transport transport;
	int port;
	bool origin_address;
	struct trust *trust;
	char *identity; /* pki/identity.h as text, or NULL */
	bool identity_wanted;
	int version;
};

struct link {
	int fd;
	struct tls *tls; /* NULL: in the clear */
	char origin[80]; /* "ADDRESS: ", or empty */
	struct pki_fetch fetch;
	struct trace silence;
};

/* ---- what is wanted ---- */

static char *
text_of(const void *ctx, const json_t *j, const char *key)
{
	return mem_strdup(ctx, json_string_value(json_object_get(j, key)));
}

struct link_want *
link_want_read(const void *ctx, const json_t *j)
{
	struct link_want *w = mem_new(ctx, struct link_want);
	const char *transport = json_string_value(json_object_get(j, "transport"));
	const char *identity = json_string_value(json_object_get(j, "identity"));

	w->host = text_of(w, j, "host");
	w->vrf = text_of(w, j, "vrf");
	w->interface = text_of(w, j, "interface");
	w->transport = transport == NULL               ? UDP
		       : strcmp(transport, "tls") == 0 ? TLS
		       : strcmp(transport, "tcp") == 0 ? TCP
						       : UDP;
	w->port = (int)json_integer_value(json_object_get(j, "port"));
	w->origin_address = json_is_true(json_object_get(j, "origin_address"));
	w->trust = trust_from_json(w, json_object_get(j, "trust"), NULL);
	w->identity = identity != NULL ? mem_secret(w, identity, strlen(identity)) : NULL;
	w->identity_wanted = json_is_true(json_object_get(j, "identity_wanted"));
	w->version = (int)json_integer_value(json_object_get(j, "version"));
	return w;
}

bool
link_is_datagram(const struct link_want *w)
{
	return w->transport == UDP;
}

/* ---- connecting ---- */

/* Our own address of that family at the interface. */
static bool
bind_interface(int fd, int family, const char *interface, struct err *err)
{
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	struct ifaddrs *list = NULL, *i;
	bool bound = false;

	if (getifaddrs(&list) < 0)
		return err_errno(err, "the addresses of interface %s", interface);
	for (i = list; i != NULL && !bound; i = i->ifa_next)
		if (i->ifa_addr != NULL && i->ifa_addr->sa_family == family &&
			strcmp(i->ifa_name, interface) == 0)
			bound = bind(fd, i->ifa_addr, len) == 0;
	freeifaddrs(list);
	return bound || err_set(err, ERR_IO, "interface %s has no %s address to send from", interface,
				family == AF_INET ? "IPv4" : "IPv6");
}

/* A VRF is a device: what is bound to it is routed by its table. Nothing may leave by another one. */
static bool
use_vrf(int fd, const char *vrf, struct err *err)
{
	switch (vrf_look(vrf)) {
	case VRF_ABSENT:
		return err_set(err, ERR_NOT_FOUND, "there is no VRF %s", vrf);
	case VRF_INTERFACE:
		return err_set(err, ERR_REFUSED, "%s is an interface, not a VRF", vrf);
	case VRF_THERE:
		break;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, vrf, (socklen_t)strlen(vrf)) == 0)
		return true;
	return err_set(err, ERR_IO, "VRF %s cannot be used: %s", vrf, strerror(errno));
}

static bool
wait_connected(int fd, struct err *err)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	int error = 0;
	socklen_t len = sizeof error;

	if (poll(&p, 1, CONNECT_TIMEOUT / 1000) <= 0)
		return err_set(err, ERR_IO, "nothing answers");
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	return error == 0 || err_set(err, ERR_IO, "%s", strerror(error));
}

static int
connect_to(const struct link_want *w, const struct addrinfo *to, struct err *err)
{
	int fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->ai_protocol);

	if (fd < 0) {
		err_set(err, ERR_IO, "%s", strerror(errno));
		return -1;
	}
	if ((w->vrf == NULL || use_vrf(fd, w->vrf, err)) &&
		(w->interface == NULL || bind_interface(fd, to->ai_family, w->interface, err))) {
		if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 ||
			(errno == EINPROGRESS && wait_connected(fd, err)))
			return fd;
		if (err->code == ERR_NONE)
			err_set(err, ERR_IO, "%s", strerror(errno));
	}
	close(fd);
	return -1;
}

static int
connect_any(const struct link_want *w, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = w->transport == UDP ? SOCK_DGRAM : SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV },
			*list = NULL, *to;
	char port[16];
	int fd = -1, failed;

	snprintf(port, sizeof port, "%d", w->port);
	failed = getaddrinfo(w->host, port, &hints, &list);
	if (failed != 0) {
		err_set(err, ERR_IO, "its name is not known (%s)", gai_strerror(failed));
		return -1;
	}
	for (to = list; to != NULL && fd < 0; to = to->ai_next) {
		*err = (struct err)ERR_INIT;
		fd = connect_to(w, to, err);
	}
	freeaddrinfo(list);
	return fd;
}

static void
note_origin(struct link *l)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof own;
	char text[NI_MAXHOST];

	if (getsockname(l->fd, (struct sockaddr *)&own, &len) == 0 &&
		getnameinfo((struct sockaddr *)&own, len, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
		snprintf(l->origin, sizeof l->origin, "%.70s: ", text);
}

/* ---- TLS ---- */

static bool
shake_hands(struct link *l, const struct link_want *w, struct err *err)
{
	struct identity id = { 0 };
	struct tls_want want = { .trust = w->trust,
		.host = w->host,
		.min_version = w->version,
		.revocation = PKI_REVOCATION_BY_POLICY,
		.fetch = &l->fetch,
		.trace = &l->silence };
	json_t *j = w->identity != NULL ? json_loads(w->identity, 0, NULL) : NULL;
	bool good = true;

	if (w->identity_wanted && j == NULL)
		good = err_set(err, ERR_NOT_FOUND, "its TLS profile's trustpoint has no certificate of ours");
	else if (j != NULL)
		good = identity_from_json(&id, j, err);
	json_decref(j);
	want.identity = id.cert;
	want.key = id.key;
	want.identity_chain = id.chain;
	if (good)
		l->tls = tls_client_new(l, &want, err);
	good = good && l->tls != NULL && tls_handshake(l->tls, l->fd, tls_now() + TALK_TIMEOUT, err);
	if (l->tls != NULL)
		tls_settle(l->tls);
	identity_clear(&id);
	return good;
}

struct link *
link_open(const void *ctx, const struct link_want *w, struct revocation_cache *revoked, struct err *err)
{
	struct link *l = mem_new(ctx, struct link);

	l->fetch = (struct pki_fetch){ .get = pki_fetch_http, .cache = revoked };
	l->fd = connect_any(w, err);
	if (l->fd >= 0 && w->origin_address)
		note_origin(l);
	if (l->fd >= 0 && (w->transport != TLS || shake_hands(l, w, err)))
		return l;
	link_close(l);
	return NULL;
}

void
link_close(struct link *l)
{
	if (l == NULL)
		return;
	if (l->tls != NULL)
		tls_close(l->tls);
	if (l->fd >= 0)
		close(l->fd);
	mem_free(l);
}

int
link_fd(const struct link *l)
{
	return l->fd;
}

/* ---- talking ---- */

void
link_frame(
	const struct link *l, const struct link_want *w, const char *head, const char *line, struct text *out)
{
	if (w->transport == TLS)
		text_printf(out, "%zu ", strlen(head) + strlen(l->origin) + strlen(line));
	text_printf(out, "%s%s", head, l->origin);
	text_add(out, line);
	if (w->transport == TCP)
		text_addc(out, '\n');
}

static bool
write_clear(struct link *l, const char *p, size_t n, struct err *err)
{
	int64_t deadline = tls_now() + TALK_TIMEOUT;

	while (n > 0) {
		struct pollfd ready = { l->fd, POLLOUT, 0 };
		ssize_t sent = send(l->fd, p, n, MSG_NOSIGNAL);
		int64_t left = deadline - tls_now();

		if (sent >= 0) {
			p += sent;
			n -= (size_t)sent;
		} else if (errno != EINTR && errno != EAGAIN) {
			return err_set(err, ERR_IO, "%s", strerror(errno));
		} else if (left <= 0 || poll(&ready, 1, (int)(left / 1000) + 1) == 0) {
			return err_set(err, ERR_IO, "it does not take what is sent");
		}
	}
	return true;
}

bool
link_write(struct link *l, const void *data, size_t n, struct err *err)
{
	struct err earlier = ERR_INIT;
	int type = 0;
	socklen_t len = sizeof type;

	if (l->tls != NULL)
		return tls_write(l->tls, data, n, tls_now() + TALK_TIMEOUT, err);
	getsockopt(l->fd, SOL_SOCKET, SO_TYPE, &type, &len);
	if (type != SOCK_DGRAM)
		return write_clear(l, data, n, err);
	/* That nobody listened is said of the datagram before; this one may find somebody. */
	return write_clear(l, data, n, &earlier) || write_clear(l, data, n, err);
}

bool
link_listen(struct link *l)
{
	struct err err = ERR_INIT;
	char waste[4096];
	ssize_t n;

	if (l->tls != NULL)
		return tls_read(l->tls, waste, sizeof waste, tls_now() + TALK_TIMEOUT, &err) > 0;
	do
		n = recv(l->fd, waste, sizeof waste, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == ECONNREFUSED));
}
