/* Detector neighbor-discovery: CDP and LLDP neighbors, and the links to them. */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"

/* Bits of capabilities, each a variable of its own. */
enum { BITS = 32 };

struct neighbor_discovery_spec {
	struct spec_common common;
	struct kw_flag interface;
	struct kw_str ifname, regexp;
	struct kw_enum cdp, lldp, link, line;
};

static const struct kw_alternative changes[] = {
	{ "add", "A neighbor is new", 0, false },
	{ "all", "Any change", 1, false },
	{ "delete", "A neighbor is gone", 2, false },
	{ "update", "A neighbor has changed", 3, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative link_events[] = {
	{ "admindown", "Link is administratively down", 0, false },
	{ "all", "Any change", 1, false },
	{ "deleted", "Link is deleted", 2, false },
	{ "down", "Link is down", 3, false },
	{ "goingdown", "Link is going down", 4, false },
	{ "init", "Link is initializing", 5, false },
	{ "reset", "Link is reset", 6, false },
	{ "testing", "Link is being tested", 7, false },
	{ "up", "Link is up", 8, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative line_events[] = {
	{ "all", "Any change", 0, false },
	{ "down", "Line protocol is down", 1, false },
	{ "up", "Line protocol is up", 2, false },
	{ NULL, NULL, 0, false },
};

struct neighbor_discovery_data {
	const char *notification;
	const char *intf_linkstatus;
	const char *intf_linestatus;
	const char *local_intf_name;
	const char *short_local_intf_name;
	const char *port_id;
	const char *protocol;
	const char *proto_notif;
	int64_t proto_new_entry;
	const char *cdp_entry_name;
	int64_t cdp_hold_time;
	const char *cdp_mgmt_domain;
	const char *cdp_platform;
	const char *cdp_version;
	const char *cdp_capabilities_string;
	const char *cdp_capabilities_bits;
	const char *lldp_chassis_id;
	const char *lldp_system_name;
	const char *lldp_system_description;
	int64_t lldp_ttl;
	const char *lldp_port_description;
	const char *lldp_system_capabilities_string;
	const char *lldp_enabled_capabilities_string;
	const char *lldp_system_capabilities_bits;
	const char *lldp_enabled_capabilities_bits;
	const char *lldp_capabilities_bits;
	int64_t cdp_bit[BITS], lldp_bit[BITS];
};

#define CDP_BIT(s_, n_)                                                                   \
	WORDS_INT(struct neighbor_discovery_data, "_nd_cdp_capabilities_bit" #s_ "_" #n_, \
		"CDP: capability " #n_, cdp_bit[n_])
#define LLDP_BIT(s_, n_)                                                                                     \
	WORDS_INT(struct neighbor_discovery_data, "_nd_lldp_capabilities_bit_" #n_, "LLDP: capability " #n_, \
		lldp_bit[n_])
#define EIGHT(bit_, s_, a_, b_, c_, d_, e_, f_, g_, h_)                                                   \
	bit_(s_, a_), bit_(s_, b_), bit_(s_, c_), bit_(s_, d_), bit_(s_, e_), bit_(s_, f_), bit_(s_, g_), \
		bit_(s_, h_)

static const struct event_field neighbor_discovery_fields[] = {
	WORDS_STR(struct neighbor_discovery_data, "_nd_notification", "Kind of notification", notification),
	WORDS_STR(
		struct neighbor_discovery_data, "_nd_intf_linkstatus", "State of the link", intf_linkstatus),
	WORDS_STR(
		struct neighbor_discovery_data, "_nd_intf_linestatus", "State of the line", intf_linestatus),
	WORDS_STR(struct neighbor_discovery_data, "_nd_local_intf_name", "Local interface", local_intf_name),
	WORDS_STR(struct neighbor_discovery_data, "_nd_short_local_intf_name", "Local interface, short",
		short_local_intf_name),
	WORDS_STR(struct neighbor_discovery_data, "_nd_port_id", "Port of the neighbor", port_id),
	WORDS_STR(struct neighbor_discovery_data, "_nd_protocol", "cdp or lldp", protocol),
	WORDS_STR(struct neighbor_discovery_data, "_nd_proto_notif", "add, update or delete", proto_notif),
	WORDS_INT(
		struct neighbor_discovery_data, "_nd_proto_new_entry", "1: a new neighbor", proto_new_entry),
	WORDS_STR(struct neighbor_discovery_data, "_nd_cdp_entry_name", "CDP: name of the neighbor",
		cdp_entry_name),
	WORDS_INT(struct neighbor_discovery_data, "_nd_cdp_hold_time", "CDP: hold time", cdp_hold_time),
	WORDS_STR(struct neighbor_discovery_data, "_nd_cdp_mgmt_domain", "CDP: management domain",
		cdp_mgmt_domain),
	WORDS_STR(struct neighbor_discovery_data, "_nd_cdp_platform", "CDP: platform", cdp_platform),
	WORDS_STR(struct neighbor_discovery_data, "_nd_cdp_version", "CDP: version", cdp_version),
	WORDS_STR(struct neighbor_discovery_data, "_nd_cdp_capabilities_string", "CDP: capabilities in words",
		cdp_capabilities_string),
	WORDS_STR(struct neighbor_discovery_data, "_nd_cdp_capabilities_bits", "CDP: capabilities as bits",
		cdp_capabilities_bits),
	WORDS_STR(struct neighbor_discovery_data, "_nd_lldp_chassis_id", "LLDP: chassis", lldp_chassis_id),
	WORDS_STR(struct neighbor_discovery_data, "_nd_lldp_system_name", "LLDP: name of the neighbor",
		lldp_system_name),
	WORDS_STR(struct neighbor_discovery_data, "_nd_lldp_system_description", "LLDP: description",
		lldp_system_description),
	WORDS_INT(struct neighbor_discovery_data, "_nd_lldp_ttl", "LLDP: time to live", lldp_ttl),
	WORDS_STR(struct neighbor_discovery_data, "_nd_lldp_port_description", "LLDP: port description",
		lldp_port_description),
	WORDS_STR(struct neighbor_discovery_data, "_nd_lldp_system_capabilities_string",
		"LLDP: capabilities in words", lldp_system_capabilities_string),
	WORDS_STR(struct neighbor_discovery_data, "_nd_lldp_enabled_capabilities_string",
		"LLDP: enabled capabilities in words", lldp_enabled_capabilities_string),
	WORDS_STR(struct neighbor_discovery_data, "_nd_lldp_system_capabilities_bits",
		"LLDP: capabilities as bits", lldp_system_capabilities_bits),
	WORDS_STR(struct neighbor_discovery_data, "_nd_lldp_enabled_capabilities_bits",
		"LLDP: enabled capabilities as bits", lldp_enabled_capabilities_bits),
	WORDS_STR(struct neighbor_discovery_data, "_nd_lldp_capabilities_bits", "LLDP: capabilities as bits",
		lldp_capabilities_bits),
	/* Both spellings of the CDP bits are found in documents. */
	EIGHT(CDP_BIT, , 0, 1, 2, 3, 4, 5, 6, 7),
	EIGHT(CDP_BIT, , 8, 9, 10, 11, 12, 13, 14, 15),
	EIGHT(CDP_BIT, , 16, 17, 18, 19, 20, 21, 22, 23),
	EIGHT(CDP_BIT, , 24, 25, 26, 27, 28, 29, 30, 31),
	EIGHT(CDP_BIT, s, 0, 1, 2, 3, 4, 5, 6, 7),
	EIGHT(CDP_BIT, s, 8, 9, 10, 11, 12, 13, 14, 15),
	EIGHT(CDP_BIT, s, 16, 17, 18, 19, 20, 21, 22, 23),
	EIGHT(CDP_BIT, s, 24, 25, 26, 27, 28, 29, 30, 31),
	EIGHT(LLDP_BIT, , 0, 1, 2, 3, 4, 5, 6, 7),
	EIGHT(LLDP_BIT, , 8, 9, 10, 11, 12, 13, 14, 15),
	EIGHT(LLDP_BIT, , 16, 17, 18, 19, 20, 21, 22, 23),
	EIGHT(LLDP_BIT, , 24, 25, 26, 27, 28, 29, 30, 31),
	EVENT_FIELDS_END,
};

WORDS_INTERFACES(interface_kw, struct neighbor_discovery_spec, ifname, regexp);

static const struct kw neighbor_discovery_kw[] = {
	{ .word = "interface",
		.help = "Interface",
		KW_AT(struct neighbor_discovery_spec, interface),
		.flags = KW_REQ,
		.sub = interface_kw },
	WORDS_CHOICE(struct neighbor_discovery_spec, "cdp", "CDP neighbors", cdp, changes),
	WORDS_CHOICE(struct neighbor_discovery_spec, "lldp", "LLDP neighbors", lldp, changes),
	WORDS_CHOICE(struct neighbor_discovery_spec, "link-event", "Changes of the link", link, link_events),
	WORDS_CHOICE(struct neighbor_discovery_spec, "line-event", "Changes of the line protocol", line,
		line_events),
	SPEC_COMMON_ROWS(struct neighbor_discovery_spec),
	KW_END,
};

static bool
neighbor_discovery_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct neighbor_discovery_spec *a = args;

	return a->cdp.set || a->lldp.set || a->link.set || a->line.set ||
	       words_missing(err, "one of 'cdp', 'lldp', 'link-event', 'line-event' is missing");
}

const struct detector detector_neighbor_discovery = {
	.name = "neighbor-discovery",
	.help = "Neighbor Discovery event",
	.version = "01.00",
	.kw = neighbor_discovery_kw,
	.spec_size = sizeof(struct neighbor_discovery_spec),
	.data_size = sizeof(struct neighbor_discovery_data),
	.fields = neighbor_discovery_fields,
	.awaited = true,
	.check = neighbor_discovery_check,
};
