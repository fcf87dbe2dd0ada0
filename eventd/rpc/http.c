/* Serves HTTPS: one request a turn of its connection, parked while the engine works on it. */
#include "rpc/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <openssl/x509.h>

#include "core/frame.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/verify.h"
#include "rpc/caller.h"
#include "rpc/check.h"
#include "rpc/connections.h"

enum {
	OK = 200,
	UNAUTHORIZED = 401,
	FORBIDDEN = 403,
	TOO_LARGE = 413,
	UNAVAILABLE = 503,
	CONNECTIONS_MAX = 64,
	CONNECTIONS_PER_ADDRESS = 16,
	IDLE_S = 15,
	HEADERS_MAX = 32 * 1024,
	TOKEN_MAX = 4096,
	REFUSED_AFTER_MS = 1000, /* whoever tries tokens tries one a second on each of his connections */
	CHECKS_OF_REQUEST = 4,
	PATIENCE_MAX_MS = 60000,
};

#define TLS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* A request is suspended until the engine has answered, its certificate is checked, or its refusal is due. */
enum parking { GOES_ON, WAITS_FOR_ENGINE, WAITS_FOR_CHECK, WAITS_FOR_REFUSAL };

/* One request; its own memory context. */
struct asked {
	LIST_ENTRY(asked) link;
	struct http *http;
	struct MHD_Connection *connection;
	int64_t id;
	const char *client;
	char peer[NI_MAXHOST];
	struct text body;
	enum parking parked;
	bool is_begun; /* the library's first call is over, which it repeats behind a pause */
	int64_t due;   /* of its refusal: connections_now() */
	const char *checked;
	unsigned checks;
	unsigned status; /* 0: no reply yet */
	json_t *reply;
};

struct http {
	struct MHD_Daemon *daemon;
	struct callers *callers;
	struct checks *checks;
	struct connections *connections;
	struct http_events events;
	unsigned sessions, parked; /* requests that wait for the engine */
	int64_t last_id;
	LIST_HEAD(, asked) asked;
};

/* ---- replies ---- */

