/* A UDP port that exporters send NetFlow and IPFIX to. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "flow/source.h"

#define RECEIVE_BUFFER (4 * 1024 * 1024)
#define READS_MAX      64u /* then others get their turn */

enum { ROOM = 65536, EXPORTERS_MAX = 1024 };

struct collector {
	struct monitor *monitor;
	struct netflow *netflow;
	struct watch *watch;
	int fd;
	struct in6_addr exporters[EXPORTERS_MAX]; /* their numbers are their places, from 1 */
	unsigned count;
	uint8_t room[ROOM];
};

static void
on_flow(void *arg, const struct flow *f)
{
	struct collector *c = arg;

	if (f->has_ended)
		monitor_end(c->monitor, f);
	else
		monitor_take(c->monitor, f, false);
}

static uint16_t
exporter_of(struct collector *c, const struct sockaddr_storage *from)
{
	struct in6_addr a = { 0 };

	if (from->ss_family == AF_INET6)
		a = ((const struct sockaddr_in6 *)from)->sin6_addr;
	else
		memcpy(&a, &((const struct sockaddr_in *)from)->sin_addr, sizeof(struct in_addr));
	for (unsigned i = 0; i < c->count; i++)
		if (memcmp(&c->exporters[i], &a, sizeof a) == 0)
			return (uint16_t)(i + 1);
	if (c->count == EXPORTERS_MAX) /* so many senders are not exporters: they share one number */
		return EXPORTERS_MAX + 1;
	c->exporters[c->count++] = a;
	return (uint16_t)c->count;
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct collector *c = arg;

	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		struct sockaddr_storage from = { 0 };
		socklen_t len = sizeof from;
		ssize_t got =
			recvfrom(fd, c->room, sizeof c->room, MSG_DONTWAIT, (struct sockaddr *)&from, &len);

		if (got < 0)
			return;
		netflow_datagram(c->netflow, exporter_of(c, &from), c->room, (size_t)got, on_flow, c);
	}
}

static int
collector_free(void *ptr)
{
	struct collector *c = ptr;

	mem_free(c->watch); /* before its descriptor goes */
	if (c->fd >= 0)
		close(c->fd);
	return 0;
}

static bool
bind_to(int fd, bool is_v4, const char *address, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (address != NULL && inet_pton(is_v4 ? AF_INET : AF_INET6, address,
				       is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr) != 1)
		return false;
	return is_v4 ? bind(fd, (struct sockaddr *)&v4, sizeof v4) == 0
		     : bind(fd, (struct sockaddr *)&v6, sizeof v6) == 0;
}

struct collector *
collector_open(const void *ctx, struct monitor *m, struct err *err)
{
	const struct monitor_spec *spec = monitor_of(m);
	bool is_v4 = spec->address != NULL && strchr(spec->address, ':') == NULL;
	struct collector *c = mem_new(ctx, struct collector);
	const int bytes = RECEIVE_BUFFER, off = 0;

	c->monitor = m;
	c->netflow = netflow_new(c);
	c->fd = is_v4 ? -1 : socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	is_v4 = c->fd < 0; /* a kernel without IPv6 */
	if (is_v4)
		c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mem_on_free(c, collector_free);
	if (c->fd >= 0 && !is_v4)
		setsockopt(c->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (c->fd < 0 || !bind_to(c->fd, is_v4, spec->address, spec->port)) {
		err_errno(err, "UDP port %u", spec->port);
		mem_free(c);
		return NULL;
	}
	if (setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	c->watch = watch_fd(c, monitor_engine(m)->loop, c->fd, WATCH_READ, ready, c);
	return c;
}

void
collector_stats(const struct collector *c, struct netflow_stats *out)
{
	netflow_stats(c->netflow, out);
}
