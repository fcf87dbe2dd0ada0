/* Reads what follows `match`. */
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

void
filter_print_protocol(const struct kw *row, const void *src, struct text *out)
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
	.print = filter_print_protocol,
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
