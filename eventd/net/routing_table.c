/* Reading the routes once. */
#include "net/routing_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "net/dump.h"

static void *
grow(void *v, size_t n, size_t size)
{
	/* Doubles at powers of two. */
	if ((n & (n - 1)) == 0)
		v = reallocarray(v, n == 0 ? 1 : 2 * n, size);
	if (v == NULL)
		abort();
	return v;
}

/* ---- what the kernel says of one ---- */

struct told {
	struct routing_table *t;
	struct routing_entry e;
	struct nexthop hop; /* of a route that has one */
	uint32_t table;
	const struct nlattr *multipath;
};

static int
route_attribute(const struct nlattr *attr, void *arg)
{
	struct told *t = arg;
	size_t n = mnl_attr_get_payload_len(attr);

	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		if (n <= sizeof t->e.raw)
			memcpy(t->e.raw, mnl_attr_get_payload(attr), n);
		break;
	case RTA_PRIORITY:
		t->e.metric = n >= sizeof(uint32_t) ? mnl_attr_get_u32(attr) : 0;
		break;
	case RTA_TABLE:
		t->table = n >= sizeof(uint32_t) ? mnl_attr_get_u32(attr) : t->table;
		break;
	case RTA_MULTIPATH:
		t->multipath = attr;
		break;
	default:
		nexthop_take(&t->hop, attr);
		break;
	}
	return MNL_CB_OK;
}

static void
add_hop(struct routing_table *t, struct routing_entry *e, const struct nexthop *h)
{
	t->hops = grow(t->hops, t->hop_count, sizeof *t->hops);
	t->hops[t->hop_count++] = *h;
	e->hops++;
}

static void
add_live_hop(
	void *arg, const struct nexthop *hop, const struct rtnexthop *h, const void *attributes, size_t n)
{
	struct told *t = arg;

	(void)attributes, (void)n;
	if ((h->rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) == 0)
		add_hop(t->t, &t->e, hop);
}

bool
routing_same_prefix(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned rest = bits % 8;

	return memcmp(a, b, bits / 8) == 0 && (rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0);
}

/* Networks that every host has, and no router lists. */
static bool
is_of_every_host(const struct routing_entry *e, int family)
{
	static const unsigned char one[16] = { [15] = 1 };

	if (family == AF_INET)
		return e->raw[0] == 127 && e->prefix >= 8;
	return (e->prefix >= 10 && e->raw[0] == 0xfe && (e->raw[1] & 0xc0) == 0x80) || e->raw[0] == 0xff ||
	       (e->prefix == 128 && memcmp(e->raw, one, sizeof one) == 0);
}

static bool
is_listed(const struct told *t, const struct rtmsg *info)
{
	bool is_ours = t->e.type == RTN_LOCAL && t->t->table == RT_TABLE_MAIN && t->table == RT_TABLE_LOCAL;

	if (info->rtm_family != t->t->family ||
		(info->rtm_flags & (RTM_F_CLONED | RTNH_F_DEAD | RTNH_F_LINKDOWN)) != 0)
		return false;
	if (t->e.type == RTN_BROADCAST || t->e.type == RTN_ANYCAST || t->e.type == RTN_MULTICAST)
		return false;
	return (t->table == t->t->table || is_ours) && info->rtm_tos == 0 &&
	       !is_of_every_host(&t->e, t->t->family);
}

static void
on_route(void *arg, const struct nlmsghdr *h)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(h);
	struct routing_table *table = arg;
	struct told t = { .t = table,
		.table = info->rtm_table,
		.e = { .prefix = info->rtm_dst_len,
			.protocol = info->rtm_protocol,
			.type = info->rtm_type,
			.first = table->hop_count } };

	mnl_attr_parse(h, sizeof *info, route_attribute, &t);
	if (!is_listed(&t, info))
		return;
	if (t.multipath != NULL)
		nexthops_each(t.multipath, add_live_hop, &t);
	else
		add_hop(table, &t.e, &t.hop);
	if (t.e.hops == 0) /* all of them are down */
		return;
	table->v = grow(table->v, table->n, sizeof *table->v);
	table->v[table->n++] = t.e;
}

static void
forget_all(void *arg)
{
	struct routing_table *t = arg;

	t->n = 0;
	t->hop_count = 0;
	free(t->v);
	free(t->hops);
	t->v = NULL;
	t->hops = NULL;
}

/* ---- the whole ---- */

static int
compare_prefix(const struct routing_entry *a, const unsigned char *raw, unsigned prefix)
{
	int sign = memcmp(a->raw, raw, sizeof a->raw);

	return sign != 0 ? sign : (a->prefix > prefix) - (a->prefix < prefix);
}

static int
compare(const void *x, const void *y)
{
	const struct routing_entry *a = x, *b = y;
	int sign = compare_prefix(a, b->raw, b->prefix);

	/* An address of ours comes before what else is known of it. */
	if (sign == 0)
		sign = (b->type == RTN_LOCAL) - (a->type == RTN_LOCAL);
	return sign != 0 ? sign : (a->metric > b->metric) - (a->metric < b->metric);
}

/* A router has the best only. IPv6 routes of several next hops may be several of one metric. */
static void
drop_worse(struct routing_table *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct routing_entry *last = kept > 0 ? &t->v[kept - 1] : NULL;

		if (last != NULL && compare_prefix(last, t->v[i].raw, t->v[i].prefix) == 0 &&
			(t->family == AF_INET || last->metric != t->v[i].metric || last->type == RTN_LOCAL))
			continue;
		t->v[kept++] = t->v[i];
	}
	t->n = kept;
}

struct routing_table *
routing_table_read(int family, uint32_t table)
{
	static const struct dump dump = {
		.type = RTM_GETROUTE, .header = sizeof(struct rtmsg), .row = on_route, .again = forget_all
	};
	struct dump d = dump;
	struct routing_table *t = calloc(1, sizeof *t);

	if (t == NULL)
		abort();
	t->family = family;
	t->table = table;
	d.family = (unsigned char)family;
	t->ok = dump_read(&d, t, &t->err);
	if (t->n > 0)
		qsort(t->v, t->n, sizeof *t->v, compare);
	drop_worse(t);
	return t;
}

void
routing_table_free(struct routing_table *t)
{
	if (t != NULL)
		forget_all(t);
	free(t);
}

/* The first of them, should there be several. */
const struct routing_entry *
routing_table_find(const struct routing_table *t, const unsigned char raw[16], unsigned prefix)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int sign = compare_prefix(&t->v[middle], raw, prefix);

		if (sign < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->n && compare_prefix(&t->v[low], raw, prefix) == 0 ? &t->v[low] : NULL;
}

const struct routing_entry *
routing_table_lookup(const struct routing_table *t, const unsigned char raw[16])
{
	unsigned bits = t->family == AF_INET ? 32 : 128;

	for (; bits > 0; bits--) {
		unsigned char masked[16] = { 0 };
		const struct routing_entry *e;

		memcpy(masked, raw, bits / 8);
		if (bits % 8 != 0)
			masked[bits / 8] = (unsigned char)(raw[bits / 8] & (0xff00 >> bits % 8));
		e = routing_table_find(t, masked, bits);
		if (e != NULL)
			return e;
	}
	return NULL;
}
