/* Syslog datagrams: batches of them into one arena, and what the kernel had to drop. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/sock_diag.h>

#include "core/mem.h"
#include "syslog/intake.h"

/* Ancillary data of one datagram: the kernel's count of drops, and who wrote to a unix socket. */
union control {
	char bytes[CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(struct ucred))];
	struct cmsghdr align;
};

struct intake_arena {
	char *bytes;
	struct mmsghdr head[ARENA_BATCH];
	struct iovec part[ARENA_BATCH];
	struct sockaddr_storage peer[ARENA_BATCH];
	union control control[ARENA_BATCH];
};

struct intake_arena *
intake_arena_new(const void *ctx)
{
	struct intake_arena *a = mem_new(ctx, struct intake_arena);

	a->bytes = mem_array(a, char, ARENA_BYTES);
	return a;
}

char *
arena_bytes(struct intake_arena *a)
{
	return a->bytes;
}

/* recvmmsg() overwrites lengths, so they are set before each batch. */
static void
prepare(struct intake_arena *a)
{
	for (unsigned i = 0; i < ARENA_BATCH; i++) {
		a->part[i] = (struct iovec){ a->bytes + (size_t)i * ARENA_LINE, ARENA_LINE };
		a->head[i].msg_hdr = (struct msghdr){
			.msg_name = &a->peer[i],
			.msg_namelen = sizeof a->peer[i],
			.msg_iov = &a->part[i],
			.msg_iovlen = 1,
			.msg_control = a->control[i].bytes,
			.msg_controllen = sizeof a->control[i].bytes,
		};
	}
}

/* The kernel's counter is of 32 bits and may wrap. */
static void
count_lost(struct listener *l, uint32_t lost)
{
	l->count.lost += lost - l->kernel_lost;
	l->kernel_lost = lost;
}

/* SO_RXQ_OVFL comes with the next datagram only; this is the same counter. */
void
datagram_count_lost(struct listener *l)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof memory;

	if (l->transport == SYSLOG_UDP && getsockopt(l->fd, SOL_SOCKET, SO_MEMINFO, memory, &len) == 0 &&
		len > SK_MEMINFO_DROPS * sizeof *memory)
		count_lost(l, memory[SK_MEMINFO_DROPS]);
}

static void
read_control(struct listener *l, struct msghdr *h, struct ucred *who)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		uint32_t lost;

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&lost, CMSG_DATA(c), sizeof lost);
			count_lost(l, lost);
		} else if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(who, CMSG_DATA(c), sizeof *who);
		}
	}
}

static struct source *
source_of(struct listener *l, const struct msghdr *h, const struct ucred *who)
{
	if (l->transport == SYSLOG_UNIX)
		return intake_user(l->intake, l->transport, who->uid);
	return intake_source(l->intake, l->transport, h->msg_name);
}

static void
take(struct listener *l, struct mmsghdr *m, usec mono, usec wall)
{
	struct ucred who = { .uid = (uid_t)-1 };
	struct slice raw = { m->msg_hdr.msg_iov->iov_base, m->msg_len };

	if (m->msg_hdr.msg_controllen > 0)
		read_control(l, &m->msg_hdr, &who);
	if (raw.n > SYSLOG_LINE_MAX) {
		raw.n = SYSLOG_LINE_MAX;
		l->count.cut++;
	}
	intake_message(l, source_of(l, &m->msg_hdr, &who), raw, mono, wall);
}

/* 0: nothing there. */
static unsigned
receive(struct intake_arena *a, int fd)
{
	int n;

	prepare(a);
	n = recvmmsg(fd, a->head, ARENA_BATCH, MSG_DONTWAIT, NULL);
	return n > 0 ? (unsigned)n : 0;
}

void
datagram_ready(void *arg, int fd, unsigned what)
{
	struct listener *l = arg;
	struct intake_arena *a = l->intake->arena;
	struct loop *loop = l->intake->engine->loop;
	usec began = loop_mono(loop), mono, wall;
	unsigned n;

	do {
		n = receive(a, fd);
		mono = loop_mono(loop);
		wall = loop_wall(loop);
		for (unsigned i = 0; i < n; i++)
			take(l, &a->head[i], mono, wall);
	} while (n == ARENA_BATCH && mono - began < INTAKE_TURN);
	intake_complain(l->intake);
}
