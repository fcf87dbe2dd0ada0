/* Ends connections that take too long. */
#include "rpc/connections.h"

#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>

#include "core/mem.h"

enum { TURN_MS = 20000, RESTS = -1 };

struct place {
	LIST_ENTRY(place) link;
	int fd;
	int64_t since; /* RESTS: its time does not count */
};

struct connections {
	LIST_HEAD(, place) list;
	bool ended;
};

int64_t
connections_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static int
place_free(void *p)
{
	LIST_REMOVE((struct place *)p, link);
	return 0;
}

void
connections_notify(
	void *cls, struct MHD_Connection *connection, void **at, enum MHD_ConnectionNotificationCode what)
{
	struct connections *all = cls;
	struct place *p;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		mem_free(*at);
		*at = NULL;
		all->ended = true;
		return;
	}
	p = mem_new(all, struct place);
	p->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	p->since = connections_now();
	LIST_INSERT_HEAD(&all->list, p, link);
	mem_on_free(p, place_free);
	*at = p;
}

static void
set_since(struct MHD_Connection *connection, int64_t since)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct place *p = info != NULL ? info->socket_context : NULL;

	if (p != NULL)
		p->since = since;
}

void
connections_begin(struct connections *all, struct MHD_Connection *connection)
{
	(void)all;
	set_since(connection, connections_now());
}

void
connections_rest(struct connections *all, struct MHD_Connection *connection)
{
	(void)all;
	set_since(connection, RESTS);
}

int64_t
connections_patience(const struct connections *all, int64_t now)
{
	const struct place *p;
	int64_t first = -1;

	LIST_FOREACH (p, &all->list, link) {
		int64_t left = p->since + TURN_MS - now;

		if (p->since != RESTS && (first < 0 || left < first))
			first = left > 0 ? left : 0;
	}
	return first;
}

/* The server sees the end of the stream, and closes it. */
void
connections_turn(struct connections *all, int64_t now)
{
	struct place *p;

	LIST_FOREACH (p, &all->list, link)
		if (p->since != RESTS && now - p->since >= TURN_MS) {
			shutdown(p->fd, SHUT_RDWR);
			p->since = RESTS;
		}
}

bool
connections_ended(struct connections *all)
{
	bool ended = all->ended;

	all->ended = false;
	return ended;
}

struct connections *
connections_new(const void *ctx)
{
	struct connections *all = mem_new(ctx, struct connections);

	LIST_INIT(&all->list);
	return all;
}
