/* The configuration of tracked objects. */
#include "track/rows.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "core/ifname.h"
#include "core/mem.h"

static const char mode[] = "config-track";

enum { ORDER_TRACK = 7900, DELAY_MAX = 180 };

/* ---- track N WHAT ---- */

#define WORD(word_, help_, field_)                                                                       \
	{                                                                                                \
		.word = word_, .help = help_, KW_AT(struct track_args, field_), .flags = KW_REQ | KW_SEQ \
	}
/* One of several, and one of them must be there. */
#define ONE(word_, help_, field_, ...)                                                                    \
	{                                                                                                 \
		.word = word_, .help = help_, KW_AT(struct track_args, field_), .flags = KW_REQ | KW_SEQ, \
		.group = 1, __VA_ARGS__                                                                   \
	}

static const struct kw routing_kw[] = {
	WORD("routing", "IP routing", ip_routing_),
	KW_END,
};

static const struct kw routing6_kw[] = {
	WORD("routing", "IPv6 routing", ipv6_routing_),
	KW_END,
};

static const struct kw interface_kw[] = {
	ONE("line-protocol", "Track the line protocol", line_protocol),
	ONE("ip", "IP parameters", ip_routing, .sub = routing_kw),
	ONE("ipv6", "IPv6 parameters", ipv6_routing, .sub = routing6_kw),
	KW_END,
};

static const struct kw metric_kw[] = {
	WORD("threshold", "Track the threshold of the metric", threshold),
	KW_END,
};

#define WHAT_OF_ROUTE                                                          \
	ONE("reachability", "Track whether the route is there", reachability), \
		ONE("metric", "Track the metric of the route", metric, .sub = metric_kw)

static bool
network_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	unsigned char raw[16];

	if (inet_pton(AF_INET, t->text, raw) == 1)
		return kw_word_parse(ctx, row, t, dst, err);
	if (strpbrk(t->text, ":$") != NULL)
		return err_set(err, ERR_RANGE, "an IPv4 network, such as 192.0.2.0");
	return kw_prefix.parse(ctx, row, t, dst, err);
}

static bool
network6_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	if (strchr(t->text, ':') == NULL || strchr(t->text, '$') != NULL)
		return err_set(err, ERR_RANGE, "an IPv6 prefix, such as 2001:db8::/32");
	return kw_prefix.parse(ctx, row, t, dst, err);
}

static bool
is_mask(const char *s)
{
	struct in_addr a;
	uint32_t bits;

	if (inet_pton(AF_INET, s, &a) != 1)
		return false;
	bits = ~ntohl(a.s_addr);
	return (bits & (bits + 1)) == 0;
}

static bool
mask_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	if (!is_mask(t->text))
		return err_set(err, ERR_RANGE, "a network mask, such as 255.255.255.0");
	return kw_word_parse(ctx, row, t, dst, err);
}

static void
mask_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	text_add(out, "255.255.0.0");
}

static void
network_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	text_add(out, "192.0.0.0");
}

static const struct kw_type network_type = {
	.param = "A.B.C.D|A.B.C.D/nn",
	.name = "network",
	.size = sizeof(struct kw_str),
	.parse = network_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = network_sample,
};

static void
network6_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	text_add(out, "2001:db8::/32");
}

static const struct kw_type network6_type = {
	.param = "X:X:X:X::X/<0-128>",
	.name = "network6",
	.size = sizeof(struct kw_str),
	.parse = network6_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = network6_sample,
};

static const struct kw_type mask_type = {
	.param = "A.B.C.D",
	.name = "mask",
	.size = sizeof(struct kw_str),
	.parse = mask_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = mask_sample,
};

static const struct kw route_kw[] = {
	{ .help = "Network mask", .type = &mask_type, KW_AT(struct track_args, mask), .flags = KW_SEQ },
	WHAT_OF_ROUTE,
	KW_END,
};

static const struct kw route6_kw[] = {
	WHAT_OF_ROUTE,
	KW_END,
};

static const struct kw sla_kw[] = {
	{ .word = "reachability",
		.help = "Up for OK and over threshold",
		KW_AT(struct track_args, sla_reachability),
		.flags = KW_SEQ,
		.group = 1 },
	{ .word = "state",
		.help = "Up for OK only",
		KW_AT(struct track_args, sla_state),
		.flags = KW_SEQ,
		.group = 1 },
	KW_END,
};

static const struct kw sla_number_kw[] = {
	{ .word = "sla",
		.help = "IP SLA operation",
		.type = &kw_number,
		KW_AT(struct track_args, sla),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.min = 1,
		.max = INT32_MAX,
		.sub = sla_kw },
	{ .word = "route",
		.help = "IP route",
		.type = &network_type,
		KW_AT(struct track_args, network),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.sub = route_kw },
	KW_END,
};

