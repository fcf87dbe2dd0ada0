/* show ip route, show ipv6 route: the kernel's routes. */
#include "cli/show/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/pieces.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"
#include "net/routes.h"

struct route_args {
	struct kw_str vrf, prefix, address, mask;
	struct kw_enum source;
};

/* ---- one route ---- */

/* Is there anything of the classful network that this address is of? Then the subnet is missing, else the network. */
static bool
has_network(const struct routing_table *t, const unsigned char *raw)
{
	unsigned bits = route_classful_bits(raw);

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].prefix >= bits && routing_same_prefix(t->v[i].raw, raw, bits))
			return true;
	return false;
}

static void
show_one(struct writer *w, const struct route_list *l, const struct routing_table *t)
{
	bool is_default = !l->exactly && memcmp(l->raw, (unsigned char[16]){ 0 }, 16) == 0;
	const struct routing_entry *e = l->exactly   ? routing_table_find(t, l->raw, l->prefix)
					: is_default ? routing_table_find(t, l->raw, 0)
						     : routing_table_lookup(t, l->raw);

	w_list(w, "routes");
	if (e != NULL) {
		route_list_one(w, l, t, e);
	} else {
		w_text(w, "%% %s\n",
			t->family == AF_INET6    ? "Route not found"
			: has_network(t, l->raw) ? "Subnet not in table"
						 : "Network not in table");
	}
	w_end(w);
}

/* ---- the commands ---- */

static void *
read_table(void *arg)
{
	const struct route_list *l = arg;

	return routing_table_read(l->family, l->table);
}

static void
free_table(void *data)
{
	routing_table_free(data);
}

static bool
write_rows(struct session *s, void *arg, void *data, struct err *err)
{
	const struct routing_table *t = data;
	struct writer *w = session_writer(s);
	struct route_list *l = arg;

	if (!t->ok) {
		*err = t->err;
		return false;
	}
	if (l->asks_one) {
		show_one(w, l, t);
		return false;
	}
	if (!l->begun) {
		route_list_head(w, l, t);
		w_list(w, "routes");
	}
	l->begun = true;
	for (unsigned i = 0; i < PIECES_ROWS && l->at < t->n; i++, l->at++)
		route_list_row(w, l, t);
	if (l->at < t->n)
		return true;
	w_end(w);
	w_int(w, "left_out", (int64_t)l->left_out);
	return false;
}

static const struct pieces pieces = { .read = read_table, .free_data = free_table, .write = write_rows };

/* 255.255.255.0 is 24; -1: it is no mask. */
static int
mask_bits(const char *mask)
{
	struct in_addr a;
	uint32_t bits;

	if (inet_pton(AF_INET, mask, &a) != 1)
		return -1;
	bits = ntohl(a.s_addr);
	if ((~bits & (~bits + 1)) != 0)
		return -1;
	return __builtin_popcount(bits);
}

static void
mask_off(unsigned char raw[16], unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		raw[i / 8] &= (unsigned char)~(0x80 >> i % 8);
}

/* The prefix or the address that is asked for. */
static bool
read_target(struct route_list *l, const struct route_args *a, struct err *err)
{
	const char *typed = a->prefix.set ? a->prefix.s : a->address.s;
	char address[INET6_ADDRSTRLEN] = "";
	int bits = -1;

	snprintf(address, sizeof address, "%.*s", (int)strcspn(typed, "/"), typed);
	if (inet_pton(l->family, address, l->raw) != 1)
		return err_set(err, ERR_REFUSED, "%s is no %s address", address,
			l->family == AF_INET ? "IPv4" : "IPv6");
	if (a->prefix.set)
		bits = atoi(strchr(typed, '/') + 1);
	else if (a->mask.set && (bits = mask_bits(a->mask.s)) < 0)
		return err_set(err, ERR_REFUSED, "%s is no network mask", a->mask.s);
	l->asks_one = true;
	l->exactly = bits >= 0;
	l->prefix = bits >= 0 ? (unsigned)bits : 0;
	if (l->exactly)
		mask_off(l->raw, l->prefix);
	return true;
}

