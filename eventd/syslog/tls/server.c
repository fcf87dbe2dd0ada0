/* The work of eventd-tls: connections, their handshakes and limits. */
#include "syslog/tls/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>
#include <netinet/in.h>

#include "core/frame.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "pki/revocation_cache.h"
#include "pki/tls_server.h"
#include "syslog/channel.h"
#include "syslog/feed.h"
#include "syslog/socket.h"
#include "syslog/tls/inquiry.h"
#include "syslog/turns.h"
#include "syslog/url.h"
#include "syslog/wire.h"

#define CONNECTIONS_MAX 1024u
#define HANDSHAKES_MAX  128u /* under way at once */
#define HANDSHAKE_TIME  (10 * USEC_PER_SEC)
#define QUIET_ENOUGH    (60 * USEC_PER_SEC) /* to give way when connections are at their limit */
#define ACCEPTS_MAX     16u
#define READS_MAX       4u     /* of one connection, then others get their turn */
#define READ_SIZE       16384u /* a TLS record */
#define PAUSE           USEC_PER_SEC
#define COMPLAINTS_MAX  10u /* lines of the log a minute */
#define COMPLAINTS_TIME (60 * USEC_PER_SEC)

struct connection {
	struct server *server;
	struct tls_peer *tls;
	int fd;
	uint32_t number;
	bool is_open; /* the handshake is done, and the client believed */
	struct watch *watch;
	struct timer *deadline;  /* of the handshake */
	struct inquiry *inquiry; /* whether it is revoked: what is left of the handshake, or NULL */
	struct feed feed;
	struct turn turn;
	usec last;
	struct in6_addr address;
	char source[SYSLOG_SOURCE_MAX]; /* "tls 192.0.2.1" */
	TAILQ_ENTRY(connection) entry;
};

struct server {
	struct loop *loop;
	struct channel *channel;
	struct frame_reader *jobs;
	struct watch *listening;
	struct timer *pause;
	struct tls_server *tls; /* NULL: nobody is let in yet; owns what it was made of */
	json_t *clients;        /* of the job */
	struct revocation_cache *revoked;
	struct inquiries *inquiries;
	struct turns *turns;
	TAILQ_HEAD(, connection) connections; /* the one that was quiet longest first */
	unsigned count, handshakes;
	uint32_t last_number;
	usec complaints_since;
	unsigned complaints, unsaid;
	char buffer[FEED_REST_MAX + READ_SIZE];
};

/* ---- what people are told ---- */

static void
tell(const char *type, json_t *fields)
{
	struct err err = ERR_INIT;

	json_object_set_new(fields, "type", json_string(type));
	if (!frame_write_fd(STDOUT_FILENO, fields, &err))
		_exit(1);
	json_decref(fields);
}

static void
tell_count(const struct server *s)
{
	tell("connections", json_pack("{s:i}", "n", (int)s->count));
}

/* A connection that was no good: counted each time, told a few times a minute. */
static void
refuse(struct server *s, const char *source, const struct err *why)
{
	usec now = loop_mono(s->loop);

	tell("refused", json_object());
	if (now - s->complaints_since >= COMPLAINTS_TIME) {
		if (s->unsaid > 0)
			channel_log("SYSLOG", SEV_WARNINGS, "TLS", "%u more connections failed", s->unsaid);
		s->complaints_since = now;
		s->complaints = s->unsaid = 0;
	}
	if (++s->complaints > COMPLAINTS_MAX)
		s->unsaid++;
	else
		channel_log("SYSLOG", SEV_WARNINGS, "TLS", "connection of %s failed: %s [%s]", source,
			why->text, why->class[0] != '\0' ? why->class : "REFUSED");
}

/* ---- connections ---- */

static int
connection_free(void *ptr)
{
	struct connection *c = ptr;
	struct server *s = c->server;

	TAILQ_REMOVE(&s->connections, c, entry);
	turns_leave(s->turns, &c->turn);
	s->count--;
	if (c->is_open)
		channel_gone(s->channel, c->number);
	else
		s->handshakes--;
	mem_free(c->watch); /* before its descriptor goes */
	if (c->tls != NULL)
		tls_peer_close(c->tls);
	mem_free(c->tls);
	close(c->fd);
	return 0;
}

