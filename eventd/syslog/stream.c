/* Syslog over TCP and unix streams: connections, their limits, and one read arena for all of them. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "syslog/feed.h"
#include "syslog/intake.h"
#include "syslog/socket.h"

#define ACCEPTS_MAX  64u
#define READ_MAX     ((size_t)64 * 1024)
#define QUIET_ENOUGH (60 * USEC_PER_SEC) /* to give way when connections are at their limit */
#define PAUSE        USEC_PER_SEC        /* of accepting, when the process has no descriptor left */

struct connection {
	struct listener *listener;
	struct turn turn;
	int fd;
	struct watch *watch;
	struct feed feed;
	usec last;
	struct source *source; /* held */
	TAILQ_ENTRY(connection) entry;
};

static int
connection_free(void *ptr)
{
	struct connection *c = ptr;

	turns_leave(c->listener->intake->turns, &c->turn);
	TAILQ_REMOVE(&c->listener->connections, c, entry);
	sources_release(c->listener->intake->sources, c->source);
	c->listener->count.connections--;
	c->listener->intake->connections--;
	mem_free(c->watch); /* before its descriptor goes */
	close(c->fd);
	return 0;
}

/* What one read brought. */
struct arrival {
	struct connection *from;
	usec mono, wall;
};

static void
take_message(void *arg, struct slice message, bool cut)
{
	const struct arrival *a = arg;
	struct listener *l = a->from->listener;

	l->count.cut += cut;
	intake_message(l, a->from->source, message, a->mono, a->wall);
}

/* False: this is no syslog. */
static bool
consume(struct connection *c, const char *buf, size_t n, bool end)
{
	struct loop *loop = c->listener->intake->engine->loop;
	struct arrival a = { c, loop_mono(loop), loop_wall(loop) };

	return feed_take(&c->feed, c, buf, n, end, take_message, &a);
}

static void
connection_read(void *arg)
{
	struct connection *c = arg;
	struct listener *l = c->listener;
	char *arena = arena_bytes(l->intake->arena);
	size_t rest = feed_begin(&c->feed, arena);
	ssize_t n = read(c->fd, arena + rest, READ_MAX);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->last = loop_mono(l->intake->engine->loop);
	TAILQ_REMOVE(&l->connections, c, entry);
	TAILQ_INSERT_TAIL(&l->connections, c, entry);
	if (n > 0 && consume(c, arena, rest + (size_t)n, false))
		return;
	if (n > 0)
		l->count.refused++;
	else
		consume(c, arena, rest, true);
	mem_free(c);
	intake_complain(l->intake);
}

static void
connection_ready(void *arg, int fd, unsigned what)
{
	struct connection *c = arg;

	turns_take(c->listener->intake->turns, &c->turn);
}

static void
connection_new(struct listener *l, int fd, struct source *source)
{
	struct connection *c = mem_new(l, struct connection);
	struct loop *loop = l->intake->engine->loop;

	c->listener = l;
	c->fd = fd;
	c->turn = (struct turn){ .f = connection_read, .arg = c };
	c->last = loop_mono(loop);
	feed_init(&c->feed);
	c->source = source;
	sources_hold(l->intake->sources, source);
	syslog_keep_alive(fd);
	TAILQ_INSERT_TAIL(&l->connections, c, entry);
	l->count.connections++;
	l->intake->connections++;
	mem_on_free(c, connection_free);
	c->watch = watch_fd(c, loop, fd, WATCH_READ, connection_ready, c);
}

static struct connection *
quietest_of(struct intake *in, const struct source *source)
{
	struct listener *l;
	struct connection *c, *quietest = NULL;

	TAILQ_FOREACH (l, &in->listeners, entry)
		TAILQ_FOREACH (c, &l->connections, entry)
			if (c->source == source && (quietest == NULL || c->last < quietest->last))
				quietest = c;
	return quietest;
}

/*
 * At the limit a source that has several connections more than this one gives one back, so that nobody can
 * shut others out; else the one that was quiet longest gives way, if it was quiet long enough.
 */
static bool
has_room(struct listener *l, const struct source *source)
{
	struct intake *in = l->intake;
	struct connection *quiet = TAILQ_FIRST(&l->connections);
	struct source *greediest;

	if (in->connections < INTAKE_CONNECTIONS_MAX)
		return true;
	greediest = sources_greediest(in->sources, l->transport);
	if (greediest != NULL && greediest->holds > source->holds + 1 && quietest_of(in, greediest) != NULL)
		quiet = quietest_of(in, greediest);
	else if (quiet == NULL || loop_mono(in->engine->loop) - quiet->last < QUIET_ENOUGH)
		return false;
	mem_free(quiet);
	return true;
}

static struct source *
source_of(struct listener *l, int fd, const struct sockaddr_storage *peer)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t len = sizeof who;

	if (l->transport != SYSLOG_UNIX_STREAM)
		return intake_source(l->intake, l->transport, peer);
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
	return intake_user(l->intake, l->transport, who.uid);
}

static void
accept_again(void *arg)
{
	struct listener *l = arg;

	watch_set(l->watch, WATCH_READ);
}

void
stream_ready(void *arg, int fd, unsigned what)
{
	struct listener *l = arg;

	for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		struct source *source;
		int conn = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (conn < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
			watch_set(l->watch, 0);
			mem_free(l->pause);
			l->pause = timer_after(l, l->intake->engine->loop, PAUSE, accept_again, l);
			break;
		}
		if (conn < 0)
			break;
		source = source_of(l, conn, &peer);
		if (has_room(l, source)) {
			connection_new(l, conn, source);
		} else {
			l->count.refused++;
			close(conn);
		}
	}
	intake_complain(l->intake);
}
