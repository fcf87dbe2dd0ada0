/*
 * Detector routing-neighbor: adjacencies of FRR's routing daemons and sessions of its bfdd, coming up and going down
 * (peers/frr/frr.h). IOS has no such event; its applets read the messages, which are logged as well.
 */
#include "detect/daemons.h"
#include "detect/detector.h"

#include <string.h>

#include "core/ifname.h"
#include "core/mem.h"
#include "core/regex.h"
#include "core/settings.h"
#include "detect/interfaces.h"
#include "detect/words.h"
#include "peers/frr/frr.h"

#define DIRECTORY "/run/frr"

struct routing_neighbor_spec {
	struct spec_common common;
	struct kw_enum protocol, state;
	struct kw_flag neighbor, interface, vrf, all_vrfs, default_vrf;
	struct kw_str address, address_regexp, ifname, if_regexp, vrf_name;
	struct kw_int as;
};

enum { ALL = -1 };

static const struct kw_alternative protocols[] = {
	{ "all", "Any protocol", ALL, false },
	{ "bfd", "Sessions of BFD", ADJACENCY_BFD, false },
	{ "bgp", "BGP", ADJACENCY_BGP, false },
	{ "isis", "IS-IS", ADJACENCY_ISIS, false },
	{ "ospf", "OSPF", ADJACENCY_OSPF, false },
	{ "ospfv3", "OSPFv3", ADJACENCY_OSPFV3, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative kinds[] = {
	{ "all", "Anything", ALL, false },
	{ "change", "Between two states that are neither up nor down", ADJACENCY_CHANGE, false },
	{ "down", "The adjacency is lost", ADJACENCY_DOWN, false },
	{ "notification", "BGP: an error that one of both told the other", ADJACENCY_NOTIFICATION, false },
	{ "up", "The adjacency has come up", ADJACENCY_UP, false },
	{ NULL, NULL, 0, false },
};

struct routing_neighbor_data {
	const char *protocol;
	const char *address;
	const char *state;
	const char *old_state;
	const char *new_state;
	const char *reason;
	const char *notification;
	const char *direction;
	const char *vrf_name;
	const char *afi;
	const char *interface;
	const char *router_id;
	const char *hostname;
	int64_t as;
	int64_t local_as;
	int64_t discriminator;
	const char *level;
	int64_t process;
	const char *msg;
};

static const struct event_field routing_neighbor_fields[] = {
	WORDS_STR(struct routing_neighbor_data, "_neighbor_protocol", "bfd, bgp, isis, ospf or ospfv3",
		protocol),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_address",
		"Address of the neighbor; of IS-IS its name, of OSPFv3 its router ID", address),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_state", "up, down, change or notification", state),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_old_state", "State of the protocol before",
		old_state),
	WORDS_STR(
		struct routing_neighbor_data, "_neighbor_new_state", "State of the protocol now", new_state),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_reason", "Why", reason),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_notification",
		"BGP: code, subcode and text of the notification", notification),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_direction",
		"BGP: the notification was sent or received", direction),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_vrf_name", "VRF", vrf_name),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_afi", "ipv4 or ipv6", afi),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_interface", "Interface", interface),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_router_id",
		"BGP and OSPF: router ID of the neighbor", router_id),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_hostname",
		"BGP and IS-IS: the name that it says of itself", hostname),
	WORDS_INT(struct routing_neighbor_data, "_neighbor_as",
		"BGP: AS of the neighbor, 0 when it is not known", as),
	WORDS_INT(struct routing_neighbor_data, "_neighbor_local_as", "BGP: our AS", local_as),
	WORDS_INT(struct routing_neighbor_data, "_neighbor_discriminator", "BFD: local discriminator",
		discriminator),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_level", "IS-IS: level-1 or level-2", level),
	WORDS_INT(struct routing_neighbor_data, "_neighbor_process",
		"OSPF: number of FRR's instance, 0 when it has none", process),
	WORDS_STR(struct routing_neighbor_data, "_neighbor_msg", "The message of IOS, as it is logged", msg),
	EVENT_FIELDS_END,
};

WORDS_INTERFACES(interface_kw, struct routing_neighbor_spec, ifname, if_regexp);