static void
end_connection(struct connection *c, const struct err *why)
{
	struct server *s = c->server;

	if (why != NULL)
		refuse(s, c->source, why);
	mem_free(c);
	tell_count(s);
}

static void
take_message(void *arg, struct slice message, bool cut)
{
	struct connection *c = arg;

	channel_message(c->server->channel, c->number, cut, message);
}

static void
read_messages(struct connection *c)
{
	struct server *s = c->server;
	struct err err = ERR_INIT;

	for (unsigned i = 0; i < READS_MAX; i++) {
		size_t rest = feed_begin(&c->feed, s->buffer), got;
		enum tls_turn turn = tls_peer_read(c->tls, s->buffer + rest, READ_SIZE, &got, &err);

		if (turn == TLS_TURN_READ || turn == TLS_TURN_WRITE) {
			watch_set(c->watch, turn == TLS_TURN_READ ? WATCH_READ : WATCH_WRITE);
			return;
		}
		if (turn == TLS_TURN_FAILED || got == 0) {
			feed_take(&c->feed, c, s->buffer, rest, true, take_message, c);
			end_connection(c, NULL);
			return;
		}
		if (!feed_take(&c->feed, c, s->buffer, rest + got, false, take_message, c)) {
			err_set(&err, ERR_INVALID, "what it sends is no syslog: a count that cannot be");
			end_connection(c, &err);
			return;
		}
	}
	timer_set(c->deadline, 0); /* there may be more already decrypted, which no poll would tell */
}

static void
read_some(void *arg)
{
	struct connection *c = arg;
	struct server *s = c->server;

	c->last = loop_mono(s->loop);
	TAILQ_REMOVE(&s->connections, c, entry);
	TAILQ_INSERT_TAIL(&s->connections, c, entry);
	read_messages(c);
	channel_flush(s->channel);
}

static void
be_open(struct connection *c)
{
	char name[TLS_PEER_NAME];
	bool named = tls_peer_name(c->tls, name);

	c->is_open = true;
	c->server->handshakes--;
	timer_stop(c->deadline);
	channel_peer(
		c->server->channel, c->number, named, c->source, named ? name : strchr(c->source, ' ') + 1);
}

/* What it sends meanwhile waits in the socket. */
static void
on_inquiry(void *arg, bool good, const struct err *why)
{
	struct connection *c = arg;

	mem_free(c->inquiry);
	c->inquiry = NULL;
	if (!good) {
		end_connection(c, why);
		return;
	}
	be_open(c);
	watch_set(c->watch, WATCH_READ);
	timer_set(c->deadline, 0); /* what came with the handshake no poll would tell */
}

/* False: the connection has ended, or waits. */
static bool
shake_hands(struct connection *c)
{
	struct err err = ERR_INIT;
	enum tls_turn turn = tls_peer_handshake(c->tls, &err);
	const char *url;

	if (turn == TLS_TURN_DONE)
		turn = tls_peer_believe(c->tls, &url, &err);
	if (turn == TLS_TURN_FAILED) {
		end_connection(c, &err);
		return false;
	}
	if (turn == TLS_TURN_FETCH) {
		watch_set(c->watch, 0);
		timer_set(c->deadline, INQUIRY_TIME);
		c->inquiry = inquiry_new(c, c->server->inquiries, c->tls, url, on_inquiry, c);
		return false;
	}
	watch_set(c->watch, turn == TLS_TURN_WRITE ? WATCH_WRITE : WATCH_READ);
	if (turn != TLS_TURN_DONE)
		return false;
	be_open(c);
	return true;
}

static void
connection_ready(void *arg, int fd, unsigned what)
{
	struct connection *c = arg;

	if (c->is_open || shake_hands(c))
		turns_take(c->server->turns, &c->turn);
}

