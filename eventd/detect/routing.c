/* Detector routing: changes of the kernel's routing tables (net/routes.h), whoever made them. */
#include "detect/detector.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/applet.h"
#include "core/ifname.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/regex.h"
#include "core/text.h"
#include "detect/words.h"
#include "net/links.h"
#include "net/routes.h"

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
	const char *slash = strchr(a->network.s, '/');
	const struct kw_int *lengths[] = { &a->ge, &a->le, &a->ne };

	for (size_t i = 0; i < 3; i++)
		if (is_ipv4 && lengths[i]->set && lengths[i]->v > 32)
			return err_set(err, ERR_REFUSED, "An IPv4 prefix has at most 32 bits");
	/* As IOS refuses a prefix list that nothing can match. */
	if ((a->ge.set && a->le.set && a->ge.v > a->le.v) ||
		(a->le.set && slash != NULL && a->le.v < strtol(slash + 1, NULL, 10)))
		return err_set(err, ERR_REFUSED,
			"Invalid prefix range for %s, make sure: len <= ge-value <= le-value", a->network.s);
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

/* ---- what a statement wants ---- */

/* One armed statement. */
struct wanted {
	int family;
	unsigned char raw[16];
	unsigned prefix;
	struct regex *vrf; /* of `vrf name RE` */
};

static bool
is_within(const unsigned char *raw, const unsigned char *network, unsigned bits)
{
	unsigned octets = bits / 8, rest = bits % 8;
	unsigned char mask = (unsigned char)(0xff00u >> rest);

	return memcmp(raw, network, octets) == 0 &&
	       (rest == 0 || ((raw[octets] ^ network[octets]) & mask) == 0);
}

/*
 * As a prefix list: the network itself, or with ge, le or ne every prefix inside it of such a length. IOS
 * takes 0.0.0.0/0 by itself for every prefix.
 */
static bool
wants_prefix(const struct routing_spec *a, const struct wanted *w, const struct route *r)
{
	unsigned n = r->key.prefix;

	if (w->family != r->key.family || !is_within(r->key.raw, w->raw, w->prefix) || n < w->prefix)
		return false;
	if (!a->ge.set && !a->le.set && !a->ne.set)
		return w->prefix == 0 || n == w->prefix;
	return (!a->ge.set || n >= (unsigned)a->ge.v) && (!a->le.set || n <= (unsigned)a->le.v) &&
	       (!a->ne.set || n != (unsigned)a->ne.v);
}

static bool
wants_vrf(
	const struct routing_spec *a, const struct wanted *w, struct regex_scratch *scratch, const char *vrf)
{
	if (a->all_vrfs.set)
		return true;
	if (w->vrf != NULL)
		return regex_match(w->vrf, scratch, vrf, strlen(vrf), NULL) == REGEX_YES;
	return strcmp(vrf, "default") == 0;
}

static bool
wants(const struct spec *s, struct regex_scratch *scratch, enum route_event what, const struct route *r,
	const char *protocol, const char *vrf)
{
	static const int types_of[] = { 1, 2, 3 }; /* ORDER: enum route_event */
	const struct routing_spec *a = s->args;
	const struct wanted *w = s->private;

	if (a->type.set && a->type.v != ALL && a->type.v != types_of[what])
		return false;
	if (a->protocol.set && a->protocol.v != ALL &&
		strcmp(word_of(protocols, a->protocol.v), protocol) != 0)
		return false;
	return wants_prefix(a, w, r) && wants_vrf(a, w, scratch, vrf);
}

/* ---- the event ---- */

struct routing {
	struct engine *engine;
	struct routes *routes; /* NULL: nobody has asked yet */
	struct regex_scratch *scratch;
};

static const char *
mask_text(struct event *ev, const struct route *r)
{
	unsigned char raw[16] = { 0 };
	char text[INET6_ADDRSTRLEN] = "";

	for (unsigned i = 0; i < r->key.prefix; i++)
		raw[i / 8] |= (unsigned char)(0x80u >> i % 8);
	inet_ntop(r->key.family, raw, text, sizeof text);
	return event_str(ev, text);
}

static const char *
address_text(struct event *ev, int family, const unsigned char *raw)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(family, raw, text, sizeof text);
	return event_str(ev, text);
}