static const struct kw ipv6_kw[] = {
	{ .word = "route",
		.help = "IPv6 route",
		.type = &network6_type,
		KW_AT(struct track_args, network),
		.flags = KW_REQ | KW_SEQ,
		.sub = route6_kw },
	KW_END,
};

static const struct kw boolean_kw[] = {
	ONE("and", "Up when all objects are", and),
	ONE("or", "Up when one object is", or),
	KW_END,
};

static const struct kw threshold_kw[] = {
	ONE("percentage", "Threshold of the percentage of objects that are up", percentage),
	ONE("weight", "Threshold of the sum of weights", weight),
	KW_END,
};

static const struct kw list_kw[] = {
	ONE("boolean", "Boolean expression", boolean, .sub = boolean_kw),
	ONE("threshold", "Threshold", list_threshold, .sub = threshold_kw),
	KW_END,
};

/* Entered again, an object needs its number only. */
#define OPTIONAL(word_, help_, field_, ...)                                                                  \
	{                                                                                                    \
		.word = word_, .help = help_, KW_AT(struct track_args, field_), .group = 1, .flags = KW_SEQ, \
		__VA_ARGS__                                                                                  \
	}

static const struct kw track_kw[] = {
	{ .help = "Tracked object",
		.type = &kw_number,
		KW_AT(struct track_args, number),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = TRACKED_MAX },
	OPTIONAL("interface", "Select an interface to track", interface, .type = &kw_ifname,
		.sub = interface_kw),
	OPTIONAL("ip", "IP protocol", ip, .sub = sla_number_kw),
	OPTIONAL("ipv6", "IPv6 protocol", ipv6, .sub = ipv6_kw),
	OPTIONAL("list", "Group objects in a list", list, .sub = list_kw),
	OPTIONAL("stub-object", "Stub tracking object", stub),
	KW_END,
};

static unsigned
prefix_of_mask(const char *mask)
{
	struct in_addr a;

	inet_pton(AF_INET, mask, &a);
	return (unsigned)__builtin_popcount(a.s_addr);
}

static void
mask_of_prefix(unsigned prefix, char out[INET_ADDRSTRLEN])
{
	struct in_addr a = { .s_addr = prefix == 0 ? 0 : htonl(0xffffffffu << (32 - prefix)) };

	inet_ntop(AF_INET, &a, out, INET_ADDRSTRLEN);
}

struct track_args *
track_args_copy(const void *ctx, const struct track_args *from)
{
	struct track_args *a = mem_new(ctx, struct track_args);

	*a = *from;
	a->interface.s = mem_strdup(a, from->interface.s);
	a->network.s = mem_strdup(a, from->network.s);
	if (from->mask.set)
		a->network.s = mem_printf(a, "%s/%u", from->network.s, prefix_of_mask(from->mask.s));
	return a;
}

/* A network has nothing behind its length; IOS says so in these words. */
static bool
is_consistent(int family, const char *address, unsigned prefix, struct err *err)
{
	unsigned char raw[16] = { 0 };

	inet_pton(family, address, raw);
	for (unsigned i = prefix; i < (family == AF_INET ? 32u : 128u); i++)
		if ((raw[i / 8] & 0x80u >> i % 8) != 0)
			return err_set(err, ERR_REFUSED, "Inconsistent address and mask");
	return true;
}

static bool
adopt_network6(struct track_args *a, struct err *err)
{
	const char *slash = strchr(a->network.s, '/');
	const char *address = mem_strndup(a, a->network.s, (size_t)(slash - a->network.s));

	return is_consistent(AF_INET6, address, (unsigned)strtoul(slash + 1, NULL, 10), err);
}

/* Gi0/0/1 is GigabitEthernet0/0/1; what is nobody's alias, and the kernel's own names, stay. */
static char *
whole_name(const struct settings *s, const void *ctx, const char *typed)
{
	const char *kernel = ifname_kernel(s, typed);

	return mem_strdup(ctx, strcmp(kernel, typed) == 0 ? typed : ifname_ios(s, kernel));
}