/* Of the handshake; later: of the next turn to read. */
static void
on_deadline(void *arg)
{
	struct connection *c = arg;
	struct err err = ERR_INIT;

	if (c->is_open) {
		connection_ready(c, c->fd, WATCH_READ);
		return;
	}
	if (c->inquiry != NULL)
		err_class(&err, ERR_TIMEOUT, "CERT_REVOCATION_UNKNOWN",
			"whether its certificate is revoked was not known within %u s: %s",
			(unsigned)(INQUIRY_TIME / USEC_PER_SEC), inquiry_url(c->inquiry));
	else
		err_class(&err, ERR_TIMEOUT, "TIMEOUT", "the handshake took more than %u s",
			(unsigned)(HANDSHAKE_TIME / USEC_PER_SEC));
	end_connection(c, &err);
}

/* ---- limits ---- */

static bool
same_address(const struct connection *a, const struct in6_addr *b)
{
	return memcmp(&a->address, b, sizeof *b) == 0;
}

static unsigned
count_of(const struct server *s, const struct in6_addr *address)
{
	const struct connection *c;
	unsigned n = 0;

	TAILQ_FOREACH (c, &s->connections, entry)
		n += same_address(c, address);
	return n;
}

/* Of the address that has the most connections, the one that was quiet longest; *most is how many. */
static struct connection *
greediest(const struct server *s, unsigned *most)
{
	struct connection *c, *found = NULL;

	*most = 0;
	TAILQ_FOREACH (c, &s->connections, entry) {
		unsigned n;

		if (found != NULL && same_address(c, &found->address))
			continue;
		n = count_of(s, &c->address);
		if (n > *most) {
			*most = n;
			found = c;
		}
	}
	return found;
}

static struct connection *
oldest_handshake(const struct server *s)
{
	struct connection *c;

	TAILQ_FOREACH (c, &s->connections, entry)
		if (!c->is_open)
			return c;
	return NULL;
}

/* Who shakes hands slowly gives way to who comes; who has many connections to who has few; then who is quiet. */
static bool
has_room(struct server *s, const struct in6_addr *address)
{
	struct connection *c = TAILQ_FIRST(&s->connections), *greedy;
	unsigned most;

	if (s->handshakes >= HANDSHAKES_MAX) {
		mem_free(oldest_handshake(s));
		return true;
	}
	if (s->count < CONNECTIONS_MAX)
		return true;
	greedy = greediest(s, &most);
	if (most > count_of(s, address) + 1)
		c = greedy;
	else if (loop_mono(s->loop) - c->last < QUIET_ENOUGH)
		return false;
	mem_free(c);
	return true;
}

/* ---- accepting ---- */

static void
connection_new(struct server *s, int fd, const struct sockaddr_storage *from, const struct in6_addr *address)
{
	struct connection *c = mem_new(s, struct connection);
	struct err err = ERR_INIT;

	c->server = s;
	c->fd = fd;
	c->number = ++s->last_number;
	c->address = *address;
	c->turn = (struct turn){ .f = read_some, .arg = c };
	c->last = loop_mono(s->loop);
	feed_init(&c->feed);
	syslog_source_format(SYSLOG_TLS, from, c->source);
	TAILQ_INSERT_TAIL(&s->connections, c, entry);
	s->count++;
	s->handshakes++;
	mem_on_free(c, connection_free);
	syslog_keep_alive(fd);
	c->deadline = timer_after(c, s->loop, HANDSHAKE_TIME, on_deadline, c);
	c->tls = tls_peer_new(c, s->tls, fd, &err);
	if (c->tls == NULL) {
		end_connection(c, &err);
		return;
	}
	c->watch = watch_fd(c, s->loop, fd, WATCH_READ, connection_ready, c);
}

static void
address_of(const struct sockaddr_storage *from, struct in6_addr *out)
{
	memset(out, 0, sizeof *out);
	if (from->ss_family == AF_INET6)
		*out = ((const struct sockaddr_in6 *)from)->sin6_addr;
	else
		memcpy(&out->s6_addr[12], &((const struct sockaddr_in *)from)->sin_addr, 4);
}

static void
accept_again(void *arg)
{
	struct server *s = arg;

	watch_set(s->listening, s->tls != NULL ? WATCH_READ : 0);
}

