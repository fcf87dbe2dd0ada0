/* The table of interfaces. */
#include "net/links.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include "core/loop.h"
#include "core/mem.h"
#include "net/load.h"
#include "net/load_intervals.h"
#include "net/netlink.h"
#include "net/subscribers.h"

#define TABLE_SLOTS 256u
#define BANDWIDTH   10000000000ull /* of interfaces that have no speed: what veth says of itself */

struct poller {
	struct links *links;
	links_done_f *done;
	void *arg;
	LIST_ENTRY(poller) entry;
};

struct links {
	struct engine *engine;
	struct netlink *netlink; /* NULL: fake */
	struct timer *sampler, *fake_answer;
	bool silent;   /* the first dump */
	bool sampling; /* the dump under way is a sample of the load */
	struct links_stats stats;
	LIST_HEAD(, link) table[TABLE_SLOTS];
	struct subscribers subscribers;
	LIST_HEAD(poller_list, poller) pollers;
};

/* ---- the table ---- */

struct link *
links_by_index(const struct links *ls, int index)
{
	struct link *l;

	LIST_FOREACH (l, &ls->table[(unsigned)index % TABLE_SLOTS], entry)
		if (l->index == index)
			return l;
	return NULL;
}

struct link *
links_find(const struct links *ls, const char *name)
{
	struct link *l;

	for (unsigned n = 0; n < TABLE_SLOTS; n++)
		LIST_FOREACH (l, &ls->table[n], entry)
			if (strcmp(l->name, name) == 0)
				return l;
	return NULL;
}

static int
by_index(const void *a, const void *b)
{
	const struct link *x = *(struct link *const *)a, *y = *(struct link *const *)b;

	return (x->index > y->index) - (x->index < y->index);
}

void
links_each(const struct links *ls, void (*f)(void *arg, struct link *), void *arg)
{
	struct link **all = mem_array(NULL, struct link *, ls->stats.interfaces + 1), *l;
	size_t count = 0;

	for (unsigned n = 0; n < TABLE_SLOTS; n++)
		LIST_FOREACH (l, &ls->table[n], entry)
			all[count++] = l;
	qsort(all, count, sizeof *all, by_index);
	for (size_t i = 0; i < count; i++)
		f(arg, all[i]);
	mem_free(all);
}

static void
tell(struct links *ls, enum link_event what, struct link *l, unsigned before)
{
	struct subscriber *s, *next;

	if (ls->silent)
		return;
	if (l->flags != before) {
		l->changed = loop_mono(ls->engine->loop);
		ls->stats.changes++;
	}
	SUBSCRIBERS_EACH (s, next, &ls->subscribers)
		((links_f *)s->f)(s->arg, what, l, before);
}

static struct link *
link_add(struct links *ls, int index)
{
	struct link *l = mem_new(ls, struct link);

	l->index = index;
	LIST_INSERT_HEAD(&ls->table[(unsigned)index % TABLE_SLOTS], l, entry);
	ls->stats.interfaces++;
	return l;
}

static void
forget(struct links *ls, struct link *l)
{
	unsigned before = l->flags;

	l->flags = 0;
	tell(ls, LINK_GONE, l, before);
	LIST_REMOVE(l, entry);
	ls->stats.interfaces--;
	mem_free(l);
}

/* ---- what the kernel says of one ---- */

static void
take_stats(struct link_counters *c, const struct nlattr *attr)
{
	struct rtnl_link_stats64 s = { 0 };
	size_t n = mnl_attr_get_payload_len(attr);

	memcpy(&s, mnl_attr_get_payload(attr), n < sizeof s ? n : sizeof s);
	c->rx_packets = s.rx_packets;
	c->rx_bytes = s.rx_bytes;
	c->rx_errors = s.rx_errors;
	c->rx_dropped = s.rx_dropped + s.rx_missed_errors;
	c->rx_multicast = s.multicast;
	c->rx_crc = s.rx_crc_errors;
	c->rx_frame = s.rx_frame_errors;
	c->rx_overrun = s.rx_over_errors + s.rx_fifo_errors;
	c->rx_length = s.rx_length_errors;
	c->rx_no_handler = s.rx_nohandler;
	c->tx_packets = s.tx_packets;
	c->tx_bytes = s.tx_bytes;
	c->tx_errors = s.tx_errors;
	c->tx_dropped = s.tx_dropped;
	c->tx_underrun = s.tx_fifo_errors;
	c->tx_carrier = s.tx_carrier_errors;
	c->tx_aborted = s.tx_aborted_errors;
	c->collisions = s.collisions;
	c->late_collisions = s.tx_window_errors;
}

static void
copy_name(char to[IFNAMSIZ], const struct nlattr *attr)
{
	size_t n = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));

	if (n >= IFNAMSIZ)
		n = IFNAMSIZ - 1;
	memset(to, 0, IFNAMSIZ);
	memcpy(to, mnl_attr_get_payload(attr), n);
}

