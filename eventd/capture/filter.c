/* Reads `match` and translates it for libpcap. */
#include "capture/filter.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"

/* ---- values ---- */

static void
print_str(const struct kw *row, const void *src, struct text *out)
{
	text_add(out, ((const struct kw_str *)src)->s);
}

static bool
equal_str(const void *a, const void *b)
{
	return strcmp(((const struct kw_str *)a)->s, ((const struct kw_str *)b)->s) == 0;
}

static bool
store_str(const void *ctx, void *dst, const char *s)
{
	*(struct kw_str *)dst = (struct kw_str){ .set = true, .s = mem_strdup(ctx, s) };
	return true;
}

/* "192.0.2.0/24": the address must have no bits behind its length, or libpcap refuses it. */
static bool
parse_prefix(int family, const char *what, const void *ctx, const struct kw_token *token, void *dst,
	struct err *err)
{
	unsigned char address[16];
	char text[64], *end;
	const char *slash = strchr(token->text, '/');
	unsigned long bits, all = family == AF_INET ? 32 : 128;

	if (slash == NULL || (size_t)(slash - token->text) >= sizeof text)
		return err_set(err, ERR_RANGE, "%s", what);
	snprintf(text, sizeof text, "%.*s", (int)(slash - token->text), token->text);
	bits = strtoul(slash + 1, &end, 10);
	if (inet_pton(family, text, address) != 1 || slash[1] < '0' || slash[1] > '9' || *end != '\0' ||
		bits > all)
		return err_set(err, ERR_RANGE, "%s", what);
	for (unsigned long bit = bits; bit < all; bit++)
		address[bit / 8] &= (unsigned char)~(0x80u >> bit % 8);
	inet_ntop(family, address, text, sizeof text - 5);
	snprintf(text + strlen(text), 5, "/%lu", bits);
	return store_str(ctx, dst, text);
}

static bool
parse_prefix4(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_prefix(AF_INET, "an IPv4 prefix such as 192.0.2.0/24", ctx, t, dst, err);
}

static bool
parse_prefix6(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_prefix(AF_INET6, "an IPv6 prefix such as 2001:db8::/32", ctx, t, dst, err);
}

static bool
parse_host(
	int family, const char *what, const void *ctx, const struct kw_token *t, void *dst, struct err *err)
{
	unsigned char address[16];

	if (inet_pton(family, t->text, address) != 1)
		return err_set(err, ERR_RANGE, "%s", what);
	return store_str(ctx, dst, t->text);
}

static bool
parse_host4(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_host(AF_INET, "an IPv4 address", ctx, t, dst, err);
}

static bool
parse_host6(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_host(AF_INET6, "an IPv6 address", ctx, t, dst, err);
}

static bool
parse_mac(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	unsigned a, b, c;
	int n = 0;
	char text[16];

	if (sscanf(t->text, "%4x.%4x.%4x%n", &a, &b, &c, &n) != 3 || t->text[n] != '\0' ||
		strspn(t->text, "0123456789abcdefABCDEF.") != strlen(t->text))
		return err_set(err, ERR_RANGE, "a MAC address such as 0011.2233.4455");
	snprintf(text, sizeof text, "%04x.%04x.%04x", a, b, c);
	return store_str(ctx, dst, text);
}

static void
sample_prefix4(const struct kw *row, struct rng *rng, struct text *out)
{
	text_printf(out, "10.%d.0.0/%d", (int)rng_below(rng, 256), 16 + (int)rng_below(rng, 17));
}
static void
sample_prefix6(const struct kw *row, struct rng *rng, struct text *out)
{
	text_printf(out, "2001:db8:%x::/%d", (unsigned)rng_below(rng, 65536), 48 + (int)rng_below(rng, 81));
}
static void
sample_host4(const struct kw *row, struct rng *rng, struct text *out)
{
	text_printf(out, "192.0.2.%d", (int)rng_below(rng, 256));
}
static void
sample_host6(const struct kw *row, struct rng *rng, struct text *out)
{
	text_printf(out, "2001:db8::%x", 1 + (unsigned)rng_below(rng, 65535));
}
static void
sample_mac(const struct kw *row, struct rng *rng, struct text *out)
{
	for (int i = 0; i < 3; i++)
		text_printf(out, "%s%04x", i > 0 ? "." : "", (unsigned)rng_below(rng, 65536));
}

