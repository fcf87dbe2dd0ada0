/* Following the kernel's connection tracking: NFNL_SUBSYS_CTNETLINK. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "flow/source.h"

#define ROOM_BYTES     ((size_t)64 * 1024)
#define RECEIVE_BUFFER (4 * 1024 * 1024)
#define READS_MAX      64u /* then others get their turn */
#define GROUPS         (NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_UPDATE | NF_NETLINK_CONNTRACK_DESTROY)

static const char NEEDS[] = "the kernel's connection tracking over netlink (CONFIG_NF_CT_NETLINK, module "
			    "nf_conntrack_netlink)";

struct conntrack {
	struct monitor *monitor;
	struct mnl_socket *nl;
	struct watch *watch;
	struct timer *timer;
	usec poll;
	uint32_t seq;   /* of the dump under way, 0 = none */
	unsigned round; /* counts dumps */
	bool first, again;
	char *room;
};

/* ---- one entry ---- */

static void
copy_address(const struct nlattr *attr, uint8_t *to)
{
	size_t n = mnl_attr_get_payload_len(attr);

	memcpy(to, mnl_attr_get_payload(attr), n < 16 ? n : 16);
}

static int
read_ip(const struct nlattr *attr, void *arg)
{
	struct flow *f = arg;

	switch (mnl_attr_get_type(attr)) {
	case CTA_IP_V4_SRC:
	case CTA_IP_V6_SRC:
		copy_address(attr, f->key.source);
		break;
	case CTA_IP_V4_DST:
	case CTA_IP_V6_DST:
		copy_address(attr, f->key.dest);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static uint16_t
port_of(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) >= sizeof(uint16_t) ? be16toh(mnl_attr_get_u16(attr)) : 0;
}

static int
read_protocol(const struct nlattr *attr, void *arg)
{
	struct flow *f = arg;

	switch (mnl_attr_get_type(attr)) {
	case CTA_PROTO_NUM:
		f->key.protocol = mnl_attr_get_payload_len(attr) >= 1 ? mnl_attr_get_u8(attr) : 0;
		break;
	case CTA_PROTO_SRC_PORT:
		f->key.source_port = port_of(attr);
		break;
	case CTA_PROTO_DST_PORT:
		f->key.dest_port = port_of(attr);
		break;
	case CTA_PROTO_ICMP_ID: /* tells two pings apart */
	case CTA_PROTO_ICMPV6_ID:
		f->key.source_port = port_of(attr);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int
read_tuple(const struct nlattr *attr, void *arg)
{
	struct flow *f = arg;

	if (mnl_attr_get_type(attr) == CTA_TUPLE_IP)
		mnl_attr_parse_nested(attr, read_ip, f);
	else if (mnl_attr_get_type(attr) == CTA_TUPLE_PROTO)
		mnl_attr_parse_nested(attr, read_protocol, f);
	return MNL_CB_OK;
}

/* Both directions together: a connection is one flow here. */
static int
read_counters(const struct nlattr *attr, void *arg)
{
	struct flow *f = arg;

	uint64_t v;

	if (mnl_attr_get_payload_len(attr) < sizeof v)
		return MNL_CB_OK;
	v = be64toh(mnl_attr_get_u64(attr));
	if (mnl_attr_get_type(attr) == CTA_COUNTERS_BYTES)
		f->bytes += v;
	else if (mnl_attr_get_type(attr) == CTA_COUNTERS_PACKETS)
		f->packets += v;
	f->has_counters = true;
	return MNL_CB_OK;
}

static int
read_attribute(const struct nlattr *attr, void *arg)
{
	switch (mnl_attr_get_type(attr)) {
	case CTA_TUPLE_ORIG:
		mnl_attr_parse_nested(attr, read_tuple, arg);
		break;
	case CTA_COUNTERS_ORIG:
	case CTA_COUNTERS_REPLY:
		mnl_attr_parse_nested(attr, read_counters, arg);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static bool
read_entry(const struct nlmsghdr *h, struct flow *f)
{
	const struct nfgenmsg *info = mnl_nlmsg_get_payload(h);

	memset(f, 0, sizeof *f);
	if (info->nfgen_family != AF_INET && info->nfgen_family != AF_INET6)
		return false;
	f->key.family = info->nfgen_family == AF_INET ? 4 : 6;
	f->are_totals = true;
	mnl_attr_parse(h, sizeof *info, read_attribute, f);
	return true;
}

/* ---- dumps and changes ---- */

static bool
ask_for_all(struct conntrack *c)
{
	char buf[256] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *info;

	h->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++c->round;
	info = mnl_nlmsg_put_extra_header(h, sizeof *info);
	info->nfgen_family = AF_UNSPEC;
	info->version = NFNETLINK_V0;
	c->seq = h->nlmsg_seq;
	c->again = false;
	monitor_round(c->monitor, c->round);
	if (mnl_socket_sendto(c->nl, h, h->nlmsg_len) >= 0)
		return true;
	c->seq = 0;
	return false;
}

static void
all_told(struct conntrack *c)
{
	c->seq = 0;
	if (c->again && ask_for_all(c)) /* it was disturbed and proves nothing */
		return;
	monitor_sweep(c->monitor, c->round);
	c->first = false;
	timer_set(c->timer, c->poll);
}

static void
one_message(struct conntrack *c, const struct nlmsghdr *h)
{
	bool of_dump = h->nlmsg_seq != 0 && h->nlmsg_seq == c->seq;
	struct flow f;

	if (of_dump && h->nlmsg_type == NLMSG_ERROR && c->first) {
		c->seq = 0;
		monitor_lacks(c->monitor, NEEDS);
		return;
	}
	if (of_dump && (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		c->again = true;
	if (of_dump && (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)) {
		monitor_lacks(c->monitor, NULL);
		all_told(c);
		return;
	}
	if (h->nlmsg_type >> 8 != NFNL_SUBSYS_CTNETLINK ||
		mnl_nlmsg_get_payload_len(h) < sizeof(struct nfgenmsg) || !read_entry(h, &f))
		return;
	if ((h->nlmsg_type & 0xff) == IPCTNL_MSG_CT_DELETE)
		monitor_end(c->monitor, &f);
	else if ((h->nlmsg_type & 0xff) == IPCTNL_MSG_CT_NEW)
		monitor_take(c->monitor, &f, of_dump && c->first);
}

static void
resync(struct conntrack *c)
{
	if (c->seq != 0) {
		c->again = true;
		return;
	}
	log_msg(monitor_engine(c->monitor)->log, NULL, "NETLINK", SEV_WARNINGS, "RESYNC",
		"Changes of %s came faster than they were read, reading all anew", "connections");
	ask_for_all(c);
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct conntrack *c = arg;

	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof from;
		ssize_t got = recvfrom(fd, c->room, ROOM_BYTES, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)c->room;
		int left = (int)got;

		if (got < 0 && errno == ENOBUFS) {
			resync(c);
			continue;
		}
		if (got <= 0)
			return;
		if (from.nl_pid != 0) /* not from the kernel */
			continue;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			one_message(c, h);
	}
}

static void
on_poll(void *arg)
{
	struct conntrack *c = arg;

	if (c->seq == 0 && !ask_for_all(c))
		timer_set(c->timer, c->poll);
}

static int
conntrack_free(void *ptr)
{
	struct conntrack *c = ptr;

	mem_free(c->watch); /* before its descriptor goes */
	if (c->nl != NULL)
		mnl_socket_close(c->nl);
	return 0;
}

static bool
start(struct conntrack *c, struct err *err)
{
	const int bytes = RECEIVE_BUFFER;
	int fd;

	c->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (c->nl == NULL)
		return err_set(err, ERR_IO, "%s", NEEDS);
	fd = mnl_socket_get_fd(c->nl);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	if (mnl_socket_bind(c->nl, GROUPS, MNL_SOCKET_AUTOPID) < 0)
		return err_set(err, ERR_IO, "%s",
			errno == EPERM || errno == EACCES
				? "the right to follow connection tracking (CAP_NET_ADMIN)"
				: NEEDS);
	if (!ask_for_all(c))
		return err_errno(err, "connection tracking that answers");
	c->watch = watch_fd(c, monitor_engine(c->monitor)->loop, fd, WATCH_READ, ready, c);
	return true;
}

struct conntrack *
conntrack_open(const void *ctx, struct monitor *m, usec poll, struct err *err)
{
	struct conntrack *c = mem_new(ctx, struct conntrack);

	c->monitor = m;
	c->poll = poll;
	c->first = true;
	c->room = mem_array(c, char, ROOM_BYTES);
	c->timer = timer_after(c, monitor_engine(m)->loop, 0, on_poll, c);
	timer_stop(c->timer);
	mem_on_free(c, conntrack_free);
	if (start(c, err))
		return c;
	mem_free(c);
	return NULL;
}
