/* The ports of the responder. */
#include "probe/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "probe/run.h"
#include "probe/wire.h"

enum { PORTS_MAX = 1024, PEERS = 16, ROOM = 66000, READS_MAX = 256, BACKLOG = 64 };

/* Whose packets are counted: one sender at a time from a port of its own. */
struct peer {
	struct sockaddr_storage address;
	uint16_t count;
	uint64_t used;
};

struct port {
	struct port *next;
	struct ports *all;
	enum port_kind kind;
	struct sockaddr_storage at;
	bool permanent, kept;
	int fd;
	struct watch *watch;
	struct timer *end;
	struct sockaddr_storage owner; /* of a temporary one: who may use it */
	struct peer peers[PEERS];
	uint64_t uses;
	char why[96]; /* a permanent one that could not be opened */
};

struct ports {
	struct loop *loop;
	struct port *first;
	size_t count;
	timer_f *changed;
	void *arg;
	unsigned char room[ROOM];
};

/* ---- addresses ---- */

void
port_any(int family, uint16_t port, struct sockaddr_storage *s)
{
	memset(s, 0, sizeof *s);
	s->ss_family = (sa_family_t)family;
	if (family == AF_INET6)
		((struct sockaddr_in6 *)s)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)s)->sin_port = htons(port);
}

void
port_address(const struct sockaddr_storage *s, char out[INET6_ADDRSTRLEN])
{
	const void *raw = s->ss_family == AF_INET6
				  ? (const void *)&((const struct sockaddr_in6 *)s)->sin6_addr
				  : (const void *)&((const struct sockaddr_in *)s)->sin_addr;

	if (inet_ntop(s->ss_family, raw, out, INET6_ADDRSTRLEN) == NULL)
		out[0] = '\0';
}

static uint16_t
number(const struct sockaddr_storage *s)
{
	return ntohs(s->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)s)->sin6_port
					      : ((const struct sockaddr_in *)s)->sin_port);
}

static bool
same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET6)
		return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
			       &((const struct sockaddr_in6 *)b)->sin6_addr, 16) == 0;
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
	       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