static const struct kw neighbor_kw[] = {
	{ .word = "regexp",
		.help = "Neighbors whose address or name matches",
		.type = &kw_pattern,
		KW_AT(struct routing_neighbor_spec, address_regexp),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .help = "Address of the neighbor",
		.type = &kw_word,
		KW_AT(struct routing_neighbor_spec, address),
		.flags = KW_REQ,
		.group = 1 },
	KW_END,
};

static const struct kw vrf_kw[] = {
	{ .word = "all",
		.help = "All VRFs",
		KW_AT(struct routing_neighbor_spec, all_vrfs),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .word = "default",
		.help = "The default VRF",
		KW_AT(struct routing_neighbor_spec, default_vrf),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .word = "name",
		.help = "VRFs whose name matches",
		.type = &kw_pattern,
		KW_AT(struct routing_neighbor_spec, vrf_name),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	KW_END,
};

static const struct kw routing_neighbor_kw[] = {
	WORDS_CHOICE(struct routing_neighbor_spec, "protocol", "Routing protocol, or BFD", protocol,
		protocols, .flags = KW_REQ),
	{ .word = "neighbor",
		.help = "Neighbor",
		KW_AT(struct routing_neighbor_spec, neighbor),
		.sub = neighbor_kw },
	WORDS_VALUE(struct routing_neighbor_spec, "as", "AS of the BGP neighbor", as, kw_number, .min = 1,
		.max = UINT32_MAX),
	WORDS_CHOICE(struct routing_neighbor_spec, "state", "Kind of change", state, kinds, .dflt = ALL,
		.has_dflt = true),
	{ .word = "interface",
		.help = "Interface",
		KW_AT(struct routing_neighbor_spec, interface),
		.sub = interface_kw },
	{ .word = "vrf", .help = "VRF", KW_AT(struct routing_neighbor_spec, vrf), .sub = vrf_kw },
	SPEC_COMMON_ROWS(struct routing_neighbor_spec),
	KW_END,
};

static bool
routing_neighbor_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct routing_neighbor_spec *a = args;
	bool has_bgp = a->protocol.v == ALL || a->protocol.v == ADJACENCY_BGP;

	if (a->as.set && !has_bgp)
		return err_set(err, ERR_REFUSED, "Only BGP neighbors have an AS");
	if (a->state.set && a->state.v == ADJACENCY_NOTIFICATION && !has_bgp)
		return err_set(err, ERR_REFUSED, "Only BGP neighbors send notifications");
	if (a->interface.set && a->protocol.v == ADJACENCY_BGP && a->ifname.set)
		return err_set(err, ERR_REFUSED, "A BGP neighbor is known by its address: use 'neighbor'");
	return true;
}

/* ---- what a statement wants ---- */

/* One armed statement. */
struct wanted {
	struct interfaces_wanted interfaces;
	struct regex *address, *vrf;
};

struct routing_neighbor {
	struct engine *engine;
	struct regex_scratch *scratch;
};

static bool
matches(const struct routing_neighbor *all, struct regex *re, const char *s)
{
	return regex_match(re, all->scratch, s, strlen(s), NULL) == REGEX_YES;
}

static bool
wants_place(const struct routing_neighbor *all, const struct routing_neighbor_spec *a, const struct wanted *w,
	const struct adjacency *is)
{
	if (a->address.set && strcasecmp(a->address.s, is->neighbor) != 0)
		return false;
	if (w->address != NULL && !matches(all, w->address, is->neighbor))
		return false;
	if (a->interface.set && !interfaces_want(&w->interfaces, all->scratch, is->interface))
		return false;
	if (w->vrf != NULL)
		return matches(all, w->vrf, is->vrf);
	return !a->default_vrf.set || strcmp(is->vrf, "default") == 0;
}

static bool
wants(const struct routing_neighbor *all, const struct spec *s, const struct adjacency *is)
{
	const struct routing_neighbor_spec *a = s->args;

	if (a->protocol.v != ALL && a->protocol.v != (int)is->protocol)
		return false;
	if (a->state.set && a->state.v != ALL && a->state.v != (int)is->kind)
		return false;
	if (a->as.set && a->as.v != is->as)
		return false;
	return wants_place(all, a, s->private, is);
}

/* ---- the event ---- */