static void
on_connection(void *arg, int fd, unsigned what)
{
	struct server *s = arg;

	for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_storage from;
		struct in6_addr address;
		socklen_t len = sizeof from;
		int conn = accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (conn < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
			watch_set(s->listening, 0);
			timer_set(s->pause, PAUSE);
		}
		if (conn < 0)
			break;
		address_of(&from, &address);
		if (has_room(s, &address)) {
			connection_new(s, conn, &from, &address);
		} else {
			tell("refused", json_object());
			close(conn);
		}
	}
	tell_count(s);
}

/* ---- jobs ---- */

/* Handshakes under way were begun with what is now old; so were all, when others are trusted than before. */
static void
drop_old(struct server *s, bool all)
{
	struct connection *c, *next;

	for (c = TAILQ_FIRST(&s->connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (all || !c->is_open)
			mem_free(c);
	}
	tell_count(s);
}

static struct tls_server *
make_tls(struct server *s, const json_t *job, struct err *err)
{
	const char *text = json_string_value(json_object_get(job, "identity"));
	const json_t *clients = json_object_get(job, "clients");
	json_t *j = text != NULL ? json_loads(text, 0, NULL) : NULL;
	struct identity id = { 0 };
	struct trust *trust = !json_is_null(clients) ? trust_from_json(s, clients, err) : NULL;
	struct tls_server *tls = NULL;

	if (identity_from_json(&id, j, err) && (trust != NULL || json_is_null(clients)))
		tls = tls_server_new(s, &id, trust, s->revoked, err);
	identity_clear(&id);
	json_decref(j);
	if (tls != NULL && trust != NULL)
		mem_steal(tls, trust);
	else if (tls == NULL)
		mem_free(trust);
	return tls;
}

static void
take_job(struct server *s, const json_t *job)
{
	json_t *clients = json_object_get(job, "clients");
	struct err err = ERR_INIT;

	if (clients == NULL) {
		revocation_cache_take(s->revoked, job);
		return;
	}
	drop_old(s, s->clients != NULL && !json_equal(s->clients, clients));
	mem_free(s->tls);
	s->tls = NULL;
	json_decref(s->clients);
	s->clients = json_incref(clients);
	if (json_is_string(json_object_get(job, "identity"))) {
		s->tls = make_tls(s, job, &err);
		if (s->tls == NULL)
			channel_log("SYSLOG", SEV_ERRORS, "TLS", "%s", err.text);
	}
	accept_again(s);
}

static void
on_control(void *arg, int fd, unsigned what)
{
	struct server *s = arg;
	struct err err = ERR_INIT;
	char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof bytes);
	json_t *job;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop_old(s, true);
		loop_stop(s->loop);
		return;
	}
	frame_reader_feed(s->jobs, bytes, (size_t)n);
	explicit_bzero(bytes, (size_t)n); /* keys */
	while ((job = frame_reader_next(s->jobs, &err)) != NULL) {
		take_job(s, job);
		json_decref(job);
	}
	if (err.code != ERR_NONE)
		loop_stop(s->loop);
}

static int
server_free(void *ptr)
{
	json_decref(((struct server *)ptr)->clients);
	return 0;
}

/* The engine tells it to who else validates, and keeps it over a restart. */
static void
tell_learnt(void *arg)
{
	struct server *s = arg;
	json_t *news = revocation_cache_news(s->revoked);

	if (news != NULL)
		tell("revocation", news);
}

bool
server_run(const void *ctx)
{
	struct server *s = mem_new(ctx, struct server);

	mem_on_free(s, server_free);
	s->loop = loop_new(s, clock_new_real(s));
	s->turns = turns_new(s, s->loop);
	s->channel = channel_new(s);
	s->jobs = frame_reader_new(s, FRAME_MAX);
	s->revoked = revocation_cache_new(s);
	s->inquiries = inquiries_new(s, s->loop, s->revoked, tell_learnt, s);
	TAILQ_INIT(&s->connections);
	fcntl(WIRE_LISTEN_FD, F_SETFL, O_NONBLOCK);
	s->pause = timer_after(s, s->loop, 0, accept_again, s);
	timer_stop(s->pause);
	s->listening = watch_fd(s, s->loop, WIRE_LISTEN_FD, 0, on_connection, s);
	watch_fd(s, s->loop, STDIN_FILENO, WATCH_READ, on_control, s);
	loop_run(s->loop);
	return inquiries_running(s->inquiries) == 0;
}
