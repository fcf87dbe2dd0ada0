/* Speaks IOS about the kernel's interfaces. */
#include "syslog/link.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include "core/ifname.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"

#define ROOM_BYTES     ((size_t)32 * 1024)
#define RECEIVE_BUFFER (2 * 1024 * 1024)
#define READS_MAX      64u /* then others get their turn */
#define TABLE_SLOTS    256u
#define FIRST_DUMP_MS  5000

struct iface {
	int index;
	unsigned flags;
	unsigned round; /* of the dump that saw it last */
	char name[IFNAMSIZ];
	LIST_ENTRY(iface) entry;
};

struct links {
	struct engine *engine;
	struct mnl_socket *nl;
	struct watch *watch;
	uint32_t seq;   /* of the dump under way, 0 = none */
	unsigned round; /* counts dumps */
	bool silent;    /* the first dump */
	bool again;     /* another dump is needed when this one ends */
	struct links_stats stats;
	char *room;
	LIST_HEAD(, iface) table[TABLE_SLOTS];
};

/* ---- what a change is called ---- */

static bool
carrier(unsigned flags)
{
	return (flags & IFF_UP) != 0 && (flags & IFF_LOWER_UP) != 0;
}

static bool
protocol(unsigned flags)
{
	return (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0;
}

unsigned
link_changes(unsigned from, unsigned to)
{
	unsigned what = 0;

	if ((from & IFF_UP) != 0 && (to & IFF_UP) == 0)
		what |= LINK_ADMIN_DOWN;
	else if (carrier(from) != carrier(to))
		what |= carrier(to) ? LINK_UP : LINK_DOWN;
	else if ((from & IFF_UP) == 0 && (to & IFF_UP) != 0)
		what |= LINK_DOWN; /* `no shutdown` on a dead line: IOS says that it is down */
	if (protocol(from) != protocol(to))
		what |= protocol(to) ? LINK_PROTO_UP : LINK_PROTO_DOWN;
	return what;
}

static void
say(struct links *ls, const struct iface *i, unsigned what)
{
	/* In the order in which a router says it. */
	static const struct {
		enum link_change change;
		const char *facility;
		enum severity severity;
		const char *mnemonic, *text, *state;
	} rows[] = {
		{ LINK_ADMIN_DOWN, "LINK", SEV_NOTIFICATIONS, "CHANGED", "Interface",
			"administratively down" },
		{ LINK_DOWN, "LINK", SEV_ERRORS, "UPDOWN", "Interface", "down" },
		{ LINK_UP, "LINK", SEV_ERRORS, "UPDOWN", "Interface", "up" },
		{ LINK_PROTO_DOWN, "LINEPROTO", SEV_NOTIFICATIONS, "UPDOWN", "Line protocol on Interface",
			"down" },
		{ LINK_PROTO_UP, "LINEPROTO", SEV_NOTIFICATIONS, "UPDOWN", "Line protocol on Interface",
			"up" },
	};

	for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++)
		if ((what & rows[n].change) != 0)
			log_msg(ls->engine->log, NULL, rows[n].facility, rows[n].severity, rows[n].mnemonic,
				"%s %s, changed state to %s", rows[n].text,
				ifname_ios(ls->engine->settings, i->name), rows[n].state);
}

/* ---- the table ---- */

static struct iface *
iface_find(struct links *ls, int index)
{
	struct iface *i;

	LIST_FOREACH (i, &ls->table[(unsigned)index % TABLE_SLOTS], entry)
		if (i->index == index)
			return i;
	return NULL;
}

/* One that nobody saw before counts as shut down until now. */
static struct iface *
iface_new(struct links *ls, int index)
{
	struct iface *i = mem_new(ls, struct iface);

	i->index = index;
	LIST_INSERT_HEAD(&ls->table[(unsigned)index % TABLE_SLOTS], i, entry);
	ls->stats.interfaces++;
	return i;
}

static void
change(struct links *ls, struct iface *i, unsigned flags)
{
	unsigned what = link_changes(i->flags, flags);

	i->flags = flags;
	if (what == 0 || ls->silent)
		return;
	ls->stats.changes++;
	say(ls, i, what);
}

static void
forget(struct links *ls, struct iface *i)
{
	change(ls, i, 0);
	LIST_REMOVE(i, entry);
	ls->stats.interfaces--;
	mem_free(i);
}

/* ---- netlink ---- */