static int
vrf_attribute(const struct nlattr *attr, void *arg)
{
	struct link *l = arg;

	if (mnl_attr_get_type(attr) == IFLA_VRF_TABLE && mnl_attr_get_payload_len(attr) >= sizeof(uint32_t))
		l->vrf_table = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

/* IFLA_INFO_KIND comes before the data of that kind. */
static int
kind_attribute(const struct nlattr *attr, void *arg)
{
	struct link *l = arg;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		copy_name(l->kind, attr);
	else if (mnl_attr_get_type(attr) == IFLA_INFO_DATA && strcmp(l->kind, "vrf") == 0)
		mnl_attr_parse_nested(attr, vrf_attribute, l);
	return MNL_CB_OK;
}

static int
link_attribute(const struct nlattr *attr, void *arg)
{
	struct link *l = arg;
	size_t n = mnl_attr_get_payload_len(attr);
	bool is_u32 = n >= sizeof(uint32_t);

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		copy_name(l->name, attr);
		break;
	case IFLA_MTU:
		l->mtu = is_u32 ? mnl_attr_get_u32(attr) : 0;
		break;
	case IFLA_MASTER:
		l->master = is_u32 ? (int)mnl_attr_get_u32(attr) : 0;
		break;
	case IFLA_CARRIER_DOWN_COUNT:
		l->counters.resets = is_u32 ? mnl_attr_get_u32(attr) : 0;
		break;
	case IFLA_ADDRESS:
		l->address_len = n < sizeof l->address ? n : sizeof l->address;
		memcpy(l->address, mnl_attr_get_payload(attr), l->address_len);
		break;
	case IFLA_IFALIAS:
		l->alias = mem_strndup(l, mnl_attr_get_payload(attr), strnlen(mnl_attr_get_payload(attr), n));
		break;
	case IFLA_STATS64:
		take_stats(&l->counters, attr);
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attr, kind_attribute, l);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

/* Who watches a name sees the interface go under the old one, and come under the new one. */
static void
tell_renamed(struct links *ls, struct link *l, const char old[IFNAMSIZ], unsigned before)
{
	unsigned flags = l->flags;
	char name[IFNAMSIZ];

	memcpy(name, l->name, IFNAMSIZ);
	memcpy(l->name, old, IFNAMSIZ);
	l->flags = 0;
	tell(ls, LINK_GONE, l, before);
	memcpy(l->name, name, IFNAMSIZ);
	l->flags = flags;
	tell(ls, LINK_NEW, l, 0);
}

static void
link_told(void *arg, const struct nlmsghdr *h, bool removed, unsigned round)
{
	struct links *ls = arg;
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);
	struct link *l;
	enum link_event what = LINK_CHANGED;
	char old[IFNAMSIZ];
	unsigned before;

	if (info->ifi_family != AF_UNSPEC) /* a bridge's ports */
		return;
	l = links_by_index(ls, info->ifi_index);
	if (removed) {
		if (l != NULL)
			forget(ls, l);
		return;
	}
	if (l == NULL) {
		l = link_add(ls, info->ifi_index);
		what = LINK_NEW;
	}
	before = l->flags;
	memcpy(old, l->name, IFNAMSIZ);
	l->round = round;
	l->flags = info->ifi_flags;
	l->type = info->ifi_type;
	l->master = 0;
	mem_free(l->alias);
	l->alias = NULL;
	mnl_attr_parse(h, sizeof *info, link_attribute, l);
	if (what == LINK_CHANGED && strcmp(l->name, old) != 0)
		tell_renamed(ls, l, old, before);
	else if (what == LINK_NEW || l->flags != before)
		tell(ls, what, l, before);
}

static void
drop_old(struct links *ls, unsigned round)
{
	for (unsigned n = 0; n < TABLE_SLOTS; n++) {
		struct link *next;

		for (struct link *l = LIST_FIRST(&ls->table[n]); l != NULL; l = next) {
			next = LIST_NEXT(l, entry);
			if (l->round != round)
				forget(ls, l);
		}
	}
}

/* ---- polling ---- */

usec
links_load_interval(const struct links *ls, const struct link *l)
{
	return load_interval_of(ls->engine->load_intervals, ls->engine, l->name);
}

static void
sample_one(void *arg, struct link *l)
{
	struct links *ls = arg;
	uint64_t speed = link_speed(l, NULL);

	load_sample(
		l, loop_mono(ls->engine->loop), links_load_interval(ls, l), speed != 0 ? speed : BANDWIDTH);
}

/* Whoever asks again from inside waits for the next round. */
static void
polled(struct links *ls)
{
	struct poller_list due = ls->pollers;
	struct poller *p;

	if (ls->sampling)
		links_each(ls, sample_one, ls);
	ls->sampling = false;
	LIST_INIT(&ls->pollers);
	if (due.lh_first != NULL)
		due.lh_first->entry.le_prev = &due.lh_first;
	while ((p = LIST_FIRST(&due)) != NULL) {
		links_done_f *done = p->done;
		void *to = p->arg;

		mem_free(p);
		done(to);
	}
}

static void
link_complete(void *arg, unsigned round, bool first)
{
	struct links *ls = arg;

	drop_old(ls, round);
	if (first)
		ls->silent = false;
	polled(ls);
}