static void
publish(struct engine *e, enum route_event what, const struct route *r, const char *protocol, const char *vrf,
	const uint64_t *ids, size_t n)
{
	static const char *const kinds[] = { "add", "modify", "remove" }; /* ORDER: enum route_event */
	struct event *ev = event_new(e, &detector_routing, NULL, NULL);
	struct routing_data *d = ev->data;
	const struct link *l = e->links == NULL ? NULL : links_by_index(e->links, r->hop.interface);
	char time[40];

	d->network = address_text(ev, r->key.family, r->key.raw);
	d->mask = mask_text(ev, r);
	d->prefix_len = r->key.prefix;
	d->protocol = event_str(ev, protocol);
	d->type = kinds[what];
	d->tag_name = "";
	d->vrf_name = event_str(ev, vrf);
	d->topo_name = "base";
	d->lastgateway = !r->hop.has_gateway
				 ? (r->key.family == AF_INET ? "0.0.0.0" : "::")
				 : address_text(ev, r->hop.gateway_v6 ? AF_INET6 : AF_INET, r->hop.gateway);
	d->distance = route_distance(r);
	d->time_sec = ev->wall / USEC_PER_SEC;
	d->time_msec = ev->wall % USEC_PER_SEC / USEC_PER_MSEC;
	snprintf(time, sizeof time, "%lld.%03d", (long long)d->time_sec, (int)d->time_msec);
	d->time = event_str(ev, time);
	d->metric = r->metric;
	d->lastinterface = l == NULL ? "" : event_str(ev, ifname_ios(e->settings, l->name));
	d->afi = r->key.family == AF_INET ? "ipv4" : "ipv6";
	ev->source = "routing";
	bus_publish(e->bus, ev, ids, n);
}

/*
 * A router's table has the best route of a prefix only: others come and go unseen, and one that takes its place is a
 * modification. False: nobody is told.
 */
static bool
concerns_best(const struct routing *all, enum route_event *what, const struct route **r)
{
	const struct route_key *k = &(*r)->key;
	const struct route *best = routes_find(all->routes, k->family, k->table, k->raw, k->prefix),
			   *second = NULL;

	if (*what == ROUTE_REMOVED) {
		if (best == NULL)
			return true;
		if (best->metric < (*r)->metric)
			return false;
		*what = ROUTE_MODIFIED;
		*r = best;
		return true;
	}
	if (best != NULL && best->metric < (*r)->metric)
		return false;
	for (const struct route *other = routes_first(all->routes, k); other != NULL; other = other->same)
		if (other != *r && other->active)
			second = other;
	if (second != NULL)
		*what = ROUTE_MODIFIED;
	return true;
}

static void
route_changed(void *arg, enum route_event what, const struct route *r)
{
	const struct routing *all = arg;
	struct engine *e = all->engine;
	char protocol_room[16], vrf_room[32];
	const char *protocol, *vrf;
	uint64_t *ids = NULL;
	size_t n = 0;

	if (clock_mono(e->clock) - e->started_mono < routing_bootup_delay(e) ||
		!concerns_best(all, &what, &r))
		return;
	protocol = route_protocol(r, protocol_room);
	vrf = routes_vrf_name(e, r->key.table, vrf_room);
	for (struct spec *s = bus_specs(e->bus, &detector_routing); s != NULL; s = s->next) {
		if (!wants(s, all->scratch, what, r, protocol, vrf))
			continue;
		/* Grows at the powers of two. */
		if ((n & (n - 1)) == 0)
			ids = mem_resize(e->bus, ids, (n ? 2 * n : 1) * sizeof *ids);
		ids[n++] = s->id;
	}
	if (n > 0)
		publish(e, what, r, protocol, vrf, ids, n);
	mem_free(ids);
}

/* ---- arming ---- */

static bool
routing_arm(struct spec *s, struct err *err)
{
	const struct routing_spec *a = s->args;
	struct routing *all = *bus_detector_state(s->engine->bus, &detector_routing);
	struct wanted *w;
	char *text, *slash;

	if (all->routes == NULL) {
		all->routes = routes_of(s->engine, err);
		if (all->routes == NULL)
			return err_wrap(err, "event detector routing");
		routes_on_change(all, all->routes, route_changed, all);
	}
	w = mem_new(s, struct wanted);
	text = mem_strdup(w, a->network.s);
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash = '\0';
	w->family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;
	w->prefix = slash == NULL ? 0 : (unsigned)strtoul(slash + 1, NULL, 10);
	if (slash == NULL || inet_pton(w->family, text, w->raw) != 1) { /* a $ that a variable brought in */
		err_set(err, ERR_REFUSED, "'%s' is no network", a->network.s);
		mem_free(w);
		return false;
	}
	if (a->vrf_name.set) {
		w->vrf = regex_new(w, a->vrf_name.s, REGEX_EVENT, err);
		if (w->vrf == NULL) {
			mem_free(w);
			return false;
		}
	}
	s->private = w;
	return true;
}

static void
routing_disarm(struct spec *s)
{
	mem_free(s->private);
	s->private = NULL;
}

static bool
routing_start(struct engine *engine, struct err *err)
{
	struct routing *all = mem_new(engine->bus, struct routing);

	all->engine = engine;
	all->scratch = regex_scratch_new(all, REGEX_JIT);
	*bus_detector_state(engine->bus, &detector_routing) = all;
	return true;
}

const struct detector detector_routing = {
	.name = "routing",
	.help = "Routing event",
	.version = "03.00",
	.kw = routing_kw,
	.spec_size = sizeof(struct routing_spec),
	.data_size = sizeof(struct routing_data),
	.fields = routing_fields,
	.key = "_routing_vrf_name,_routing_network,_routing_mask",
	.awaited = true,
	.check = routing_check,
	.start = routing_start,
	.arm = routing_arm,
	.disarm = routing_disarm,
	.describe = routing_describe,
};