static enum MHD_Result
send_reply(const struct asked *a)
{
	char *text = json_dumps(a->reply, JSON_COMPACT | JSON_ENSURE_ASCII);
	struct MHD_Response *r = MHD_create_response_from_buffer(text != NULL ? strlen(text) : 0,
		text != NULL ? text : (void *)(uintptr_t) "", MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	free(text);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (a->status == UNAUTHORIZED) {
		MHD_add_response_header(r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	}
	result = MHD_queue_response(a->connection, a->status, r);
	MHD_destroy_response(r);
	return result;
}

static void
decide(struct asked *a, unsigned status, json_t *reply)
{
	json_decref(a->reply);
	a->status = status;
	a->reply = reply;
}

static enum MHD_Result
refuse(struct asked *a, unsigned status, const char *why)
{
	decide(a, status, json_pack("{s:s}", "error", why));
	return send_reply(a);
}

/* ---- who calls ---- */

static void
name_peer(struct asked *a)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(a->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
	socklen_t n;

	if (address == NULL)
		return;
	n = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (getnameinfo(address, n, a->peer, sizeof a->peer, NULL, 0, NI_NUMERICHOST) != 0)
		a->peer[0] = '\0';
	if (strncmp(a->peer, "::ffff:", 7) == 0)
		memmove(a->peer, a->peer + 7, strlen(a->peer + 7) + 1);
}

/* What the TLS session has of the client's certificates, or NULL. */
static STACK_OF(X509) * shown_chain(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const gnutls_datum_t *der = NULL;
	STACK_OF(X509) * chain;
	unsigned n = 0;

	if (info != NULL && info->tls_session != NULL)
		der = gnutls_certificate_get_peers(info->tls_session, &n);
	if (der == NULL || n == 0)
		return NULL;
	chain = sk_X509_new_null();
	for (unsigned i = 0; i < n && i < PKI_MAX_CERTS; i++) {
		const unsigned char *at = der[i].data;
		X509 *cert = d2i_X509(NULL, &at, (long)der[i].size);

		if (cert == NULL || sk_X509_push(chain, cert) == 0)
			break;
	}
	return chain;
}

/* "Bearer TOKEN" (RFC 6750 2.1), or NULL. */
static const char *
shown_token(struct MHD_Connection *c)
{
	static const char scheme[] = "Bearer ";
	const char *v = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);

	if (v == NULL || strncasecmp(v, scheme, strlen(scheme)) != 0 || strlen(v) > TOKEN_MAX)
		return NULL;
	return v + strlen(scheme);
}

/* ---- one request ---- */

/* The library's lists bear no second time: what waits for its check may go on waiting, for its refusal. */
static void
park(struct asked *a, enum parking how)
{
	bool waits = a->parked != GOES_ON;

	a->parked = how;
	a->http->parked += how == WAITS_FOR_ENGINE;
	if (!waits)
		MHD_suspend_connection(a->connection);
}

static void
unpark(struct asked *a)
{
	if (a->parked == GOES_ON)
		return;
	a->http->parked -= a->parked == WAITS_FOR_ENGINE;
	a->parked = GOES_ON;
	connections_begin(a->http->connections, a->connection);
	MHD_resume_connection(a->connection);
}

static int
asked_free(void *p)
{
	struct asked *a = p;

	LIST_REMOVE(a, link);
	a->http->parked -= a->parked == WAITS_FOR_ENGINE;
	explicit_bzero(a->body.s, a->body.len);
	json_decref(a->reply);
	return 0;
}

static void
deny(struct asked *a, const char *why)
{
	struct http *h = a->http;

	h->events.denied(h->events.arg, a->peer, why);
	decide(a, UNAUTHORIZED, json_pack("{s:o}", "error", frame_string(why, strlen(why))));
	a->due = connections_now() + REFUSED_AFTER_MS;
	park(a, WAITS_FOR_REFUSAL);
}

/* Takes the check. */
static bool
may_check(struct asked *a, struct tls_check *check)
{
	if (a->checks++ < CHECKS_OF_REQUEST)
		return checks_start(a->http->checks, a->id, check);
	mem_free(check);
	return false;
}

/* The caller is known before the body is read, or refused, or parked until more is known. */
static void
identify(struct asked *a, const struct err *checked)
{
	STACK_OF(X509) *chain = shown_chain(a->connection);
	const struct caller_shown shown = { chain, shown_token(a->connection), a->checked };
	struct caller_check needed;
	struct err err = ERR_INIT;

	a->client = mem_strdup(a, callers_find(a->http->callers, &shown, &needed, &err));
	if (needed.check != NULL) {
		a->checked = mem_strdup(a, needed.client);
		park(a, WAITS_FOR_CHECK);
		if (!may_check(a, needed.check)) {
			decide(a, UNAVAILABLE,
				json_pack("{s:s}", "error", "too many certificates are being checked"));
			unpark(a);
		}
	} else if (a->client == NULL) {
		if (checked != NULL && checked->code != ERR_NONE) /* it knows more: that nobody answered */
			err_set(&err, ERR_REFUSED, "%s: %s", checked->class, checked->text);
		deny(a, err.text);
	}
	if (chain != NULL)
		sk_X509_pop_free(chain, X509_free);
}

static enum MHD_Result
begin(struct http *h, struct MHD_Connection *connection, void **place)
{
	struct asked *a = mem_new(h, struct asked);

	a->http = h;
	a->connection = connection;
	a->id = ++h->last_id;
	text_init(&a->body, a);
	LIST_INSERT_HEAD(&h->asked, a, link);
	mem_on_free(a, asked_free);
	*place = a;
	name_peer(a);
	identify(a, NULL);
	a->is_begun = a->parked == GOES_ON && a->status == 0;
	return MHD_YES;
}

static struct asked *
find(const struct http *h, int64_t id, int parked)
{
	struct asked *a;

	LIST_FOREACH (a, &h->asked, link)
		if (a->id == id && (int)a->parked == parked)
			return a;
	return NULL;
}

static void
on_checked(void *arg, int64_t id, bool good, const struct err *why)
{
	struct asked *a = find(arg, id, WAITS_FOR_CHECK);

	(void)good; /* what was fetched is known now: it is judged again, its name too */
	if (a == NULL)
		return;
	identify(a, why);
	if (a->client != NULL)
		unpark(a);
}

static enum MHD_Result
hand_on(struct asked *a, const char *verb, const char *path)
{
	struct http *h = a->http;
	struct rpc_request r;
	struct err err = ERR_INIT;
	unsigned status = rpc_request_read(a, verb, path, a->body.s, a->body.len, &r, &err);

	if (status != OK)
		return refuse(a, status, err.text);
	if (r.policy != NULL && !callers_may_run(h->callers, a->client, r.policy))
		return refuse(a, FORBIDDEN, "this client may not run this policy");
	if (h->parked >= h->sessions)
		return refuse(a, UNAVAILABLE, "too many sessions at a time");
	connections_rest(h->connections, a->connection);
	park(a, WAITS_FOR_ENGINE);
	h->events.called(h->events.arg, a->id, a->client, a->peer, &r);
	return MHD_YES;
}

static enum MHD_Result
on_access(void *arg, struct MHD_Connection *connection, const char *path, const char *verb,
	const char *version, const char *data, size_t *n, void **place)
{
	struct asked *a = *place;

	(void)version;
	if (a == NULL)
		return begin(arg, connection, place);
	if (!a->is_begun) { /* parked, and asked again */
		a->is_begun = true;
		return a->status != 0 ? send_reply(a) : MHD_YES;
	}
	if (*n > 0) { /* one byte more than there may be is kept: it says that there were */
		size_t room = RPC_BODY_MAX + 1 - a->body.len;

		text_addn(&a->body, data, *n < room ? *n : room);
		*n = 0;
		return MHD_YES;
	}
	return a->status != 0 ? send_reply(a) : hand_on(a, verb, path);
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **place, enum MHD_RequestTerminationCode why)
{
	struct asked *a = *place;

	struct http *h = arg;

	(void)why;
	connections_begin(h->connections, connection);
	*place = NULL;
	mem_free(a);
}

void
http_answer(struct http *h, int64_t id, unsigned status, json_t *body)
{
	struct asked *a = find(h, id, WAITS_FOR_ENGINE);

	if (a == NULL) {
		json_decref(body);
		return;
	}
	decide(a, status, body);
	unpark(a);
}

/* ---- the server ---- */

static int
http_free(void *p)
{
	struct http *h = p;
	struct asked *a;

	if (h->daemon == NULL)
		return 0;
	LIST_FOREACH (a, &h->asked, link)
		if (a->parked != GOES_ON) {
			decide(a, UNAVAILABLE, json_pack("{s:s}", "error", "the server is restarted"));
			unpark(a);
		}
	MHD_run(h->daemon);
	MHD_stop_daemon(h->daemon);
	return 0;
}

static socklen_t
read_address(const struct http_setup *s, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *six = (void *)out;
	struct sockaddr_in *four = (void *)out;

	memset(out, 0, sizeof *out);
	if (s->address == NULL || inet_pton(AF_INET6, s->address, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(s->port);
		return sizeof *six;
	}
	four->sin_family = AF_INET;
	four->sin_port = htons(s->port);
	return inet_pton(AF_INET, s->address, &four->sin_addr) == 1 ? sizeof *four : 0;
}

static struct MHD_Daemon *
start_at(
	struct http *h, const struct http_setup *s, const struct sockaddr_storage *address, const char *trust)
{
	struct MHD_OptionItem more[] = { { MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)(uintptr_t)trust },
		{ MHD_OPTION_END, 0, NULL } };
	unsigned flags = MHD_USE_TLS | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

	if (trust == NULL)
		more[0] = more[1];
	if (address->ss_family == AF_INET6)
		flags |= s->address == NULL ? MHD_USE_DUAL_STACK : MHD_USE_IPv6;
	return MHD_start_daemon(flags, s->port, NULL, NULL, on_access, h, MHD_OPTION_SOCK_ADDR, address,
		MHD_OPTION_HTTPS_MEM_KEY, s->key, MHD_OPTION_HTTPS_MEM_CERT, s->certificate,
		MHD_OPTION_HTTPS_PRIORITIES, TLS, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT,
		IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX, MHD_OPTION_STRICT_FOR_CLIENT,
		1, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h, MHD_OPTION_NOTIFY_CONNECTION,
		connections_notify, h->connections, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
}

struct http *
http_new(const void *ctx, const struct http_setup *s, struct callers *callers,
	const struct http_events *events, struct err *err)
{
	struct http *h = mem_new(ctx, struct http);
	struct sockaddr_storage address;
	char *trust = callers_authorities(h, callers);

	h->callers = callers;
	h->events = *events;
	h->sessions = s->sessions;
	h->connections = connections_new(h);
	h->checks = s->checks;
	h->last_id = connections_now() << 16; /* no request of a server before has one of these */
	LIST_INIT(&h->asked);
	mem_on_free(h, http_free);
	errno = 0;
	if (read_address(s, &address) == 0)
		err_set(err, ERR_INVALID, "'%.60s' is no address", s->address);
	else if ((h->daemon = start_at(h, s, &address, trust)) == NULL) {
		if (errno != 0)
			err_errno(err, "TCP port %u", s->port);
		else
			err_set(err, ERR_INVALID, "the certificate or its key is refused by the TLS library");
	}
	mem_free(trust);
	if (h->daemon != NULL)
		return h;
	mem_free(h);
	return NULL;
}

void
http_callers(struct http *h, struct callers *callers)
{
	h->callers = callers;
}

uint16_t
http_port(const struct http *h)
{
	return MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

int
http_fd(const struct http *h)
{
	return MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

/* Until the first refusal is due, in milliseconds; -1: none is. */
static int64_t
until_refusal(const struct http *h, int64_t now)
{
	const struct asked *a;
	int64_t first = -1;

	LIST_FOREACH (a, &h->asked, link)
		if (a->parked == WAITS_FOR_REFUSAL && (first < 0 || a->due - now < first))
			first = a->due > now ? a->due - now : 0;
	return first;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

int
http_patience(const struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;
	int64_t now = connections_now(),
		until = sooner(connections_patience(h->connections, now), until_refusal(h, now));

	if (MHD_get_timeout(h->daemon, &ms) == MHD_YES)
		until = sooner(until, ms < PATIENCE_MAX_MS ? (int64_t)ms : PATIENCE_MAX_MS);
	return until < PATIENCE_MAX_MS ? (int)until : PATIENCE_MAX_MS;
}

void
http_turn(struct http *h)
{
	int64_t now = connections_now();
	struct asked *a;

	checks_turn(h->checks, on_checked, h);
	LIST_FOREACH (a, &h->asked, link)
		if (a->parked == WAITS_FOR_REFUSAL && a->due <= now)
			unpark(a);
	connections_turn(h->connections, now);
	/* A full server listens no more; it begins again only when it runs after one has ended. */
	do
		MHD_run(h->daemon);
	while (connections_ended(h->connections));
}
