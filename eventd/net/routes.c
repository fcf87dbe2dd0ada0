/* The table of routes. */
#include "net/routes.h"

#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "core/loop.h"
#include "core/mem.h"
#include "net/addresses.h"
#include "net/links.h"
#include "net/netlink.h"
#include "net/subscribers.h"

/* An interface that is shut takes its routes with it, silently: they are read anew, once for all that changed. */
#define REREAD (20 * USEC_PER_MSEC)

struct routes {
	struct engine *engine;
	struct links *links;
	struct netlink *netlink;
	struct timer *reread;
	struct route *by_key;
	bool silent; /* the first dump */
	struct subscribers subscribers;
};

/* ---- telling ---- */

static void
tell(struct routes *rs, enum route_event what, const struct route *r)
{
	struct subscriber *s, *next;

	SUBSCRIBERS_EACH (s, next, &rs->subscribers)
		((routes_f *)s->f)(s->arg, what, r);
}

static bool
leads_somewhere(const struct routes *rs, const struct route *r)
{
	const struct link *l = rs->links == NULL ? NULL : links_by_index(rs->links, r->hop.interface);

	return r->hop.interface == 0 || l == NULL ||
	       ((l->flags & IFF_UP) != 0 && (l->flags & IFF_RUNNING) != 0);
}

/* `modified`: something that its key does not hold is another. */
static void
settle(struct routes *rs, struct route *r, bool modified)
{
	bool active = leads_somewhere(rs, r);

	if (active == r->active) {
		if (active && modified)
			tell(rs, ROUTE_MODIFIED, r);
		return;
	}
	r->active = active;
	tell(rs, active ? ROUTE_ADDED : ROUTE_REMOVED, r);
}

/* The chain of a prefix keeps its place in the hash: its first one is the hash's. */
static void
unlink_route(struct routes *rs, struct route *r)
{
	struct route *first, **at;

	HASH_FIND(hh, rs->by_key, &r->key, sizeof r->key, first);
	if (first == r) {
		HASH_DEL(rs->by_key, r);
		if (r->same != NULL)
			HASH_ADD(hh, rs->by_key, key, sizeof r->key, r->same);
		return;
	}
	for (at = &first->same; *at != r; at = &(*at)->same)
		continue;
	*at = r->same;
}

static void
link_route(struct routes *rs, struct route *r)
{
	struct route *first;

	HASH_FIND(hh, rs->by_key, &r->key, sizeof r->key, first);
	if (first == NULL) {
		HASH_ADD(hh, rs->by_key, key, sizeof r->key, r);
		return;
	}
	r->same = first->same;
	first->same = r;
}

static void
forget(struct routes *rs, struct route *r, bool replaced)
{
	bool was = r->active;

	unlink_route(rs, r);
	r->active = false;
	if (was && !replaced)
		tell(rs, ROUTE_REMOVED, r);
	mem_free(r);
}

/* Every route; `f` may make it go away. */
static void
each(struct routes *rs, void (*f)(struct routes *, struct route *, int64_t), int64_t arg)
{
	struct route *first, *next;

	HASH_ITER (hh, rs->by_key, first, next) {
		struct route *same;

		for (struct route *r = first; r != NULL; r = same) {
			same = r->same;
			f(rs, r, arg);
		}
	}
}

/* ---- what the kernel says of one ---- */

/* FNV-1a: enough to see that a list is another. */
static uint32_t
mixed(uint32_t sum, const void *data, size_t n)
{
	const unsigned char *octets = data;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ octets[i]) * 16777619u;
	return sum;
}

/* RTA_MULTIPATH: the first next hop stands for the route. */
static void
take_hop(void *arg, const struct nexthop *hop, const struct rtnexthop *h, const void *attributes, size_t n)
{
	struct route *r = arg;

	/* Not its flags, which tell of the line. */
	r->hops_sum = mixed(r->hops_sum, &h->rtnh_hops, sizeof h->rtnh_hops);
	r->hops_sum = mixed(r->hops_sum, &h->rtnh_ifindex, sizeof h->rtnh_ifindex);
	r->hops_sum = mixed(r->hops_sum, attributes, n);
	if (r->hops++ == 0)
		r->hop = *hop;
}

static int
route_attribute(const struct nlattr *attr, void *arg)
{
	struct route *r = arg;
	size_t n = mnl_attr_get_payload_len(attr);
	bool is_u32 = n >= sizeof(uint32_t);

	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		if (n <= sizeof r->key.raw)
			memcpy(r->key.raw, mnl_attr_get_payload(attr), n);
		break;
	case RTA_PRIORITY:
		r->metric = is_u32 ? mnl_attr_get_u32(attr) : 0;
		break;
	case RTA_TABLE:
		r->key.table = is_u32 ? mnl_attr_get_u32(attr) : r->key.table;
		break;
	case RTA_MULTIPATH:
		nexthops_each(attr, take_hop, r);
		break;
	default:
		nexthop_take(&r->hop, attr);
		break;
	}
	return MNL_CB_OK;
}

