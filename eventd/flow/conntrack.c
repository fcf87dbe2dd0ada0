/* Following the kernel's connection tracking: NFNL_SUBSYS_CTNETLINK. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "flow/source.h"
#include "net/netlink.h"

#define RECEIVE_BUFFER (4 * 1024 * 1024)
#define OF(message_)   (NFNL_SUBSYS_CTNETLINK << 8 | (message_))

static const char NEEDS[] = "the kernel's connection tracking over netlink (CONFIG_NF_CT_NETLINK, module "
			    "nf_conntrack_netlink)";

struct conntrack {
	struct monitor *monitor;
	struct netlink *netlink;
	struct timer *timer;
	usec poll;
	bool first; /* the first dump has not ended */
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

static void
begin(void *arg, unsigned round)
{
	monitor_round(((struct conntrack *)arg)->monitor, round);
}

static void
told(void *arg, const struct nlmsghdr *h, bool removed, unsigned round)
{
	const struct conntrack *c = arg;
	bool was_there = c->first && (h->nlmsg_flags & NLM_F_MULTI) != 0;
	struct flow f;

	if (!read_entry(h, &f))
		return;
	/* A change of its state: the other end has answered, it is established, it closes. */
	f.is_change = (h->nlmsg_flags & (NLM_F_MULTI | NLM_F_CREATE)) == 0;
	if (removed)
		monitor_end(c->monitor, &f);
	else
		monitor_take(c->monitor, &f, was_there);
}

static void
complete(void *arg, unsigned round, bool first)
{
	struct conntrack *c = arg;

	monitor_lacks(c->monitor, NULL);
	monitor_sweep(c->monitor, round);
	c->first = false;
	timer_set(c->timer, c->poll);
}

static void
failed(void *arg, int error)
{
	struct conntrack *c = arg;

	if (c->first)
		monitor_lacks(c->monitor, NEEDS);
	else
		timer_set(c->timer, c->poll);
}

static void
on_poll(void *arg)
{
	netlink_refresh(((struct conntrack *)arg)->netlink);
}

static const struct netlink_table table = {
	.what = "connections",
	.bus = NETLINK_NETFILTER,
	.dump = OF(IPCTNL_MSG_CT_GET),
	.added = OF(IPCTNL_MSG_CT_NEW),
	.removed = OF(IPCTNL_MSG_CT_DELETE),
	.groups = { NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_UPDATE, NFNLGRP_CONNTRACK_DESTROY },
	.header = sizeof(struct nfgenmsg), /* NFNETLINK_V0, both families: zeros */
	.receive_buffer = RECEIVE_BUFFER,
	.later = true, /* a table of millions would keep the engine waiting */
	.begin = begin,
	.told = told,
	.complete = complete,
	.failed = failed,
};

struct conntrack *
conntrack_open(const void *ctx, struct monitor *m, usec poll, struct err *err)
{
	struct conntrack *c = mem_new(ctx, struct conntrack);
	bool may;

	c->monitor = m;
	c->poll = poll;
	c->first = true;
	c->timer = timer_after(c, monitor_engine(m)->loop, 0, on_poll, c);
	timer_stop(c->timer);
	c->netlink = netlink_follow(c, monitor_engine(m), &table, c, err);
	if (c->netlink != NULL)
		return c;
	may = errno != EPERM && errno != EACCES;
	err_set(err, ERR_IO, "%s", may ? NEEDS : "the right to follow connection tracking (CAP_NET_ADMIN)");
	mem_free(c);
	return NULL;
}