static enum cmd_result
show_routes(struct session *s, const struct route_args *a, int family, struct err *err)
{
	struct engine *e = session_engine(s);
	struct route_list *l = mem_new(session_cmd_ctx(s), struct route_list);

	l->family = family;
	l->engine = e;
	l->vrf = a->vrf.set ? a->vrf.s : NULL;
	l->table = routes_vrf_table(e, l->vrf);
	l->source = a->source.set ? (enum route_source)a->source.v : ROUTE_ANY;
	if (l->table == 0) {
		err_set(err, ERR_NOT_FOUND, "IP routing table %s does not exist", l->vrf);
		return CMD_REFUSED;
	}
	if ((a->prefix.set || a->address.set) && !read_target(l, a, err))
		return CMD_REFUSED;
	return pieces_begin(s, &pieces, l, sizeof *l);
}

static enum cmd_result
show_ip_route(struct session *s, const void *args, struct err *err)
{
	return show_routes(s, args, AF_INET, err);
}

static enum cmd_result
show_ipv6_route(struct session *s, const void *args, struct err *err)
{
	return show_routes(s, args, AF_INET6, err);
}

static const struct kw_alternative source_choices[] = {
	{ .word = "bgp", .help = "Border Gateway Protocol", .value = ROUTE_BGP },
	{ .word = "connected", .help = "Connected networks", .value = ROUTE_CONNECTED },
	{ .word = "eigrp", .help = "Enhanced Interior Gateway Routing Protocol", .value = ROUTE_EIGRP },
	{ .word = "isis", .help = "ISO IS-IS", .value = ROUTE_ISIS },
	{ .word = "kernel", .help = "Other routes of the kernel", .value = ROUTE_KERNEL },
	{ .word = "local", .help = "Addresses of this device", .value = ROUTE_LOCAL },
	{ .word = "nd", .help = "Router advertisements", .value = ROUTE_ND },
	{ .word = "nhrp", .help = "Next Hop Resolution Protocol", .value = ROUTE_NHRP },
	{ .word = "ospf", .help = "Open Shortest Path First", .value = ROUTE_OSPF },
	{ .word = "rip", .help = "Routing Information Protocol", .value = ROUTE_RIP },
	{ .word = "static", .help = "Static routes", .value = ROUTE_STATIC },
	{ .word = NULL },
};

#define VRF_ROW                                                                                            \
	{                                                                                                  \
		.word = "vrf", .help = "Routes of a VRF", .type = &kw_word, KW_AT(struct route_args, vrf), \
		.flags = KW_SEQ                                                                            \
	}
#define SOURCE_ROW                                                                                    \
	{                                                                                             \
		.help = "Routes of a protocol", .type = &kw_choice, KW_AT(struct route_args, source), \
		.choices = source_choices, .group = 1                                                 \
	}
#define PREFIX_ROW(param_)                                                                                \
	{                                                                                                 \
		.help = "Network", .type = &kw_prefix, KW_AT(struct route_args, prefix), .param = param_, \
		.group = 1                                                                                \
	}

static const struct kw mask_kw[] = {
	{ .help = "Network mask", .type = &kw_ip, KW_AT(struct route_args, mask), .param = "A.B.C.D" },
	KW_END,
};
static const struct kw ipv4_kw[] = {
	VRF_ROW,
	SOURCE_ROW,
	PREFIX_ROW("A.B.C.D/nn"),
	{ .help = "Address whose route is asked for, or network",
		.type = &kw_ip,
		KW_AT(struct route_args, address),
		.group = 1,
		.sub = mask_kw,
		.param = "A.B.C.D" },
	KW_END,
};
static const struct kw ipv6_kw[] = {
	VRF_ROW,
	SOURCE_ROW,
	PREFIX_ROW("X:X:X:X::X/<0-128>"),
	{ .help = "Address whose route is asked for",
		.type = &kw_ip,
		KW_AT(struct route_args, address),
		.group = 1,
		.param = "X:X:X:X::X" },
	KW_END,
};

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show ip route",
		  .help = "IP routing table",
		  .kw = ipv4_kw,
		  .size = sizeof(struct route_args),
		  .level = 1 },
		.flags = EXEC_SHOW | EXEC_DEVICE | EXEC_ROUTING,
		.run = show_ip_route },
	{ .cmd = { .words = "show ipv6 route",
		  .help = "IPv6 routing table",
		  .kw = ipv6_kw,
		  .size = sizeof(struct route_args),
		  .level = 1 },
		.flags = EXEC_SHOW | EXEC_DEVICE | EXEC_ROUTING,
		.run = show_ipv6_route },
};

void
show_routes_register(struct cli *cli)
{
	cli_word(cli, "show ipv6", "IPv6 information");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
