/* Detector routing: changes of the routing table. */
#include "detect/detector.h"

#include <string.h>

#include "core/text.h"
#include "detect/words.h"

struct routing_spec {
	struct spec_common common;
	struct kw_str network;
	struct kw_int ge, le, ne;
	struct kw_enum protocol, type;
	struct kw_flag vrf, all_vrfs, default_vrf;
	struct kw_str vrf_name;
};

enum { ALL = 0 };

static const struct kw_alternative protocols[] = {
	{ "all", "Any protocol", ALL, false },
	{ "arp", "ARP", 1, false },
	{ "bgp", "BGP", 2, false },
	{ "connected", "Connected", 3, false },
	{ "eigrp", "EIGRP", 4, false },
	{ "isis", "IS-IS", 5, false },
	{ "lisp", "LISP", 6, false },
	{ "mobile", "Mobile", 7, false },
	{ "odr", "On demand routing", 8, false },
	{ "ospf", "OSPF", 9, false },
	{ "rip", "RIP", 10, false },
	{ "static", "Static routes", 11, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative types[] = {
	{ "add", "Routes that are added", 1, false },
	{ "all", "Any change", ALL, false },
	{ "modify", "Routes that change", 2, false },
	{ "remove", "Routes that are removed", 3, false },
	{ NULL, NULL, 0, false },
};

static const char *
word_of(const struct kw_alternative *a, int value)
{
	while (a->value != value)
		a++;
	return a->word;
}

static const struct kw vrf_kw[] = {
	{ .word = "all",
		.help = "All VRFs",
		KW_AT(struct routing_spec, all_vrfs),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .word = "default",
		.help = "The default VRF",
		KW_AT(struct routing_spec, default_vrf),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .word = "name",
		.help = "VRFs whose name matches",
		.type = &kw_pattern,
		KW_AT(struct routing_spec, vrf_name),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	KW_END,
};

#define LENGTH(word_, help_, field_) \
	WORDS_VALUE(struct routing_spec, word_, help_, field_, kw_number, .min = 0, .max = 128)

struct routing_data {
	const char *network;
	const char *mask;
	int64_t prefix_len;
	const char *protocol;
	const char *type;
	const char *tag_name;
	const char *vrf_name;
	const char *topo_name;
	const char *lastgateway;
	int64_t distance;
	const char *time;
	int64_t time_sec;
	int64_t time_msec;
	int64_t metric;
	const char *lastinterface;
	const char *afi;
};

static const struct event_field routing_fields[] = {
	WORDS_STR(struct routing_data, "_routing_network", "Network", network),
	WORDS_STR(struct routing_data, "_routing_mask", "Mask", mask),
	WORDS_INT(struct routing_data, "_routing_prefix_len", "Length of the prefix", prefix_len),
	WORDS_STR(struct routing_data, "_routing_protocol", "Protocol", protocol),
	WORDS_STR(struct routing_data, "_routing_type", "add, remove or modify", type),
	WORDS_STR(struct routing_data, "_routing_tag_name", "Tag", tag_name),
	WORDS_STR(struct routing_data, "_routing_vrf_name", "VRF", vrf_name),
	WORDS_STR(struct routing_data, "_routing_topo_name", "Topology", topo_name),
	WORDS_STR(struct routing_data, "_routing_lastgateway", "Gateway", lastgateway),
	WORDS_INT(struct routing_data, "_routing_distance", "Administrative distance", distance),
	WORDS_STR(struct routing_data, "_routing_time", "When it happened", time),
	WORDS_INT(struct routing_data, "_routing_time_sec", "The seconds of that", time_sec),
	WORDS_INT(struct routing_data, "_routing_time_msec", "The milliseconds of that", time_msec),
	WORDS_INT(struct routing_data, "_routing_metric", "Metric", metric),
	WORDS_STR(struct routing_data, "_routing_lastinterface", "Interface", lastinterface),
	WORDS_STR(struct routing_data, "_routing_afi", "Address family", afi),
	EVENT_FIELDS_END,
};

static const struct kw routing_kw[] = {
	WORDS_VALUE(struct routing_spec, "network", "Network prefix", network, kw_prefix, .flags = KW_REQ),
	LENGTH("ge", "Prefixes of this length and longer", ge),
	LENGTH("le", "Prefixes of this length and shorter", le),
	LENGTH("ne", "Prefixes of another length", ne),
	WORDS_CHOICE(struct routing_spec, "protocol", "Routing protocol", protocol, protocols, .dflt = ALL,
		.has_dflt = true),
	WORDS_CHOICE(
		struct routing_spec, "type", "Kind of change", type, types, .dflt = ALL, .has_dflt = true),
	{ .word = "vrf", .help = "VRF", KW_AT(struct routing_spec, vrf), .sub = vrf_kw },
	SPEC_COMMON_ROWS(struct routing_spec),
	KW_END,
};

static bool
routing_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct routing_spec *a = args;

	bool is_ipv4 = strchr(a->network.s, ':') == NULL;
	const struct kw_int *lengths[] = { &a->ge, &a->le, &a->ne };

	for (size_t i = 0; i < 3; i++)
		if (is_ipv4 && lengths[i]->set && lengths[i]->v > 32)
			return err_set(err, ERR_REFUSED, "An IPv4 prefix has at most 32 bits");
	return true;
}

static void
routing_describe(const struct spec *s, struct text *out)
{
	const struct routing_spec *a = s->args;

	text_printf(out, "network {%s} protocol %s type %s", a->network.s,
		word_of(protocols, a->protocol.set ? a->protocol.v : ALL),
		word_of(types, a->type.set ? a->type.v : ALL));
	if (a->ge.set)
		text_printf(out, " ge %lld", (long long)a->ge.v);
	if (a->le.set)
		text_printf(out, " le %lld", (long long)a->le.v);
	if (a->ne.set)
		text_printf(out, " ne %lld", (long long)a->ne.v);
	if (a->vrf.set)
		text_printf(out, " vrf %s",
			a->all_vrfs.set      ? "all"
			: a->default_vrf.set ? "default"
					     : a->vrf_name.s);
}

const struct detector detector_routing = {
	.name = "routing",
	.help = "Routing event",
	.version = "03.00",
	.kw = routing_kw,
	.spec_size = sizeof(struct routing_spec),
	.data_size = sizeof(struct routing_data),
	.fields = routing_fields,
	.awaited = true,
	.check = routing_check,
	.describe = routing_describe,
};