/* An IPv4 network is kept as IOS prints it, with its mask; an interface with its whole name. */
static bool
track_adopt(struct engine *e, void *args, struct err *err)
{
	struct track_args *a = args;
	const char *slash = a->network.set ? strchr(a->network.s, '/') : NULL;
	char mask[INET_ADDRSTRLEN];

	if (a->interface.set && e->settings != NULL)
		a->interface.s = whole_name(e->settings, a, a->interface.s);
	if (!a->network.set)
		return true;
	if (strchr(a->network.s, ':') != NULL)
		return adopt_network6(a, err);
	if (slash == NULL && !a->mask.set) {
		err_set(err, ERR_INCOMPLETE, "Incomplete command.");
		err_hint(err, "a network mask, or the network as A.B.C.D/nn");
		return false;
	}
	if (slash != NULL && a->mask.set)
		return err_set(err, ERR_REFUSED, "A length and a mask: one is enough");
	if (slash == NULL)
		return is_consistent(AF_INET, a->network.s, prefix_of_mask(a->mask.s), err);
	mask_of_prefix((unsigned)strtoul(slash + 1, NULL, 10), mask);
	a->mask.set = true;
	a->mask.s = mem_strdup(a, mask);
	a->network.s = mem_strndup(a, a->network.s, (size_t)(slash - a->network.s));
	return is_consistent(AF_INET, a->network.s, prefix_of_mask(a->mask.s), err);
}

static bool
track_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	const struct track_args *a = n->args;
	bool what = a->stub.set || a->interface.set || a->network.set || a->sla.set || a->list.set;

	if (!what) {
		err_set(err, ERR_INCOMPLETE, "Incomplete command.");
		err_hint(err, "there is no object %u: say what it tracks, as 'track %u stub-object'",
			(unsigned)a->number.v, (unsigned)a->number.v);
		return false;
	}
	/* Its type may be another than when the lines below were typed. */
	for (const struct conf_node *c = n->first; c != NULL; c = c->next)
		if (c->row->place != NULL && !c->row->place(e, n, c->args, err))
			return false;
	return true;
}

static bool
track_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	tracks_apply(e->tracks, old, new);
	return true;
}

/* ---- the lines below ---- */

static const struct kw delay_kw[] = {
	{ .word = "down",
		.help = "Delay of going down",
		.type = &kw_number,
		KW_AT(struct track_delay_args, down),
		.max = DELAY_MAX },
	{ .word = "up",
		.help = "Delay of coming up",
		.type = &kw_number,
		KW_AT(struct track_delay_args, up),
		.max = DELAY_MAX },
	KW_END,
};

static bool
delay_adopt(struct engine *e, void *args, struct err *err)
{
	const struct track_delay_args *a = args;

	if (a->up.set || a->down.set)
		return true;
	err_set(err, ERR_INCOMPLETE, "Incomplete command.");
	err_hint(err, "'up' or 'down' with seconds is missing");
	return false;
}

static const struct kw_alternative states[] = {
	{ "down", "Default state is down", TRACKED_DOWN, false },
	{ "up", "Default state is up", TRACKED_UP, false },
	{ NULL, NULL, 0, false },
};

static const struct kw default_kw[] = {
	{ .help = "Default state",
		.type = &kw_choice,
		KW_AT(struct track_default_args, state),
		.flags = KW_REQ,
		.choices = states },
	KW_END,
};

static const struct kw vrf_kw[] = {
	{ .help = "VRF name",
		.type = &kw_word,
		KW_AT(struct track_vrf_args, name),
		.flags = KW_REQ,
		.param = "WORD" },
	KW_END,
};

static const struct kw object_kw[] = {
	{ .help = "Tracked object",
		.type = &kw_number,
		KW_AT(struct track_member_args, number),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = TRACKED_MAX },
	{ .word = "not",
		.help = "Invert the state of the object",
		KW_AT(struct track_member_args, not ),
		.group = 1 },
	{ .word = "weight",
		.help = "Weight of the object",
		.type = &kw_number,
		KW_AT(struct track_member_args, weight),
		.min = 1,
		.max = 255,
		.group = 1 },
	KW_END,
};

#define KIND(word_, help_, field_)                                                        \
	{                                                                                 \
		.word = word_, .help = help_, KW_AT(struct track_threshold_args, field_), \
		.flags = KW_REQ | KW_SEQ, .group = 1                                      \
	}

static const struct kw limits_kw[] = {
	KIND("metric", "Metric threshold", metric),
	KIND("percentage", "Percentage threshold", percentage),
	KIND("weight", "Weight threshold", weight),
	{ .word = "up",
		.help = "Up threshold",
		.type = &kw_number,
		KW_AT(struct track_threshold_args, up),
		.max = 255 },
	{ .word = "down",
		.help = "Down threshold",
		.type = &kw_number,
		KW_AT(struct track_threshold_args, down),
		.max = 255 },
	KW_END,
};

static bool
limits_adopt(struct engine *e, void *args, struct err *err)
{
	const struct track_threshold_args *a = args;

	if (!a->up.set && !a->down.set) {
		err_set(err, ERR_INCOMPLETE, "Incomplete command.");
		err_hint(err, "'up' or 'down' with a number is missing");
		return false;
	}
	if (a->percentage.set && (a->up.v > 100 || a->down.v > 100))
		return err_set(err, ERR_RANGE, "A percentage is a number from 0 to 100");
	if (a->metric.set && a->up.set && a->up.v > 254)
		return err_set(err, ERR_RANGE, "'up' of a metric is a number from 0 to 254");
	if (a->up.set && a->down.set && (a->metric.set ? a->down.v <= a->up.v : a->down.v >= a->up.v))
		return err_set(err, ERR_REFUSED,
			a->metric.set ? "The down threshold of a metric is above the up threshold"
				      : "The down threshold is below the up threshold");
	return true;
}