static const char *
message_text(struct event *ev, struct engine *e, const struct adjacency *is)
{
	struct text *text = text_new(ev), *whole = text_new(ev);
	struct adjacency_message m;

	if (adjacency_message(is, e->settings, &m, text))
		text_printf(whole, "%%%s-%d-%s: %s", m.facility, m.severity, m.mnemonic, text->s);
	return event_str(ev, whole->s);
}

static struct event *
event_of(struct engine *e, const struct adjacency *is)
{
	struct event *ev = event_new(e, &detector_routing_neighbor, NULL, NULL);
	struct routing_neighbor_data *d = ev->data;

	d->protocol = adjacency_protocol_word(is->protocol);
	d->address = event_str(ev, is->neighbor);
	d->state = adjacency_kind_word(is->kind);
	d->old_state = event_str(ev, is->from);
	d->new_state = event_str(ev, is->to);
	d->reason = event_str(ev, is->reason);
	d->notification = event_str(ev, is->notification);
	d->direction = event_str(ev, is->sent);
	d->vrf_name = event_str(ev, is->vrf);
	d->afi = event_str(ev, is->afi);
	d->interface = event_str(ev, ifname_ios(e->settings, is->interface));
	d->router_id = event_str(ev, is->router_id);
	d->hostname = event_str(ev, is->hostname);
	d->as = is->as;
	d->local_as = is->local_as;
	d->discriminator = is->discriminator;
	d->level = event_str(ev, is->level);
	d->process = is->process;
	d->msg = message_text(ev, e, is);
	ev->source = "frr";
	return ev;
}

static void
changed(void *arg, const struct adjacency *is)
{
	const struct routing_neighbor *all = arg;
	struct engine *e = all->engine;
	struct event *ev = NULL;

	for (struct spec *s = bus_specs(e->bus, &detector_routing_neighbor); s != NULL; s = s->next) {
		if (!wants(all, s, is))
			continue;
		if (ev == NULL)
			ev = event_of(e, is);
		bus_publish(e->bus, event_ref(ev), &s->id, 1);
	}
	event_unref(ev);
}

static void
on_lack(void *arg, const char *why)
{
	const struct routing_neighbor *all = arg;

	bus_detector_lacks(all->engine->bus, &detector_routing_neighbor, why);
}

/* ---- arming ---- */

void
routing_neighbor_come(struct engine *e)
{
	const char *dir = e->settings->frr != NULL ? e->settings->frr : DIRECTORY;

	frr_follow(e->frr, strcmp(dir, "none") == 0 ? NULL : dir);
}

static bool
routing_neighbor_arm(struct spec *s, struct err *err)
{
	const struct routing_neighbor_spec *a = s->args;
	struct wanted *w = mem_new(s, struct wanted);

	if (!interfaces_wanted(w, s->engine, &a->ifname, &a->if_regexp, &w->interfaces, err) ||
		(a->address_regexp.set &&
			(w->address = regex_new(w, a->address_regexp.s, REGEX_EVENT, err)) == NULL) ||
		(a->vrf_name.set && (w->vrf = regex_new(w, a->vrf_name.s, REGEX_EVENT, err)) == NULL)) {
		mem_free(w);
		return false;
	}
	s->private = w;
	return true;
}

static void
routing_neighbor_disarm(struct spec *s)
{
	mem_free(s->private);
	s->private = NULL;
}

static bool
routing_neighbor_start(struct engine *engine, struct err *err)
{
	struct routing_neighbor *all = mem_new(engine->bus, struct routing_neighbor);

	all->engine = engine;
	all->scratch = regex_scratch_new(all, REGEX_JIT);
	engine->frr = frr_new(all, engine);
	frr_on_change(engine->frr, changed, all);
	frr_on_lack(engine->frr, on_lack, all);
	*bus_detector_state(engine->bus, &detector_routing_neighbor) = all;
	return true;
}

const struct detector detector_routing_neighbor = {
	.name = "routing-neighbor",
	.help = "Routing neighbor event",
	.version = "01.00",
	.kw = routing_neighbor_kw,
	.spec_size = sizeof(struct routing_neighbor_spec),
	.data_size = sizeof(struct routing_neighbor_data),
	.fields = routing_neighbor_fields,
	.key = "_neighbor_protocol,_neighbor_vrf_name,_neighbor_address",
	.check = routing_neighbor_check,
	.start = routing_neighbor_start,
	.arm = routing_neighbor_arm,
	.disarm = routing_neighbor_disarm,
};