#define STRING_TYPE(type_, param_, parse_, sample_)              \
	static const struct kw_type type_ = { .param = (param_), \
		.name = (param_),                                \
		.size = sizeof(struct kw_str),                   \
		.parse = (parse_),                               \
		.print = print_str,                              \
		.equal = equal_str,                              \
		.sample = (sample_) }

STRING_TYPE(kw_prefix4, "A.B.C.D/nn", parse_prefix4, sample_prefix4);
STRING_TYPE(kw_prefix6, "X:X:X:X::X/<0-128>", parse_prefix6, sample_prefix6);
STRING_TYPE(kw_host4, "A.B.C.D", parse_host4, sample_host4);
STRING_TYPE(kw_host6, "X:X:X:X::X", parse_host6, sample_host6);
STRING_TYPE(kw_mac, "H.H.H", parse_mac, sample_mac);

/* IP protocols by name or number. */
static const struct {
	const char *name;
	int number;
} protocols[] = { { "tcp", 6 }, { "udp", 17 }, { "icmp", 1 }, { "icmpv6", 58 }, { "ospf", 89 }, { "gre", 47 },
	{ "esp", 50 }, { "sctp", 132 } };
#define PROTOCOLS (sizeof protocols / sizeof *protocols)

static bool
parse_protocol(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	char *end;
	long number = strtol(t->text, &end, 10);
	struct kw_int *out = dst;

	for (size_t i = 0; i < PROTOCOLS; i++)
		if (strcasecmp(t->text, protocols[i].name) == 0) {
			*out = (struct kw_int){ true, protocols[i].number };
			return true;
		}
	if (end == t->text || *end != '\0' || number < 0 || number > 255)
		return err_set(
			err, ERR_RANGE, "tcp, udp, another protocol's name, or a number from 0 to 255");
	*out = (struct kw_int){ true, number };
	return true;
}

static void
print_protocol(const struct kw *row, const void *src, struct text *out)
{
	const struct kw_int *p = src;

	for (size_t i = 0; i < PROTOCOLS; i++)
		if (protocols[i].number == p->v) {
			text_add(out, protocols[i].name);
			return;
		}
	text_printf(out, "%" PRId64, p->v);
}

static bool
equal_protocol(const void *a, const void *b)
{
	return ((const struct kw_int *)a)->v == ((const struct kw_int *)b)->v;
}

static void
sample_protocol(const struct kw *row, struct rng *rng, struct text *out)
{
	text_add(out, protocols[rng_below(rng, PROTOCOLS)].name);
}

static const struct kw_type kw_protocol = { .param = "tcp|udp|<0-255>",
	.name = "protocol",
	.size = sizeof(struct kw_int),
	.parse = parse_protocol,
	.print = print_protocol,
	.equal = equal_protocol,
	.sample = sample_protocol };

/* ---- grammar ---- */

#define AT(field_) .at = offsetof(struct filter_args, field_)
enum { GROUP_END = 1, GROUP_PORT = 2 };

#define PORT_ROW(word_, help_, field_, ...)                                                               \
	{                                                                                                 \
		.word = (word_), .help = (help_), .type = &kw_number, AT(field_), .min = 0, .max = 65535, \
		.flags = KW_SEQ, .group = GROUP_PORT, __VA_ARGS__                                         \
	}
#define PORT_ROWS(end_, range_)                                                                  \
	PORT_ROW("eq", "This port", end_.eq), PORT_ROW("neq", "Any other port", end_.neq),       \
		PORT_ROW("lt", "Lower ports", end_.lt), PORT_ROW("gt", "Higher ports", end_.gt), \
		PORT_ROW("range", "Ports from ... to", end_.from, .sub = (range_))
