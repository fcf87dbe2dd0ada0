/*
 * Detector neighbor-discovery: CDP and LLDP neighbors, as lldpd tells of them (peers/lldp.h), and the links to them,
 * as the kernel does (net/links.h).
 */
#include "detect/daemons.h"
#include "detect/detector.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/ifname.h"
#include "core/mem.h"
#include "core/regex.h"
#include "core/settings.h"
#include "core/text.h"
#include "detect/interfaces.h"
#include "detect/words.h"
#include "net/links.h"
#include "peers/lldp.h"

#define SOCKET "/run/lldpd.socket"

/* Bits of capabilities, each a variable of its own. */
enum { BITS = 32 };

enum { ALL = -1 };

struct neighbor_discovery_spec {
	struct spec_common common;
	struct kw_flag interface;
	struct kw_str ifname, regexp;
	struct kw_enum cdp, lldp, link, line;
};

static const struct kw_alternative changes[] = {
	{ "add", "A neighbor is new", LLDP_ADDED, false },
	{ "all", "Any change", ALL, false },
	{ "delete", "A neighbor is gone", LLDP_DELETED, false },
	{ "update", "A neighbor has changed", LLDP_UPDATED, false },
	{ NULL, NULL, 0, false },
};

enum link_state { ADMINDOWN, DELETED, DOWN, GOINGDOWN, INIT, RESET, TESTING, UP };

static const struct kw_alternative link_events[] = {
	{ "admindown", "Link is administratively down", ADMINDOWN, false },
	{ "all", "Any change", ALL, false },
	{ "deleted", "Link is deleted", DELETED, false },
	{ "down", "Link is down", DOWN, false },
	{ "goingdown", "Link is going down", GOINGDOWN, false },
	{ "init", "Link is initializing", INIT, false },
	{ "reset", "Link is reset", RESET, false },
	{ "testing", "Link is being tested", TESTING, false },
	{ "up", "Link is up", UP, false },
	{ NULL, NULL, 0, false },
};

static const char *const link_words[] = { "admindown", "deleted", "down", "goingdown", "init", "reset",
	"testing", "up" }; /* ORDER: enum link_state */

static const struct kw_alternative line_events[] = {
	{ "all", "Any change", ALL, false },
	{ "down", "Line protocol is down", DOWN, false },
	{ "up", "Line protocol is up", UP, false },
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
	WORDS_STR(struct neighbor_discovery_data, "_nd_notification", "cdp, lldp, link-event or line-event",
		notification),
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
	int link = a->link.set ? a->link.v : ALL;

	if (link == GOINGDOWN || link == RESET || link == TESTING) {
		err_set(err, ERR_REFUSED, "The kernel tells nothing of links that are '%s'",
			link_words[link]);
		err_hint(err, "it tells admindown, deleted, down, init and up");
		return false;
	}
	return a->cdp.set || a->lldp.set || a->link.set || a->line.set ||
	       words_missing(err, "one of 'cdp', 'lldp', 'link-event', 'line-event' is missing");
}

/* ---- who wants what ---- */

/* One armed statement. */
struct wanted {
	struct interfaces_wanted interfaces;
};

struct neighbor_discovery {
	struct engine *engine;
	struct regex_scratch *scratch;
	char *lack; /* what lldpd's part needs, or NULL */
	bool follows_links;
	unsigned neighbors; /* statements that need lldpd */
};

/* The part of a statement that may be asked for a kind of change. */
static bool
is_asked(const struct kw_enum *part, int what)
{
	return part->set && (part->v == ALL || part->v == what);
}

static bool
wants_interface(const struct neighbor_discovery *all, const struct spec *s, const char *interface)
{
	const struct wanted *w = s->private;

	return interfaces_want(&w->interfaces, all->scratch, interface);
}

/* ---- events: what all have ---- */

/* "Gi0/0/1" for GigabitEthernet0/0/1: two letters and what comes from the first digit on. */
static const char *
short_name(struct event *ev, const char *name)
{
	size_t letters = 0;

	while (isalpha((unsigned char)name[letters]) || name[letters] == '-')
		letters++;
	if (letters <= 4 || !isdigit((unsigned char)name[letters]))
		return event_str(ev, name);
	{
		char *out = event_room(ev, 2 + strlen(name + letters));

		memcpy(out, name, 2);
		strcpy(out + 2, name + letters);
		return out;
	}
}