int
port_socket(enum port_kind kind, const struct sockaddr_storage *at)
{
	const int on = 1;
	socklen_t len = at->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	int fd = socket(at->ss_family,
		(kind == PORT_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (at->ss_family == AF_INET6) /* the other family has a socket of its own */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (kind == PORT_TCP)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	else
		stamp_open(fd);
	if (bind(fd, (const struct sockaddr *)at, len) != 0 ||
		(kind == PORT_TCP && listen(fd, BACKLOG) != 0)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* ---- what comes ---- */

/* The number of this packet among the sender's; the one that was silent longest makes room. */
static uint16_t
count(struct port *p, const struct sockaddr_storage *from)
{
	struct peer *oldest = &p->peers[0];

	p->uses++;
	for (size_t i = 0; i < PEERS; i++) {
		struct peer *q = &p->peers[i];

		if (q->used != 0 && same_host(&q->address, from) && number(&q->address) == number(from)) {
			q->used = p->uses;
			return ++q->count;
		}
		if (q->used < oldest->used)
			oldest = q;
	}
	*oldest = (struct peer){ .address = *from, .count = 1, .used = p->uses };
	return 1;
}

static void
echo(struct port *p, int fd)
{
	unsigned char *room = p->all->room;

	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		struct sockaddr_storage from;
		socklen_t from_len;
		usec when, now;
		ssize_t n = stamp_recv(fd, room, ROOM, &from, &from_len, &when);

		if (n < 0 && errno != EINTR)
			return;
		if (n <= 0 || (!p->permanent && !same_host(&from, &p->owner)))
			continue;
		/* Two responders would talk to each other for ever. */
		if (number(&from) == number(&p->at) || number(&from) < 1024)
			continue;
		now = stamp_now();
		measure_answer(room, (size_t)n, when == 0 ? now : when, now, count(p, &from));
		sendto(fd, room, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&from, from_len);
	}
}

static void
accept_all(int fd)
{
	for (unsigned i = 0; i < READS_MAX; i++) {
		int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (c < 0)
			return;
		close(c); /* the handshake is all that is measured */
	}
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct port *p = arg;

	if (p->kind == PORT_TCP)
		accept_all(fd);
	else
		echo(p, fd);
}

/* ---- ports ---- */

static int
port_free(void *ptr)
{
	struct port *p = ptr, **at = &p->all->first;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->all->count--;
	mem_free(p->watch); /* before its descriptor goes */
	if (p->fd >= 0)
		close(p->fd);
	return 0;
}

static struct port *
port_new(struct ports *all, enum port_kind kind, const struct sockaddr_storage *at)
{
	struct port *p = mem_new(all, struct port);

	p->all = all;
	p->kind = kind;
	p->at = *at;
	p->fd = port_socket(kind, at);
	if (p->fd < 0)
		snprintf(p->why, sizeof p->why, "%s", strerror(errno));
	else
		p->watch = watch_fd(p, all->loop, p->fd, WATCH_READ, ready, p);
	p->next = all->first;
	all->first = p;
	all->count++;
	mem_on_free(p, port_free);
	return p;
}

static void
on_end(void *arg)
{
	struct port *p = arg;
	struct ports *all = p->all;

	mem_free(p);
	all->changed(all->arg);
}

static struct port *
find(const struct ports *all, enum port_kind kind, const struct sockaddr_storage *at)
{
	struct port *p = all->first;

	while (p != NULL && (p->kind != kind || number(&p->at) != number(at) ||
				    p->at.ss_family != at->ss_family || !same_host(&p->at, at)))
		p = p->next;
	return p;
}

/* A permanent port serves whoever asks for it, whatever address it stands on. */
static bool
is_permanent(const struct ports *all, enum port_kind kind, int family, uint16_t port)
{
	for (const struct port *p = all->first; p != NULL; p = p->next)
		if (p->permanent && p->fd >= 0 && p->kind == kind && p->at.ss_family == family &&
			number(&p->at) == port)
			return true;
	return false;
}

bool
ports_open_for(
	struct ports *all, enum port_kind kind, const struct sockaddr_storage *from, uint16_t port, usec time)
{
	struct sockaddr_storage any;
	struct port *p;

	if (is_permanent(all, kind, from->ss_family, port))
		return true;
	port_any(from->ss_family, port, &any);
	p = find(all, kind, &any);
	if (p != NULL && !same_host(&p->owner, from)) {
		errno = EADDRINUSE;
		return false;
	}
	if (p == NULL) {
		if (all->count >= PORTS_MAX) {
			errno = ENOSPC;
			return false;
		}
		p = port_new(all, kind, &any);
		if (p->fd < 0) {
			int error = errno;

			mem_free(p);
			errno = error;
			return false;
		}
		p->owner = *from;
		p->end = timer_after(p, all->loop, time, on_end, p);
		all->changed(all->arg);
		return true;
	}
	if (timer_left(p->end) < time)
		timer_set(p->end, time);
	return true;
}

void
ports_close_temporary(struct ports *all)
{
	for (struct port *p = all->first, *next; p != NULL; p = next) {
		next = p->next;
		if (!p->permanent)
			mem_free(p);
	}
}

void
ports_keep_none(struct ports *all)
{
	for (struct port *p = all->first; p != NULL; p = p->next)
		p->kept = false;
}

void
ports_keep(struct ports *all, enum port_kind kind, const char *address, uint16_t port)
{
	struct sockaddr_storage at;
	struct port *p;

	port_any(strchr(address, ':') != NULL ? AF_INET6 : AF_INET, port, &at);
	if (inet_pton(at.ss_family, address,
		    at.ss_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)&at)->sin6_addr
					     : (void *)&((struct sockaddr_in *)&at)->sin_addr) != 1)
		return;
	p = find(all, kind, &at);
	if (p != NULL && (!p->permanent || p->fd < 0)) { /* of another kind, or to be tried again */
		mem_free(p);
		p = NULL;
	}
	if (p == NULL)
		p = port_new(all, kind, &at);
	p->permanent = p->kept = true;
}

void
ports_close_others(struct ports *all)
{
	for (struct port *p = all->first, *next; p != NULL; p = next) {
		next = p->next;
		if (p->permanent && !p->kept)
			mem_free(p);
	}
}

json_t *
ports_to_json(const struct ports *all)
{
	json_t *list = json_array();
	char address[INET6_ADDRSTRLEN];

	for (const struct port *p = all->first; p != NULL; p = p->next) {
		port_address(&p->at, address);
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:i, s:b, s:s}", "kind",
				p->kind == PORT_TCP ? "tcp-connect" : "udp-echo", "address", address, "port",
				(int)number(&p->at), "permanent", p->permanent, "error", p->why));
	}
	return list;
}

struct ports *
ports_new(const void *ctx, struct loop *loop, timer_f *changed, void *arg)
{
	struct ports *all = mem_new(ctx, struct ports);

	all->loop = loop;
	all->changed = changed;
	all->arg = arg;
	return all;
}