#define RANGE_KW(name_, end_)                                          \
	static const struct kw name_[] = { { .help = "Last port",      \
						   .type = &kw_number, \
						   AT(end_.to),        \
						   .min = 0,           \
						   .max = 65535,       \
						   .flags = KW_REQ },  \
		KW_END }
/* One side: a prefix, a host, or any; `then` follows it. */
#define END_ROWS(end_, whose_, host_, prefix_, then_)                                         \
	{ .word = "any",                                                                      \
		.help = "Any " whose_ " address",                                             \
		AT(end_.any),                                                                 \
		.flags = KW_SEQ,                                                              \
		.group = GROUP_END,                                                           \
		.sub = (then_) },                                                             \
		{ .word = "host",                                                             \
			.help = "One " whose_ " address",                                     \
			.type = &(host_),                                                     \
			AT(end_.host),                                                        \
			.flags = KW_SEQ,                                                      \
			.group = GROUP_END,                                                   \
			.sub = (then_) },                                                     \
	{                                                                                     \
		.help = "Prefix of the " whose_ " address", .type = &(prefix_), AT(end_.net), \
		.flags = KW_SEQ | KW_REQ, .group = GROUP_END, .sub = (then_)                  \
	}

RANGE_KW(source_to_kw, source);
RANGE_KW(destination_to_kw, destination);

static const struct kw destination_ports_kw[] = { PORT_ROWS(destination, destination_to_kw), KW_END };

static const struct kw after_source4_kw[] = { PORT_ROWS(source, source_to_kw),
	END_ROWS(destination, "destination", kw_host4, kw_prefix4, destination_ports_kw), KW_END };
static const struct kw after_source6_kw[] = { PORT_ROWS(source, source_to_kw),
	END_ROWS(destination, "destination", kw_host6, kw_prefix6, destination_ports_kw), KW_END };

#define PROTOCOL_ROW                                                                           \
	{                                                                                      \
		.word = "protocol", .help = "IP protocol", .type = &kw_protocol, AT(protocol), \
		.flags = KW_SEQ                                                                \
	}

static const struct kw ipv4_kw[] = { PROTOCOL_ROW,
	END_ROWS(source, "source", kw_host4, kw_prefix4, after_source4_kw), KW_END };
static const struct kw ipv6_kw[] = { PROTOCOL_ROW,
	END_ROWS(source, "source", kw_host6, kw_prefix6, after_source6_kw), KW_END };

#define MASK_KW(name_, end_, then_)                                                \
	static const struct kw name_[] = { { .help = "Bits that are not compared", \
						   .type = &kw_mac,                \
						   AT(end_.mask),                  \
						   .flags = KW_REQ,                \
						   .sub = (then_) },               \
		KW_END }
#define MAC_ROWS(end_, whose_, masked_, then_)                                                             \
	{ .word = "any",                                                                                   \
		.help = "Any " whose_ " address",                                                          \
		AT(end_.any),                                                                              \
		.flags = KW_SEQ,                                                                           \
		.group = GROUP_END,                                                                        \
		.sub = (then_) },                                                                          \
		{ .word = "host",                                                                          \
			.help = "One " whose_ " address",                                                  \
			.type = &kw_mac,                                                                   \
			AT(end_.host),                                                                     \
			.flags = KW_SEQ,                                                                   \
			.group = GROUP_END,                                                                \
			.sub = (then_) },                                                                  \
	{                                                                                                  \
		.help = "Address of the " whose_, .type = &kw_mac, AT(end_.mac), .flags = KW_SEQ | KW_REQ, \
		.group = GROUP_END, .sub = (masked_)                                                       \
	}