static struct route *
first_of(const struct routes *rs, const struct route_key *key)
{
	struct route *r;

	HASH_FIND(hh, rs->by_key, key, sizeof *key, r);
	return r;
}

static bool
has_same_hop(const struct route *a, const struct route *b)
{
	return a->hop.interface == b->hop.interface && a->hop.has_gateway == b->hop.has_gateway &&
	       memcmp(a->hop.gateway, b->hop.gateway, sizeof a->hop.gateway) == 0;
}

static struct route *
find_like(const struct routes *rs, const struct route *like)
{
	struct route *r = first_of(rs, &like->key);

	while (r != NULL && (r->tos != like->tos || r->metric != like->metric || !has_same_hop(r, like)))
		r = r->same;
	return r;
}

/* `ip route replace`: the kernel tells of the new one only. Answers whether there was another. */
static bool
drop_replaced(struct routes *rs, const struct route *by)
{
	struct route *r = first_of(rs, &by->key), *next;
	bool any = false;

	for (; r != NULL; r = next) {
		next = r->same;
		if (r->tos != by->tos || r->metric != by->metric)
			continue;
		any |= r->active;
		forget(rs, r, true);
	}
	return any;
}

static bool
is_followed(const struct route *r, unsigned flags)
{
	return (r->key.family == AF_INET || r->key.family == AF_INET6) && r->key.table != RT_TABLE_LOCAL &&
	       (flags & RTM_F_CLONED) == 0 && r->type != RTN_LOCAL && r->type != RTN_BROADCAST &&
	       r->type != RTN_ANYCAST && r->type != RTN_MULTICAST;
}

static void
route_told(void *arg, const struct nlmsghdr *h, bool removed, unsigned round)
{
	struct routes *rs = arg;
	const struct rtmsg *info = mnl_nlmsg_get_payload(h);
	struct route told, *r;
	bool modified, replaces;

	memset(&told, 0, sizeof told);
	told.key.family = info->rtm_family;
	told.key.prefix = info->rtm_dst_len;
	told.key.table = info->rtm_table;
	told.tos = info->rtm_tos;
	told.protocol = info->rtm_protocol;
	told.type = info->rtm_type;
	mnl_attr_parse(h, sizeof *info, route_attribute, &told);
	if (!is_followed(&told, info->rtm_flags))
		return;
	r = find_like(rs, &told);
	if (removed) {
		if (r != NULL)
			forget(rs, r, false);
		return;
	}
	if (r != NULL) {
		modified = r->protocol != told.protocol || r->type != told.type || r->hops != told.hops ||
			   r->hops_sum != told.hops_sum;
	} else {
		replaces = !rs->silent && (h->nlmsg_flags & NLM_F_REPLACE) != 0 && drop_replaced(rs, &told);
		r = mem_new(rs, struct route);
		*r = told;
		link_route(rs, r);
		r->active = replaces; /* what was there is another now */
		modified = replaces;
	}
	r->protocol = told.protocol;
	r->type = told.type;
	r->hops = told.hops;
	r->hops_sum = told.hops_sum;
	r->round = round;
	settle(rs, r, modified);
}

static void
drop_old(struct routes *rs, struct route *r, int64_t round)
{
	if (r->round != round)
		forget(rs, r, false);
}

static void
route_complete(void *arg, unsigned round, bool first)
{
	struct routes *rs = arg;

	each(rs, drop_old, round);
	if (first)
		rs->silent = false;
}

/* ---- what else makes routes come and go ---- */

static void
on_reread(void *arg)
{
	netlink_refresh(((struct routes *)arg)->netlink);
}

static void
settle_of_link(struct routes *rs, struct route *r, int64_t index)
{
	if (r->hop.interface == index)
		settle(rs, r, false);
}

static void
on_link(void *arg, enum link_event what, const struct link *l, unsigned before)
{
	struct routes *rs = arg;

	each(rs, settle_of_link, l->index);
	timer_set(rs->reread, REREAD);
}

static void
read_again(void *arg)
{
	timer_set(((struct routes *)arg)->reread, REREAD);
}

/* ---- the whole ---- */

static const struct netlink_table route_table = {
	.what = "routes",
	.dump = RTM_GETROUTE,
	.added = RTM_NEWROUTE,
	.removed = RTM_DELROUTE,
	/* A next hop that is deleted takes its routes with it, silently. */
	.groups = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_NEXTHOP },
	.header = sizeof(struct rtmsg),
	.told = route_told,
	.complete = route_complete,
	.touched = read_again,
};

static int
routes_free(void *ptr)
{
	struct routes *rs = ptr;

	subscribers_end(&rs->subscribers);
	HASH_CLEAR(hh, rs->by_key);
	return 0;
}

static struct routes *
routes_make(const void *ctx, struct engine *engine, const char *netns, struct links *links,
	struct addresses *addresses, struct err *err)
{
	struct routes *rs = mem_new(ctx, struct routes);