static int
poller_free(void *ptr)
{
	struct poller *p = ptr;

	LIST_REMOVE(p, entry);
	return 0;
}

static void
fake_polled(void *arg)
{
	polled(arg);
}

static void
refresh(struct links *ls)
{
	if (ls->netlink != NULL)
		netlink_refresh(ls->netlink);
	else if (ls->fake_answer == NULL)
		ls->fake_answer = timer_after(ls, ls->engine->loop, 0, fake_polled, ls);
	else
		timer_set(ls->fake_answer, 0);
}

void
links_poll(const void *ctx, struct links *ls, links_done_f *done, void *arg)
{
	struct poller *p = mem_new(ctx, struct poller);

	p->links = ls;
	p->done = done;
	p->arg = arg;
	LIST_INSERT_HEAD(&ls->pollers, p, entry);
	mem_on_free(p, poller_free);
	refresh(ls);
}

static void
on_sample(void *arg)
{
	struct links *ls = arg;

	ls->sampling = true;
	refresh(ls);
	timer_set(ls->sampler, LINKS_SAMPLE);
}

/* ---- subscribers ---- */

void
links_on_change(const void *ctx, struct links *ls, links_f *f, void *arg)
{
	subscribe(ctx, &ls->subscribers, (void (*)(void))f, arg);
}

/* ---- the whole ---- */

static const struct netlink_table link_table = {
	.what = "interfaces",
	.dump = RTM_GETLINK,
	.added = RTM_NEWLINK,
	.removed = RTM_DELLINK,
	.groups = { RTNLGRP_LINK },
	.header = sizeof(struct ifinfomsg),
	.told = link_told,
	.complete = link_complete,
};

/* Subscribers and pollers of other contexts must not look back at a table that is gone. */
static int
links_free(void *ptr)
{
	struct links *ls = ptr;
	struct poller *p;

	subscribers_end(&ls->subscribers);
	while ((p = LIST_FIRST(&ls->pollers)) != NULL)
		mem_free(p);
	return 0;
}

struct links *
links_new_fake(const void *ctx, struct engine *engine)
{
	struct links *ls = mem_new(ctx, struct links);

	ls->engine = engine;
	subscribers_begin(&ls->subscribers);
	mem_on_free(ls, links_free);
	return ls;
}

struct links *
links_new_in(const void *ctx, struct engine *engine, const char *netns, struct err *err)
{
	struct links *ls = links_new_fake(ctx, engine);

	ls->silent = true;
	ls->netlink = netlink_follow_in(ls, engine, netns, &link_table, ls, err);
	if (ls->netlink == NULL) {
		mem_free(ls);
		return NULL;
	}
	return ls;
}

struct links *
links_new(const void *ctx, struct engine *engine, struct err *err)
{
	struct links *ls = links_new_in(ctx, engine, NULL, err);

	if (ls == NULL)
		return NULL;
	ls->sampler = timer_after(ls, engine->loop, 0, on_sample, ls);
	return ls;
}

void
links_fake_set(struct links *ls, const char *name, unsigned flags, const struct link_counters *c)
{
	struct link *l = links_find(ls, name);
	enum link_event what = l == NULL ? LINK_NEW : LINK_CHANGED;
	unsigned before;

	if (flags == ~0u) {
		if (l != NULL)
			forget(ls, l);
		return;
	}
	if (ls->sampler == NULL)
		ls->sampler = timer_after(ls, ls->engine->loop, 0, on_sample, ls);
	if (l == NULL) {
		l = link_add(ls, (int)ls->stats.interfaces + 1);
		memcpy(l->name, name, strnlen(name, IFNAMSIZ - 1));
	}
	before = l->flags;
	l->flags = flags;
	if (c != NULL)
		l->counters = *c;
	if (what == LINK_NEW || flags != before)
		tell(ls, what, l, before);
}

void
links_stats(const struct links *ls, struct links_stats *out)
{
	*out = ls->stats;
	if (ls->netlink != NULL)
		out->resyncs = netlink_resyncs(ls->netlink);
}

uint64_t
link_speed(const struct link *l, int *full_duplex)
{
	struct ethtool_cmd cmd = { .cmd = ETHTOOL_GSET };
	struct ifreq request = { .ifr_data = (void *)&cmd };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t mbit;

	if (full_duplex != NULL)
		*full_duplex = -1;
	if (fd < 0)
		return 0;
	memcpy(request.ifr_name, l->name, IFNAMSIZ);
	if (ioctl(fd, SIOCETHTOOL, &request) != 0) {
		close(fd);
		return 0;
	}
	close(fd);
	if (full_duplex != NULL && cmd.duplex != DUPLEX_UNKNOWN)
		*full_duplex = cmd.duplex == DUPLEX_FULL;
	mbit = (uint32_t)cmd.speed_hi << 16 | cmd.speed;
	return mbit == (uint32_t)SPEED_UNKNOWN || mbit == 0 ? 0 : mbit * 1000000ull;
}
