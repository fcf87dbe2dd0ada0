/* Following a table of the kernel. */
#include "net/netlink.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/netns.h"

#define ROOM_BYTES     ((size_t)64 * 1024)
#define RECEIVE_BUFFER (2 * 1024 * 1024)
#define READS_MAX      64u /* then others get their turn */
#define FIRST_DUMP_MS  5000
#define TRY_AGAIN      USEC_PER_SEC

struct netlink {
	struct engine *engine;
	const struct netlink_table *table;
	void *arg;
	const char *netns; /* NULL: ours */
	struct mnl_socket *nl;
	struct watch *watch;
	struct timer *retry; /* of a dump that was broken off, or NULL */
	uint32_t seq;        /* of the dump under way, 0 = none */
	unsigned round;      /* counts dumps */
	bool first;          /* the first dump has not ended */
	bool again;          /* another dump is needed when this one ends */
	uint64_t resyncs;
	char *room;
};

static bool
ask_for_all(struct netlink *n)
{
	char buf[256] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	unsigned char *header;

	h->nlmsg_type = n->table->dump;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++n->round;
	header = mnl_nlmsg_put_extra_header(h, n->table->header);
	header[0] = n->table->family; /* the first octet of every rtnetlink header */
	n->seq = h->nlmsg_seq;
	n->again = false;
	if (n->table->begin != NULL)
		n->table->begin(n->arg, n->round);
	if (mnl_socket_sendto(n->nl, h, h->nlmsg_len) >= 0)
		return true;
	n->seq = 0;
	return false;
}

static void
on_retry(void *arg)
{
	struct netlink *n = arg;

	mem_free(n->retry);
	n->retry = NULL;
	netlink_refresh(n);
}

static void
try_again(struct netlink *n)
{
	if (n->retry == NULL)
		n->retry = timer_after(n, n->engine->loop, TRY_AGAIN, on_retry, n);
}

/* A dump came to its end, or to an error. One that was disturbed proves nothing. */
static void
all_told(struct netlink *n, int error)
{
	bool first = n->first;

	n->seq = 0;
	if (error != 0 && n->table->failed != NULL) {
		n->table->failed(n->arg, error);
		return;
	}
	if (error != 0) {
		log_msg(n->engine->log, NULL, "NETLINK", SEV_WARNINGS, "DUMP",
			"The kernel did not list all %s: %s", n->table->what, strerror(error));
		try_again(n);
		return;
	}
	if (n->again && ask_for_all(n))
		return;
	n->first = false;
	n->table->complete(n->arg, n->round, first);
}

/* NLMSG_ERROR begins with an errno, and so does NLMSG_DONE; both are negative. */
static int
error_of(const struct nlmsghdr *h)
{
	const int *code = mnl_nlmsg_get_payload(h);

	return mnl_nlmsg_get_payload_len(h) < sizeof *code ? 0 : -*code;
}

static void
one_message(struct netlink *n, const struct nlmsghdr *h)
{
	bool of_dump = h->nlmsg_seq != 0 && h->nlmsg_seq == n->seq;

	if (of_dump && (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		n->again = true;
	if (h->nlmsg_type < NLMSG_MIN_TYPE) {
		if (of_dump && (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR))
			all_told(n, error_of(h));
	} else if (h->nlmsg_type != n->table->added && h->nlmsg_type != n->table->removed) {
		if (n->table->touched != NULL)
			n->table->touched(n->arg);
	} else if (mnl_nlmsg_get_payload_len(h) >= n->table->header) {
		n->table->told(n->arg, h, h->nlmsg_type == n->table->removed, n->round);
	}
}

/* Messages were lost: the state is read anew, and what changed meanwhile is told. */
static void
resync(struct netlink *n)
{
	n->resyncs++;
	if (n->seq != 0) {
		n->again = true;
		return;
	}
	log_msg(n->engine->log, NULL, "NETLINK", SEV_WARNINGS, "RESYNC",
		"Changes of %s came faster than they were read, reading all anew", n->table->what);
	netlink_refresh(n);
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct netlink *n = arg;

	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof from;
		ssize_t got = recvfrom(fd, n->room, ROOM_BYTES, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)n->room;
		int left = (int)got;

		if (got < 0 && errno == ENOBUFS) {
			resync(n);
			continue;
		}
		if (got <= 0)
			return;
		if (from.nl_pid != 0) /* not from the kernel */
			continue;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			one_message(n, h);
	}
}

static int
netlink_free(void *ptr)
{
	struct netlink *n = ptr;

	mem_free(n->watch); /* before its descriptor goes */
	if (n->nl != NULL)
		mnl_socket_close(n->nl);
	return 0;
}

static struct mnl_socket *
open_here(const struct netlink_table *table)
{
	return mnl_socket_open2(table->bus, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static struct mnl_socket *
open_in(const struct netlink_table *table, const char *netns, struct err *err)
{
	struct mnl_socket *nl;
	int before = netns_enter(netns, err);

	if (before < 0)
		return NULL;
	nl = open_here(table);
	if (nl == NULL)
		err_errno(err, "netlink");
	netns_leave(before);
	return nl;
}

static bool
start(struct netlink *n, struct err *err)
{
	const int bytes = n->table->receive_buffer != 0 ? n->table->receive_buffer : RECEIVE_BUFFER;
	int fd;

	n->nl = n->netns == NULL ? open_here(n->table) : open_in(n->table, n->netns, err);
	if (n->nl == NULL)
		return n->netns == NULL ? err_errno(err, "netlink") : false;
	fd = mnl_socket_get_fd(n->nl);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	if (mnl_socket_bind(n->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return err_errno(err, "netlink: bind");
	for (size_t i = 0; i < sizeof n->table->groups / sizeof n->table->groups[0]; i++) {
		int group = (int)n->table->groups[i];

		if (group != 0 &&
			mnl_socket_setsockopt(n->nl, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
			return err_errno(err, "netlink: group");
	}
	if (!ask_for_all(n))
		return err_errno(err, "netlink: dump");
	n->watch = watch_fd(n, n->engine->loop, fd, WATCH_READ, ready, n);
	/* What is there is known before anything is reported, and before the engine says that it is ready. */
	while (n->first && !n->table->later) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, FIRST_DUMP_MS) <= 0)
			return err_set(
				err, ERR_TIMEOUT, "netlink: the kernel does not list its %s", n->table->what);
		ready(n, fd, WATCH_READ);
	}
	return true;
}

struct netlink *
netlink_follow(
	const void *ctx, struct engine *engine, const struct netlink_table *table, void *arg, struct err *err)
{
	return netlink_follow_in(ctx, engine, NULL, table, arg, err);
}

struct netlink *
netlink_follow_in(const void *ctx, struct engine *engine, const char *netns,
	const struct netlink_table *table, void *arg, struct err *err)
{
	struct netlink *n = mem_new(ctx, struct netlink);

	n->engine = engine;
	n->table = table;
	n->arg = arg;
	n->netns = netns == NULL ? NULL : mem_strdup(n, netns);
	n->first = true;
	n->room = mem_array(n, char, ROOM_BYTES);
	mem_on_free(n, netlink_free);
	if (!start(n, err)) {
		int error = errno;

		mem_free(n);
		errno = error;
		return NULL;
	}
	return n;
}

void
netlink_refresh(struct netlink *n)
{
	if (n->seq == 0 && !ask_for_all(n))
		try_again(n);
}

uint64_t
netlink_resyncs(const struct netlink *n)
{
	return n->resyncs;
}