	rs->engine = engine;
	rs->links = links;
	rs->silent = true;
	rs->reread = timer_after(rs, engine->loop, REREAD, on_reread, rs);
	timer_stop(rs->reread);
	subscribers_begin(&rs->subscribers);
	mem_on_free(rs, routes_free);
	rs->netlink = netlink_follow_in(rs, engine, netns, &route_table, rs, err);
	if (rs->netlink == NULL) {
		mem_free(rs);
		return NULL;
	}
	links_on_change(rs, links, on_link, rs);
	addresses_on_change(rs, addresses, read_again, rs);
	return rs;
}

struct routes *
routes_of(struct engine *engine, struct err *err)
{
	if (engine->routes != NULL)
		return engine->routes;
	if (engine->links == NULL || engine->addresses == NULL) {
		err_set(err, ERR_REFUSED, "there is no netlink");
		return NULL;
	}
	engine->routes = routes_make(engine, engine, NULL, engine->links, engine->addresses, err);
	return engine->routes;
}

struct routes *
routes_in(const void *ctx, struct engine *engine, const char *netns, struct err *err)
{
	void *own = mem_ctx(ctx, "network namespace");
	struct links *links = links_new_in(own, engine, netns, err);
	struct addresses *addresses = links == NULL ? NULL : addresses_new_in(own, engine, netns, err);
	struct routes *rs = addresses == NULL ? NULL : routes_make(own, engine, netns, links, addresses, err);

	if (rs == NULL)
		mem_free(own);
	return rs;
}

const struct links *
routes_links(const struct routes *rs)
{
	return rs->links;
}

void
routes_on_change(const void *ctx, struct routes *rs, routes_f *f, void *arg)
{
	subscribe(ctx, &rs->subscribers, (void (*)(void))f, arg);
}

/* ---- looking ---- */

const struct route *
routes_first(const struct routes *rs, const struct route_key *key)
{
	return first_of(rs, key);
}

const struct route *
routes_find(const struct routes *rs, int family, uint32_t table, const unsigned char raw[16], unsigned prefix)
{
	struct route_key key;
	const struct route *best = NULL;

	memset(&key, 0, sizeof key);
	key.family = (unsigned char)family;
	key.prefix = (unsigned char)prefix;
	key.table = table;
	memcpy(key.raw, raw, sizeof key.raw);
	for (const struct route *r = first_of(rs, &key); r != NULL; r = r->same)
		if (r->active && (best == NULL || r->metric < best->metric))
			best = r;
	return best;
}

/* ---- words ---- */

static const struct {
	unsigned char protocol; /* <linux/rtnetlink.h> and FRR's zebra */
	const char *name;
	unsigned distance;
} protocols[] = {
	{ RTPROT_KERNEL, "connected", 0 },
	{ RTPROT_REDIRECT, "redirect", 1 },
	{ RTPROT_BOOT, "static", 1 },
	{ RTPROT_STATIC, "static", 1 },
	{ RTPROT_DHCP, "static", 254 }, /* IOS: a default route that DHCP brought */
	{ RTPROT_RA, "nd", 2 },
	{ RTPROT_ZEBRA, "static", 1 }, /* zebra's own number before its static routes had one */
	{ 186, "bgp", 20 },
	{ 187, "isis", 115 },
	{ 188, "ospf", 110 },
	{ 189, "rip", 120 },
	{ 190, "rip", 120 }, /* RIPng */
	{ 191, "nhrp", 250 },
	{ 192, "eigrp", 90 },
	{ 194, "sharp", 150 },
	{ 195, "pbr", 200 },
	{ 196, "static", 1 }, /* FRR's staticd */
	{ 197, "openfabric", 115 },
	{ 42, "babel", 100 },
};

const char *
route_protocol(const struct route *r, char room[16])
{
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (protocols[i].protocol == r->protocol)
			return protocols[i].name;
	snprintf(room, 16, "%u", r->protocol);
	return room;
}

unsigned
route_distance(const struct route *r)
{
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (protocols[i].protocol == r->protocol)
			return protocols[i].distance;
	return 1;
}

uint32_t
routes_vrf_table(const struct engine *engine, const char *vrf)
{
	const struct link *l;

	if (vrf == NULL)
		return RT_TABLE_MAIN;
	l = engine->links == NULL ? NULL : links_find(engine->links, vrf);
	return l == NULL ? 0 : l->vrf_table;
}

struct vrf_search {
	uint32_t table;
	const char *name;
};

static void
vrf_of_table(void *arg, struct link *l)
{
	struct vrf_search *s = arg;

	if (l->vrf_table == s->table)
		s->name = l->name;
}

const char *
routes_vrf_name(const struct engine *engine, uint32_t table, char room[32])
{
	struct vrf_search s = { .table = table };

	if (table == RT_TABLE_MAIN)
		return "default";
	if (engine->links != NULL)
		links_each(engine->links, vrf_of_table, &s);
	if (s.name == NULL)
		snprintf(room, 32, "table %u", table);
	else
		snprintf(room, 32, "%s", s.name);
	return room;
}