/* A line that the object above it has no use for. */
static bool
misplaced(const struct conf_node *parent, const char *words, struct err *err)
{
	const struct track_args *a = parent->args;

	return err_set(err, ERR_REFUSED, "'%s' is not for this type of tracked object (track %u)", words,
		(unsigned)a->number.v);
}

static bool
default_place(struct engine *e, const struct conf_node *parent, const void *args, struct err *err)
{
	const struct track_args *a = parent->args;

	return a->stub.set || a->sla.set || misplaced(parent, "default-state", err);
}

static bool
carrier_place(struct engine *e, const struct conf_node *parent, const void *args, struct err *err)
{
	const struct track_args *a = parent->args;

	if (!a->line_protocol.set)
		return misplaced(parent, "carrier-delay", err);
	return strchr(a->interface.s, '.') == NULL ||
	       err_set(err, ERR_REFUSED, "A sub-interface has no carrier of its own");
}

static bool
vrf_place(struct engine *e, const struct conf_node *parent, const void *args, struct err *err)
{
	const struct track_args *a = parent->args;

	return a->network.set || misplaced(parent, "ip vrf", err);
}

static bool
object_place(struct engine *e, const struct conf_node *parent, const void *args, struct err *err)
{
	const struct track_args *a = parent->args;
	const struct track_member_args *m = args;

	if (!a->list.set)
		return misplaced(parent, "object", err);
	if (m->not .set && !a->boolean.set)
		return misplaced(parent, "not", err);
	if (m->weight.set && !a->weight.set)
		return misplaced(parent, "weight", err);
	if (m->number.v == a->number.v)
		return err_set(err, ERR_REFUSED, "A tracked object cannot be a member of itself");
	return !track_leads_to(parent->parent, (uint32_t)m->number.v, (uint32_t)a->number.v) ||
	       err_set(err, ERR_REFUSED, "Track %u is a member of track %u, directly or through others",
		       (unsigned)a->number.v, (unsigned)m->number.v);
}

static bool
limits_place(struct engine *e, const struct conf_node *parent, const void *args, struct err *err)
{
	const struct track_args *a = parent->args;
	const struct track_threshold_args *t = args;

	return (t->metric.set && a->metric.set) || (t->weight.set && a->weight.set) ||
	       (t->percentage.set && a->percentage.set) || misplaced(parent, "threshold", err);
}

static const struct conf_mode track_mode = { .name = mode, .parent = "config" };

#define BELOW(words_, help_, kw_, type_, order_, ...)                                                     \
	{                                                                                                 \
		.cmd = { .words = words_, .help = help_, .kw = kw_, .size = sizeof(type_), .level = 15 }, \
		.mode = mode, .order = order_, __VA_ARGS__                                                \
	}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "track",
		  .help = "Object tracking configuration commands",
		  .kw = track_kw,
		  .size = sizeof(struct track_args),
		  .level = 15 },
		.mode = "config",
		.enters = mode,
		.order = ORDER_TRACK,
		.adopt = track_adopt,
		.check = track_check,
		.apply = track_apply },
	BELOW("carrier-delay", "Count a lost line protocol when the carrier stays away", NULL,
		struct track_default_args, 1, .place = carrier_place),
	BELOW("default-state", "Default state of the object", default_kw, struct track_default_args, 1,
		.place = default_place),
	BELOW("ip vrf", "VRF of the route", vrf_kw, struct track_vrf_args, 2, .place = vrf_place),
	BELOW("threshold", "Thresholds of the object", limits_kw, struct track_threshold_args, 4,
		.adopt = limits_adopt, .place = limits_place),
	BELOW("object", "Object to track", object_kw, struct track_member_args, 3, .place = object_place),
	BELOW("delay", "Delay until a change is reported", delay_kw, struct track_delay_args, 5,
		.adopt = delay_adopt),
};

bool
track_is_line(const struct conf_node *n, const char *words)
{
	return strcmp(n->row->cmd.words, words) == 0;
}

const void *
track_line(const struct conf_node *parent, const char *words)
{
	for (const struct conf_node *n = parent->first; n != NULL; n = n->next)
		if (track_is_line(n, words))
			return n->args;
	return NULL;
}

void
track_rows(struct conf *conf)
{
	conf_modes(conf, &track_mode, 1);
	conf_word(conf, mode, "ip", "IP parameters");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
}