MASK_KW(destination_mask_kw, destination, NULL);
static const struct kw mac_destination_kw[] = {
	MAC_ROWS(destination, "destination", destination_mask_kw, NULL), KW_END
};
MASK_KW(source_mask_kw, source, mac_destination_kw);
static const struct kw mac_kw[] = { MAC_ROWS(source, "source", source_mask_kw, mac_destination_kw), KW_END };

static const struct kw pktlen_kw[] = {
	{ .word = "max", .help = "Longest packet", .type = &kw_number, AT(max), .min = 1, .max = 65535 },
	{ .word = "min", .help = "Shortest packet", .type = &kw_number, AT(min), .min = 1, .max = 65535 },
	KW_END,
};

const struct kw filter_kw[] = {
	{ .word = "any", .help = "All packets", AT(any), .flags = KW_SEQ | KW_REQ, .group = 1 },
	{ .word = "ipv4", .help = "IPv4 packets", AT(ipv4), .flags = KW_SEQ, .group = 1, .sub = ipv4_kw },
	{ .word = "ipv6", .help = "IPv6 packets", AT(ipv6), .flags = KW_SEQ, .group = 1, .sub = ipv6_kw },
	{ .word = "mac",
		.help = "Frames by MAC address",
		AT(mac),
		.flags = KW_SEQ,
		.group = 1,
		.sub = mac_kw },
	{ .word = "pktlen-range",
		.help = "Packets by length",
		AT(pktlen),
		.flags = KW_SEQ,
		.group = 1,
		.sub = pktlen_kw },
	KW_END,
};

/* ---- translation ---- */

static void
and_if_needed(struct text *out)
{
	text_add(out, out->len > 0 ? " and " : "");
}

static bool
has_ports(const struct filter_end *e)
{
	return e->eq.set || e->neq.set || e->lt.set || e->gt.set || e->from.set;
}

static bool
add_range(struct text *out, const char *side, int64_t from, int64_t to, struct err *err)
{
	if (from > to)
		return err_set(err, ERR_INVALID, "the port range is empty");
	and_if_needed(out);
	text_printf(out, "%s portrange %" PRId64 "-%" PRId64, side, from, to);
	return true;
}

static bool
add_ports(struct text *out, const char *side, const struct filter_end *e, struct err *err)
{
	if (e->eq.set)
		return add_range(out, side, e->eq.v, e->eq.v, err);
	if (e->lt.set)
		return add_range(out, side, 0, e->lt.v - 1, err);
	if (e->gt.set)
		return add_range(out, side, e->gt.v + 1, 65535, err);
	if (e->from.set)
		return add_range(out, side, e->from.v, e->to.v, err);
	if (e->neq.set) {
		and_if_needed(out);
		text_printf(out, "not %s port %" PRId64, side, e->neq.v);
	}
	return true;
}

static void
add_address(struct text *out, const char *side, const struct filter_end *e)
{
	if (!e->host.set && !e->net.set)
		return;
	and_if_needed(out);
	text_printf(out, "%s %s %s", side, e->host.set ? "host" : "net", e->host.set ? e->host.s : e->net.s);
}

static bool
build_ip(const struct filter_args *f, struct text *out, struct err *err)
{
	bool ports = has_ports(&f->source) || has_ports(&f->destination);

	if (ports && (!f->protocol.set || (f->protocol.v != 6 && f->protocol.v != 17)))
		return err_set(err, ERR_INVALID, "ports need 'protocol tcp' or 'protocol udp'");
	text_add(out, f->ipv4.set ? "ip" : "ip6");
	if (f->protocol.set)
		text_printf(out, " proto %" PRId64, f->protocol.v);
	add_address(out, "src", &f->source);
	add_address(out, "dst", &f->destination);
	return add_ports(out, "src", &f->source, err) && add_ports(out, "dst", &f->destination, err);
}

/* The address's 6 octets as a number. */
static uint64_t
mac_number(const char *s)
{
	unsigned a = 0, b = 0, c = 0;

	sscanf(s, "%x.%x.%x", &a, &b, &c);
	return (uint64_t)a << 32 | (uint64_t)b << 16 | c;
}