static const char *
link_word(unsigned flags)
{
	return link_words[(flags & IFF_UP) == 0 ? ADMINDOWN : (flags & IFF_LOWER_UP) != 0 ? UP : DOWN];
}

static const char *
line_word(unsigned flags)
{
	return link_words[(flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0 ? UP : DOWN];
}

static struct event *
event_of(struct engine *e, const char *interface, const char *notification)
{
	struct event *ev = event_new(e, &detector_neighbor_discovery, NULL, NULL);
	struct neighbor_discovery_data *d = ev->data;
	const struct link *l = e->links == NULL ? NULL : links_find(e->links, interface);

	d->notification = notification;
	d->local_intf_name = event_str(ev, ifname_ios(e->settings, interface));
	d->short_local_intf_name = short_name(ev, d->local_intf_name);
	d->intf_linkstatus = l == NULL ? "" : link_word(l->flags);
	d->intf_linestatus = l == NULL ? "" : line_word(l->flags);
	return ev;
}

/* ---- neighbors ---- */

/*
 * CDP's own bits, as far as lldpd keeps them: it turns them into those of LLDP, and a switch, a transparent and a
 * source-route bridge are one there.
 */
static unsigned
cdp_bits(unsigned lldp)
{
	return ((lldp & LLDP_ROUTER) ? 0x01u : 0) | ((lldp & LLDP_BRIDGE) ? 0x08u : 0) |
	       ((lldp & LLDP_STATION) ? 0x10u : 0) | ((lldp & LLDP_REPEATER) ? 0x40u : 0) |
	       ((lldp & LLDP_TELEPHONE) ? 0x80u : 0);
}

struct bit_word {
	unsigned bit;
	const char *word;
};

static const struct bit_word cdp_words[] = { { 0x01, "Router" }, { 0x08, "Switch" }, { 0x10, "Host" },
	{ 0x40, "Repeater" }, { 0x80, "Phone" }, { 0, NULL } };
static const struct bit_word lldp_words[] = { { LLDP_OTHER, "Other" }, { LLDP_REPEATER, "Repeater" },
	{ LLDP_BRIDGE, "Bridge" }, { LLDP_WLAN, "WLAN" }, { LLDP_ROUTER, "Router" },
	{ LLDP_TELEPHONE, "Telephone" }, { LLDP_DOCSIS, "DOCSIS" }, { LLDP_STATION, "Station" },
	{ 0, NULL } };

static const char *
words_of(struct event *ev, unsigned bits, const struct bit_word *w)
{
	struct text t;
	const char *out;

	text_init(&t, ev);
	for (; w->word != NULL; w++)
		if ((bits & w->bit) != 0)
			text_printf(&t, "%s%s", t.len > 0 ? " " : "", w->word);
	out = event_str(ev, t.s);
	mem_free(t.s);
	return out;
}

static const char *
hex(struct event *ev, unsigned bits)
{
	char room[16];

	snprintf(room, sizeof room, "0x%02X", bits);
	return event_str(ev, room);
}

static void
set_bits(int64_t to[BITS], unsigned bits)
{
	for (unsigned i = 0; i < BITS; i++)
		to[i] = (bits >> i) & 1;
}

/* lldpd keeps platform and version of CDP as one description, "PLATFORM running on\nVERSION". */
static void
fill_cdp(struct event *ev, const struct lldp_change *c)
{
	static const char between[] = " running on\n";
	struct neighbor_discovery_data *d = ev->data;
	const char *split = strstr(c->description, between);
	unsigned bits = cdp_bits(c->can | c->does);

	d->cdp_entry_name = event_str(ev, c->name);
	d->cdp_hold_time = c->ttl;
	d->cdp_mgmt_domain = "";
	d->cdp_platform = split == NULL ? event_str(ev, c->description)
					: event_strn(ev, c->description, (size_t)(split - c->description));
	d->cdp_version = split == NULL ? "" : event_str(ev, split + sizeof between - 1);
	d->cdp_capabilities_string = words_of(ev, bits, cdp_words);
	d->cdp_capabilities_bits = hex(ev, bits);
	set_bits(d->cdp_bit, bits);
}

static void
fill_lldp(struct event *ev, const struct lldp_change *c)
{
	struct neighbor_discovery_data *d = ev->data;

	d->lldp_chassis_id = event_str(ev, c->chassis);
	d->lldp_system_name = event_str(ev, c->name);
	d->lldp_system_description = event_str(ev, c->description);
	d->lldp_ttl = c->ttl;
	d->lldp_port_description = event_str(ev, c->port_description);
	d->lldp_system_capabilities_string = words_of(ev, c->can, lldp_words);
	d->lldp_enabled_capabilities_string = words_of(ev, c->does, lldp_words);
	d->lldp_system_capabilities_bits = hex(ev, c->can);
	d->lldp_enabled_capabilities_bits = hex(ev, c->does);
	d->lldp_capabilities_bits = d->lldp_system_capabilities_bits;
	set_bits(d->lldp_bit, c->can);
}

static struct event *
neighbor_event(struct engine *e, const struct lldp_change *c)
{
	static const char *const whats[] = { "add", "update", "delete" }; /* ORDER: enum lldp_what */
	struct event *ev = event_of(e, c->interface, c->is_cdp ? "cdp" : "lldp");
	struct neighbor_discovery_data *d = ev->data;

	d->protocol = c->is_cdp ? "cdp" : "lldp";
	d->proto_notif = whats[c->what];
	d->proto_new_entry = c->what == LLDP_ADDED;
	d->port_id = event_str(ev, c->port);
	if (c->is_cdp)
		fill_cdp(ev, c);
	else
		fill_lldp(ev, c);
	ev->source = "lldpd";
	return ev;
}

static void
on_neighbor(void *arg, const struct lldp_change *c)
{
	const struct neighbor_discovery *all = arg;
	struct engine *e = all->engine;
	struct event *ev = NULL;

	for (struct spec *s = bus_specs(e->bus, &detector_neighbor_discovery); s != NULL; s = s->next) {
		const struct neighbor_discovery_spec *a = s->args;

		if (!is_asked(c->is_cdp ? &a->cdp : &a->lldp, (int)c->what) ||
			!wants_interface(all, s, c->interface))
			continue;
		if (ev == NULL)
			ev = neighbor_event(e, c);
		bus_publish(e->bus, event_ref(ev), &s->id, 1);
	}
	event_unref(ev);
}

/* Links need no lldpd: beside them only a part of the statement waits. */
static void
lacks_lldpd(struct spec *s, const char *why)
{
	const struct neighbor_discovery_spec *a = s->args;
	const char *part = a->cdp.set && a->lldp.set ? "cdp and lldp" : a->cdp.set ? "cdp" : "lldp";

	spec_lacks_for(s, why, a->link.set || a->line.set ? part : NULL);
}

/* Only statements that ask for neighbors need lldpd. */
static void
on_lack(void *arg, const char *why)
{
	struct neighbor_discovery *all = arg;

	mem_free(all->lack);
	all->lack = mem_strdup(all, why);
	for (struct spec *s = bus_specs(all->engine->bus, &detector_neighbor_discovery); s != NULL;
		s = s->next) {
		const struct neighbor_discovery_spec *a = s->args;

		if (a->cdp.set || a->lldp.set)
			lacks_lldpd(s, why);
	}
}

/* ---- links ---- */

static void
publish_link(const struct neighbor_discovery *all, const struct link *l, bool of_line, enum link_state state)
{
	struct engine *e = all->engine;
	struct event *ev = NULL;
	struct neighbor_discovery_data *d;

	for (struct spec *s = bus_specs(e->bus, &detector_neighbor_discovery); s != NULL; s = s->next) {
		const struct neighbor_discovery_spec *a = s->args;

		if (!is_asked(of_line ? &a->line : &a->link, (int)state) || !wants_interface(all, s, l->name))
			continue;
		if (ev == NULL) {
			ev = event_of(e, l->name, of_line ? "line-event" : "link-event");
			d = ev->data;
			d->intf_linkstatus = of_line ? link_word(l->flags) : link_words[state];
			d->intf_linestatus = line_word(l->flags);
			ev->source = "kernel";
		}
		bus_publish(e->bus, event_ref(ev), &s->id, 1);
	}
	event_unref(ev);
}

static void
link_changed(void *arg, enum link_event what, const struct link *l, unsigned before)
{
	const struct neighbor_discovery *all = arg;
	bool was_up = (before & IFF_UP) != 0 && (before & IFF_RUNNING) != 0;
	bool is_up = what != LINK_GONE && (l->flags & IFF_UP) != 0 && (l->flags & IFF_RUNNING) != 0;

	if (what == LINK_NEW)
		publish_link(all, l, false, INIT);
	if (what == LINK_GONE)
		publish_link(all, l, false, DELETED);
	else if ((before & IFF_UP) != 0 && (l->flags & IFF_UP) == 0)
		publish_link(all, l, false, ADMINDOWN);
	else if ((l->flags & IFF_UP) != 0 && (((before ^ l->flags) & (IFF_UP | IFF_LOWER_UP)) != 0))
		publish_link(all, l, false, (l->flags & IFF_LOWER_UP) != 0 ? UP : DOWN);
	if (was_up != is_up)
		publish_link(all, l, true, is_up ? UP : DOWN);
}

/* ---- arming ---- */

void
neighbor_discovery_come(struct engine *e)
{
	const struct neighbor_discovery *all = *bus_detector_state(e->bus, &detector_neighbor_discovery);

	if (all->neighbors > 0 && daemons_are_read(e))
		lldp_watch(e->lldp, e->settings->lldpd != NULL ? e->settings->lldpd : SOCKET);
}

static bool
neighbor_discovery_arm(struct spec *s, struct err *err)
{
	const struct neighbor_discovery_spec *a = s->args;
	struct engine *e = s->engine;
	struct neighbor_discovery *all = *bus_detector_state(e->bus, &detector_neighbor_discovery);
	struct wanted *w = mem_new(s, struct wanted);

	if (!interfaces_wanted(w, e, &a->ifname, &a->regexp, &w->interfaces, err)) {
		mem_free(w);
		return false;
	}
	s->private = w;
	if ((a->link.set || a->line.set) && e->links == NULL)
		spec_lacks(s, "the kernel's netlink");
	if ((a->link.set || a->line.set) && !all->follows_links && e->links != NULL) {
		all->follows_links = true;
		links_on_change(all, e->links, link_changed, all);
	}
	if (a->cdp.set || a->lldp.set) {
		all->neighbors++;
		neighbor_discovery_come(e);
		if (all->lack != NULL)
			lacks_lldpd(s, all->lack);
	}
	return true;
}

static void
neighbor_discovery_disarm(struct spec *s)
{
	const struct neighbor_discovery_spec *a = s->args;
	struct neighbor_discovery *all = *bus_detector_state(s->engine->bus, &detector_neighbor_discovery);

	mem_free(s->private);
	s->private = NULL;
	if ((!a->cdp.set && !a->lldp.set) || --all->neighbors > 0)
		return;
	lldp_unwatch(s->engine->lldp);
	mem_free(all->lack);
	all->lack = NULL;
}

static bool
neighbor_discovery_start(struct engine *engine, struct err *err)
{
	struct neighbor_discovery *all = mem_new(engine->bus, struct neighbor_discovery);

	all->engine = engine;
	all->scratch = regex_scratch_new(all, REGEX_JIT);
	engine->lldp = lldp_new(all, engine, on_neighbor, on_lack, all);
	*bus_detector_state(engine->bus, &detector_neighbor_discovery) = all;
	return true;
}

const struct detector detector_neighbor_discovery = {
	.name = "neighbor-discovery",
	.help = "Neighbor Discovery event",
	.version = "01.00",
	.is_foreign = true,
	.kw = neighbor_discovery_kw,
	.spec_size = sizeof(struct neighbor_discovery_spec),
	.data_size = sizeof(struct neighbor_discovery_data),
	.fields = neighbor_discovery_fields,
	.key = "_nd_local_intf_name,_nd_port_id",
	.check = neighbor_discovery_check,
	.start = neighbor_discovery_start,
	.arm = neighbor_discovery_arm,
	.disarm = neighbor_discovery_disarm,
};
