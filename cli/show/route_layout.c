/* IOS's layouts of routes. */
#include "cli/show/routes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include "cli/pieces.h"
#include "core/engine.h"
#include "core/ifname.h"
#include "core/writer.h"
#include "net/addresses.h"
#include "net/links.h"
#include "net/routes.h"

static const struct {
	enum route_source source;
	const char *name, *letter4, *letter6;
} sources[] = {
	{ ROUTE_CONNECTED, "connected", "C", "C" },
	{ ROUTE_LOCAL, "local", "L", "L" },
	{ ROUTE_STATIC, "static", "S", "S" },
	{ ROUTE_RIP, "rip", "R", "R" },
	{ ROUTE_BGP, "bgp", "B", "B" },
	{ ROUTE_EIGRP, "eigrp", "D", "D" },
	{ ROUTE_OSPF, "ospf", "O", "O" },
	{ ROUTE_ISIS, "isis", "i", "I1" },
	{ ROUTE_NHRP, "nhrp", "H", "H" },
	{ ROUTE_ND, "nd", "ND", "ND" },
};

/* ---- words ---- */

/* An address of a mask as long as itself has no network beside it: it is the connected network. */
struct host_search {
	const struct routing_entry *entry;
	int family;
	bool found;
};

static void
is_host_address(void *arg, const struct address *a)
{
	struct host_search *h = arg;
	size_t n = h->family == AF_INET ? 4 : 16;

	h->found = h->found || (a->prefix == 8 * n && memcmp(a->raw, h->entry->raw, n) == 0);
}

enum route_source
route_list_source(const struct route_list *l, const struct routing_table *t, const struct routing_entry *e)
{
	const struct route r = { .protocol = e->protocol };
	struct host_search h = { .entry = e, .family = t->family };
	char room[16];
	const char *name = route_protocol(&r, room);

	if (e->type == RTN_LOCAL) {
		if (l->engine->addresses != NULL)
			addresses_each(l->engine->addresses, t->hops[e->first].interface, t->family,
				is_host_address, &h);
		return h.found ? ROUTE_CONNECTED : ROUTE_LOCAL;
	}
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		if (strcmp(sources[i].name, name) == 0)
			return sources[i].source;
	return ROUTE_KERNEL;
}

static const char *
letter_of(enum route_source source, int family)
{
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		if (sources[i].source == source)
			return family == AF_INET ? sources[i].letter4 : sources[i].letter6;
	return "K";
}

static const char *
name_of(enum route_source source, const struct routing_entry *e, char room[16])
{
	const struct route r = { .protocol = e->protocol };

	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		if (sources[i].source == source)
			return sources[i].name;
	return route_protocol(&r, room);
}

static unsigned
distance_of(enum route_source source, const struct routing_entry *e)
{
	const struct route r = { .protocol = e->protocol };

	return source == ROUTE_CONNECTED || source == ROUTE_LOCAL ? 0 : route_distance(&r);
}

/* What the kernel puts where nobody said anything is 0 on a router. */
static uint32_t
metric_of(enum route_source source, const struct routing_entry *e, int family)
{
	enum { UNSAID = 1024 };

	return source == ROUTE_CONNECTED || source == ROUTE_LOCAL ||
			       (family == AF_INET6 && e->metric == UNSAID)
		       ? 0
		       : e->metric;
}