static void
add_mac(struct text *out, int offset, const struct filter_end *e)
{
	uint64_t value, care;

	if (e->any.set)
		return;
	value = mac_number(e->host.set ? e->host.s : e->mac.s);
	care = e->mask.set ? ~mac_number(e->mask.s) & 0xFFFFFFFFFFFF : 0xFFFFFFFFFFFF;
	and_if_needed(out);
	text_printf(out,
		"ether[%d:4] & 0x%08" PRIx64 " = 0x%08" PRIx64 " and ether[%d:2] & 0x%04" PRIx64
		" = 0x%04" PRIx64,
		offset, care >> 16, (value & care) >> 16, offset + 4, care & 0xFFFF, value & care & 0xFFFF);
}

bool
filter_build(const struct filter_args *f, struct text *out, struct err *err)
{
	if (f->ipv4.set || f->ipv6.set)
		return build_ip(f, out, err);
	if (f->mac.set) {
		add_mac(out, 6, &f->source);
		add_mac(out, 0, &f->destination);
	}
	if (f->min.set && f->max.set && f->min.v > f->max.v)
		return err_set(err, ERR_INVALID, "the length range is empty");
	if (f->pktlen.set && !f->min.set && !f->max.set)
		return err_set(err, ERR_INCOMPLETE, "pktlen-range needs max, min, or both");
	if (f->min.set)
		text_printf(out, "greater %" PRId64, f->min.v);
	if (f->max.set) {
		and_if_needed(out);
		text_printf(out, "less %" PRId64, f->max.v);
	}
	return true;
}

/* ---- show ---- */

static const char *
address_of(const struct filter_end *e)
{
	return e->host.set ? e->host.s : e->net.set ? e->net.s : e->mac.set ? e->mac.s : "any";
}

static void
describe_ports(struct text *out, const char *label, const struct filter_end *e)
{
	if (e->from.set)
		text_printf(out, "    %s port: range %" PRId64 " %" PRId64 "\n", label, e->from.v, e->to.v);
	else if (has_ports(e))
		text_printf(out, "    %s port: %s %" PRId64 "\n", label,
			e->eq.set    ? "eq"
			: e->neq.set ? "neq"
			: e->lt.set  ? "lt"
				     : "gt",
			e->eq.set    ? e->eq.v
			: e->neq.set ? e->neq.v
			: e->lt.set  ? e->lt.v
				     : e->gt.v);
}

static void
describe_ip(const struct filter_args *f, struct text *out)
{
	text_printf(
		out, "   %s \n    Source IP:  %s\n", f->ipv4.set ? "IPv4" : "IPv6", address_of(&f->source));
	describe_ports(out, "Source", &f->source);
	text_printf(out, "    Destination IP:  %s\n", address_of(&f->destination));
	describe_ports(out, "Destination", &f->destination);
	text_add(out, "   Protocol: ");
	if (f->protocol.set)
		print_protocol(NULL, &f->protocol, out);
	else
		text_add(out, "any");
	text_addc(out, '\n');
}

static void
describe_mac(struct text *out, const char *label, const struct filter_end *e)
{
	text_printf(out, "    %s MAC:  %s%s%s\n", label, address_of(e), e->mask.set ? " " : "",
		e->mask.set ? e->mask.s : "");
}

void
filter_describe(const struct filter_args *f, struct text *out)
{
	if (f->ipv4.set || f->ipv6.set)
		describe_ip(f, out);
	else if (f->mac.set) {
		text_add(out, "   MAC \n");
		describe_mac(out, "Source", &f->source);
		describe_mac(out, "Destination", &f->destination);
	} else if (f->pktlen.set) {
		text_add(out, "   Packet length");
		if (f->min.set)
			text_printf(out, " from %" PRId64, f->min.v);
		if (f->max.set)
			text_printf(out, " to %" PRId64, f->max.v);
		text_add(out, "\n");
	} else
		text_add(out, "    Capture all packets\n");
}
