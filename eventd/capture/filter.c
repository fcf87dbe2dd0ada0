/* Reads what follows `match`. */
#include "capture/filter.h"

#include "acl/values.h"

/* ---- grammar ---- */

#define AT(field_) .at = offsetof(struct filter_args, field_)
enum { GROUP_END = 1, GROUP_PORT = 2 };

#define PORT_ROW(word_, help_, field_, ...)                                                      \
	{                                                                                        \
		.word = (word_), .help = (help_), .type = &kw_port, AT(field_), .flags = KW_SEQ, \
		.group = GROUP_PORT, __VA_ARGS__                                                 \
	}
#define PORT_ROWS(end_, range_)                                                                  \
	PORT_ROW("eq", "This port", end_.eq), PORT_ROW("neq", "Any other port", end_.neq),       \
		PORT_ROW("lt", "Lower ports", end_.lt), PORT_ROW("gt", "Higher ports", end_.gt), \
		PORT_ROW("range", "Ports from ... to", end_.from, .sub = (range_))
#define RANGE_KW(name_, end_)                                                                   \
	static const struct kw name_[] = {                                                      \
		{ .help = "Last port", .type = &kw_port, AT(end_.to), .flags = KW_REQ }, KW_END \
	}
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