/* IOS prints IPv6 addresses in capitals. */
static const char *
address_text(int family, const unsigned char *raw, bool capitals, char room[INET6_ADDRSTRLEN])
{
	inet_ntop(family, raw, room, INET6_ADDRSTRLEN);
	for (char *c = room; capitals && *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	return room;
}

static const char *
gateway_text(const struct nexthop *h, bool capitals, char room[INET6_ADDRSTRLEN])
{
	return h->has_gateway ? address_text(h->gateway_v6 ? AF_INET6 : AF_INET, h->gateway, capitals, room)
			      : NULL;
}

static bool
leads_nowhere(const struct routing_entry *e)
{
	return e->type == RTN_BLACKHOLE || e->type == RTN_UNREACHABLE || e->type == RTN_PROHIBIT;
}

static const char *
interface_of(
	const struct route_list *l, const struct routing_entry *e, const struct nexthop *h, char room[16])
{
	const struct link *link =
		l->engine->links == NULL ? NULL : links_by_index(l->engine->links, h->interface);

	if (leads_nowhere(e))
		return "Null0";
	if (link != NULL)
		return ifname_ios(l->engine->settings, link->name);
	snprintf(room, 16, "%s%d", h->interface == 0 ? "" : "if", h->interface);
	return room;
}

static const struct routing_entry *
default_route(const struct routing_table *t)
{
	static const unsigned char zero[16] = { 0 };

	return routing_table_find(t, zero, 0);
}

/* ---- JSON ---- */

static void
json_route(struct writer *w, const struct route_list *l, const struct routing_table *t,
	const struct routing_entry *e)
{
	enum route_source source = route_list_source(l, t, e);
	char room[INET6_ADDRSTRLEN], name[16], prefix[INET6_ADDRSTRLEN + 8];

	snprintf(prefix, sizeof prefix, "%s/%u", address_text(t->family, e->raw, false, room), e->prefix);
	w_object(w, NULL);
	w_str(w, "code", letter_of(source, t->family));
	w_str(w, "protocol", name_of(source, e, name));
	w_str(w, "prefix", prefix);
	w_int(w, "distance", distance_of(source, e));
	w_int(w, "metric", e->metric);
	w_list(w, "paths");
	for (size_t i = 0; i < e->hops; i++) {
		const struct nexthop *h = &t->hops[e->first + i];

		w_object(w, NULL);
		w_str(w, "gateway", gateway_text(h, false, room));
		w_str(w, "interface", interface_of(l, e, h, name));
		w_end(w);
	}
	w_end(w);
	w_end(w);
}

/* ---- show ip route ---- */

static void
ipv4_head(struct writer *w, const struct route_list *l, const struct routing_table *t)
{
	const struct routing_entry *e = default_route(t);
	const struct nexthop *h = e == NULL ? NULL : &t->hops[e->first];
	char room[INET6_ADDRSTRLEN];

	if (l->vrf != NULL)
		w_text(w, "\nRouting Table: %s\n", l->vrf);
	w_text(w, "Codes: L - local, C - connected, S - static, R - RIP, B - BGP\n"
		  "       D - EIGRP, O - OSPF, i - IS-IS, H - NHRP, ND - neighbor "
		  "discovery\n"
		  "       K - other route of the kernel, * - candidate default\n\n");
	if (h == NULL)
		w_text(w, "Gateway of last resort is not set\n\n");
	else
		w_text(w, "Gateway of last resort is %s to network 0.0.0.0\n\n",
			h->has_gateway ? gateway_text(h, true, room) : "0.0.0.0");
	w_str(w, "gateway_of_last_resort", h == NULL ? NULL : gateway_text(h, false, room));
}

unsigned
route_classful_bits(const unsigned char *raw)
{
	return raw[0] < 128 ? 8 : raw[0] < 192 ? 16 : 24;
}

/* The rows of one classful network, which IOS lists under a heading. */
static void
begin_group(struct route_list *l, const struct routing_table *t)
{
	const struct routing_entry *e = &t->v[l->at];
	unsigned bits = route_classful_bits(e->raw);

	l->group_end = l->at + 1;
	l->group_is_told = e->prefix < bits;
	if (e->prefix < bits)
		return;
	while (l->group_end < t->n && t->v[l->group_end].prefix >= bits &&
		routing_same_prefix(t->v[l->group_end].raw, e->raw, bits))
		l->group_end++;
	l->group_is_told = l->group_end == l->at + 1 && e->prefix == bits;
}

static bool
is_subnet(const struct routing_table *t, const struct routing_entry *e)
{
	unsigned bits = route_classful_bits(e->raw);
	const struct routing_entry *next = e + 1;

	return e->prefix > bits || (e->prefix == bits && next < t->v + t->n && next->prefix >= bits &&
					   routing_same_prefix(next->raw, e->raw, bits));
}

static void
group_head(struct writer *w, const struct route_list *l, const struct routing_table *t)
{
	const struct routing_entry *first = &t->v[l->at], *e = first;
	unsigned bits = route_classful_bits(first->raw), masks = 0;
	bool has[33] = { false };
	unsigned char network[16] = { 0 };
	char room[INET6_ADDRSTRLEN];
	size_t subnets;

	/* Rows that are not shown may come before. */
	while (e > t->v && is_subnet(t, e - 1) && routing_same_prefix(e[-1].raw, first->raw, bits))
		e--;
	subnets = (size_t)(&t->v[l->group_end] - e);
	for (; e < &t->v[l->group_end]; e++) {
		masks += !has[e->prefix];
		has[e->prefix] = true;
	}
	memcpy(network, first->raw, bits / 8);
	address_text(AF_INET, network, false, room);
	if (masks == 1)
		w_text(w, "      %s/%u is subnetted, %zu subnets\n", room, first->prefix, subnets);
	else
		w_text(w, "      %s/%u is variably subnetted, %zu subnets, %u masks\n", room, bits, subnets,
			masks);
}

static void
ipv4_path(struct writer *w, const struct route_list *l, const struct routing_table *t,
	const struct routing_entry *e, size_t i, enum route_source source)
{
	const struct nexthop *h = &t->hops[e->first + i];
	char room[INET6_ADDRSTRLEN], name[16];

	if (!h->has_gateway) {
		w_text(w, " is directly connected, %s\n", interface_of(l, e, h, name));
		return;
	}
	w_text(w, " [%u/%u] via %s", distance_of(source, e), metric_of(source, e, t->family),
		gateway_text(h, true, room));
	/* IOS names the interface of what it learnt only. */
	if (source != ROUTE_STATIC)
		w_text(w, ", %s", interface_of(l, e, h, name));
	w_text(w, "\n");
}

static void
ipv4_route(
	struct writer *w, struct route_list *l, const struct routing_table *t, const struct routing_entry *e)
{
	enum route_source source = route_list_source(l, t, e);
	char room[INET6_ADDRSTRLEN], code[16], head[64];
	int n;

	if (!l->group_is_told)
		group_head(w, l, t);
	l->group_is_told = true;
	snprintf(code, sizeof code, "%s%s", letter_of(source, AF_INET), e->prefix == 0 ? "*" : "");
	n = snprintf(head, sizeof head, "%-*s%s/%u", is_subnet(t, e) ? 9 : 6, code,
		address_text(AF_INET, e->raw, false, room), e->prefix);
	for (size_t i = 0; i < e->hops; i++) {
		w_text(w, "%*s", n, i == 0 ? head : "");
		ipv4_path(w, l, t, e, i, source);
	}
}

/* ---- show ipv6 route ---- */

static void
ipv6_head(struct writer *w, const struct route_list *l, const struct routing_table *t)
{
	const struct routing_entry *e = default_route(t);
	char room[INET6_ADDRSTRLEN];

	w_text(w, "IPv6 Routing Table - %s - %zu entries\n", l->vrf == NULL ? "default" : l->vrf, t->n);
	w_text(w, "Codes: C - Connected, L - Local, S - Static, B - BGP, R - RIP, D - EIGRP\n"
		  "       O - OSPF, I1 - IS-IS, H - NHRP, ND - ND default, K - other "
		  "route of the kernel\n");
	w_str(w, "gateway_of_last_resort", e == NULL ? NULL : gateway_text(&t->hops[e->first], false, room));
}

static void
ipv6_route(
	struct writer *w, struct route_list *l, const struct routing_table *t, const struct routing_entry *e)
{
	enum route_source source = route_list_source(l, t, e);
	char room[INET6_ADDRSTRLEN], name[16];

	w_text(w, "%-3s %s/%u [%u/%u]\n", letter_of(source, AF_INET6),
		address_text(AF_INET6, e->raw, true, room), e->prefix, distance_of(source, e),
		metric_of(source, e, t->family));
	for (size_t i = 0; i < e->hops; i++) {
		const struct nexthop *h = &t->hops[e->first + i];
		const char *interface = interface_of(l, e, h, name);

		if (!h->has_gateway)
			w_text(w, "     via %s, %s\n", interface,
				source == ROUTE_LOCAL || e->type == RTN_LOCAL ? "receive"
									      : "directly connected");
		else
			w_text(w, "     via %s, %s\n", gateway_text(h, true, room), interface);
	}
}

/* ---- show ip route A ---- */

static void
describe_path(struct writer *w, const struct route_list *l, const struct routing_table *t,
	const struct routing_entry *e, size_t i)
{
	const struct nexthop *h = &t->hops[e->first + i];
	char room[INET6_ADDRSTRLEN], name[16];
	const char *mark = t->family == AF_INET6 ? "    " : i == 0 ? "  * " : "    ";

	if (h->has_gateway)
		w_text(w, "%s%s, via %s\n", mark, gateway_text(h, true, room), interface_of(l, e, h, name));
	else
		w_text(w, "%sdirectly connected, via %s\n", mark, interface_of(l, e, h, name));
	if (t->family == AF_INET)
		w_text(w, "      Route metric is %u, traffic share count is 1\n",
			metric_of(route_list_source(l, t, e), e, t->family));
}

static void
describe_entry(struct writer *w, const struct route_list *l, const struct routing_table *t,
	const struct routing_entry *e)
{
	enum route_source source = route_list_source(l, t, e);
	char room[INET6_ADDRSTRLEN], name[16];

	w_text(w, "Routing entry for %s/%u", address_text(t->family, e->raw, true, room), e->prefix);
	if (t->family == AF_INET && e->prefix < route_classful_bits(e->raw))
		w_text(w, ", supernet");
	w_text(w, "\n  Known via \"%s\", distance %u, metric %u", name_of(source, e, name),
		distance_of(source, e), metric_of(source, e, t->family));
	if (t->family == AF_INET && e->prefix == 0)
		w_text(w, ", candidate default path");
	else if (t->family == AF_INET && source == ROUTE_CONNECTED)
		w_text(w, " (connected, via interface)");
	w_text(w, t->family == AF_INET ? "\n  Routing Descriptor Blocks:\n" : "\n  Routing paths:\n");
	for (size_t i = 0; i < e->hops; i++)
		describe_path(w, l, t, e, i);
}

/* ---- for the commands ---- */

void
route_list_head(struct writer *w, const struct route_list *l, const struct routing_table *t)
{
	if (t->family == AF_INET)
		ipv4_head(w, l, t);
	else
		ipv6_head(w, l, t);
}

void
route_list_row(struct writer *w, struct route_list *l, const struct routing_table *t)
{
	const struct routing_entry *e = &t->v[l->at];

	if (t->family == AF_INET && l->at >= l->group_end)
		begin_group(l, t);
	if (l->source != ROUTE_ANY && route_list_source(l, t, e) != l->source)
		return;
	if (writer_is_json(w) && l->written == PIECES_DOCUMENT)
		l->left_out++;
	else if (writer_is_json(w))
		json_route(w, l, t, e);
	else if (t->family == AF_INET)
		ipv4_route(w, l, t, e);
	else
		ipv6_route(w, l, t, e);
	l->written += l->written < PIECES_DOCUMENT;
}

void
route_list_one(struct writer *w, const struct route_list *l, const struct routing_table *t,
	const struct routing_entry *e)
{
	describe_entry(w, l, t, e);
	json_route(w, l, t, e);
}