static int
name_attribute(const struct nlattr *attr, void *arg)
{
	const char **name = arg;

	if (mnl_attr_get_type(attr) == IFLA_IFNAME && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		*name = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

static void
link_message(struct links *ls, const struct nlmsghdr *h)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);
	const char *name = NULL;
	struct iface *i;

	if (mnl_nlmsg_get_payload_len(h) < sizeof *info ||
		info->ifi_family != AF_UNSPEC) /* a bridge's ports */
		return;
	mnl_attr_parse(h, sizeof *info, name_attribute, &name);
	i = iface_find(ls, info->ifi_index);
	if (h->nlmsg_type == RTM_DELLINK) {
		if (i != NULL)
			forget(ls, i);
		return;
	}
	if (i == NULL)
		i = iface_new(ls, info->ifi_index);
	i->round = ls->round;
	if (name != NULL)
		strncpy(i->name, name, sizeof i->name - 1);
	change(ls, i, info->ifi_flags);
}

static bool
ask_for_all(struct links *ls)
{
	char buf[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info;

	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++ls->round;
	info = mnl_nlmsg_put_extra_header(h, sizeof *info);
	info->ifi_family = AF_UNSPEC;
	ls->seq = h->nlmsg_seq;
	ls->again = false;
	return mnl_socket_sendto(ls->nl, h, h->nlmsg_len) >= 0;
}

/* The end of a dump: what it did not name is gone. One that was disturbed proves nothing. */
static void
all_told(struct links *ls)
{
	ls->seq = 0;
	if (ls->again) {
		ask_for_all(ls);
		return;
	}
	for (unsigned n = 0; n < TABLE_SLOTS; n++) {
		struct iface *next;

		for (struct iface *i = LIST_FIRST(&ls->table[n]); i != NULL; i = next) {
			next = LIST_NEXT(i, entry);
			if (i->round != ls->round)
				forget(ls, i);
		}
	}
	ls->silent = false;
}

static void
one_message(struct links *ls, const struct nlmsghdr *h)
{
	bool of_dump = h->nlmsg_seq != 0 && h->nlmsg_seq == ls->seq;

	if (of_dump && (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		ls->again = true;
	if (h->nlmsg_type == RTM_NEWLINK || h->nlmsg_type == RTM_DELLINK)
		link_message(ls, h);
	else if (of_dump && (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR))
		all_told(ls);
}

/* Messages were lost: the state is read anew, and what changed meanwhile is told. */
static void
resync(struct links *ls)
{
	ls->stats.resyncs++;
	if (ls->seq != 0) {
		ls->again = true;
		return;
	}
	log_msg(ls->engine->log, NULL, "LINK", SEV_WARNINGS, "RESYNC",
		"Link changes came faster than they were read, reading all interfaces anew");
	ask_for_all(ls);
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct links *ls = arg;

	for (unsigned n = 0; n < READS_MAX; n++) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof from;
		ssize_t got =
			recvfrom(fd, ls->room, ROOM_BYTES, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)ls->room;
		int left = (int)got;

		if (got < 0 && errno == ENOBUFS) {
			resync(ls);
			continue;
		}
		if (got <= 0)
			return;
		if (from.nl_pid != 0) /* not from the kernel */
			continue;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			one_message(ls, h);
	}
}

/* ---- the whole ---- */

static int
links_free(void *ptr)
{
	struct links *ls = ptr;

	mem_free(ls->watch); /* before its descriptor goes */
	if (ls->nl != NULL)
		mnl_socket_close(ls->nl);
	return 0;
}

static bool
start(struct links *ls, struct err *err)
{
	const int bytes = RECEIVE_BUFFER;
	int fd;

	ls->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (ls->nl == NULL)
		return err_errno(err, "netlink");
	fd = mnl_socket_get_fd(ls->nl);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	if (mnl_socket_bind(ls->nl, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0)
		return err_errno(err, "netlink: bind");
	if (!ask_for_all(ls))
		return err_errno(err, "netlink: RTM_GETLINK");
	ls->watch = watch_fd(ls, ls->engine->loop, fd, WATCH_READ, ready, ls);
	/* What is there is known before anything is reported, and before the engine says that it is ready. */
	while (ls->silent) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, FIRST_DUMP_MS) <= 0)
			return err_set(err, ERR_TIMEOUT, "netlink: the kernel does not list its interfaces");
		ready(ls, fd, WATCH_READ);
	}
	return true;
}

struct links *
links_new(const void *ctx, struct engine *engine, struct err *err)
{
	struct links *ls = mem_new(ctx, struct links);

	ls->engine = engine;
	ls->silent = true;
	ls->room = mem_array(ls, char, ROOM_BYTES);
	mem_on_free(ls, links_free);
	if (!start(ls, err)) {
		mem_free(ls);
		return NULL;
	}
	return ls;
}

void
links_stats(const struct links *ls, struct links_stats *out)
{
	*out = ls->stats;
}
