/* Detector mat: addresses that a bridge of the kernel learns, and forgets. */
#include "detect/detector.h"

#include <stdio.h>
#include <string.h>

#include "core/ifname.h"
#include "core/loop.h"
#include "core/mem.h"
#include "detect/interfaces.h"
#include "detect/words.h"
#include "net/fdb.h"
#include "net/links.h"

struct mat_spec {
	struct spec_common common;
	struct kw_flag interface;
	struct kw_str ifname, regexp, mac;
	struct kw_enum type, use_db;
	struct kw_time hold_down;
};

static const struct kw_alternative types[] = {
	{ "add", "Entries that are learnt", 0, false },
	{ "delete", "Entries that go", 1, false },
	{ NULL, NULL, 0, false },
};

struct mat_data {
	const char *notification;
	const char *intf_name;
	const char *mac_address;
};

static const struct event_field mat_fields[] = {
	WORDS_STR(struct mat_data, "_mat_notification", "add or delete", notification),
	WORDS_STR(struct mat_data, "_mat_intf_name", "Interface", intf_name),
	WORDS_STR(struct mat_data, "_mat_mac_address", "MAC address", mac_address),
	EVENT_FIELDS_END,
};

WORDS_INTERFACES(interface_kw, struct mat_spec, ifname, regexp);

static const struct kw mat_kw[] = {
	{ .word = "interface", .help = "Interface", KW_AT(struct mat_spec, interface), .sub = interface_kw },
	WORDS_VALUE(struct mat_spec, "mac-address", "MAC addresses that match", mac, kw_pattern),
	WORDS_CHOICE(struct mat_spec, "type", "Kind of change", type, types),
	WORDS_VALUE(struct mat_spec, "hold-down", "Time before the policy runs", hold_down, kw_seconds,
		.min = USEC_PER_SEC, .max = WORDS_TIME_MAX),
	WORDS_CHOICE(struct mat_spec, "use-mat-db", "Use the MAC address table itself", use_db, words_yes_no),
	SPEC_COMMON_ROWS(struct mat_spec),
	KW_END,
};

static bool
mat_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct mat_spec *a = args;

	return a->interface.set || a->mac.set ||
	       words_missing(err, "one of 'interface', 'mac-address' is missing");
}

enum { ADDED, DELETED };

/* One armed statement. */
struct watcher {
	struct interfaces_wanted interfaces;
	struct regex *mac;
};

struct mat {
	struct engine *engine;
	struct fdb *fdb; /* NULL: nobody has asked yet */
	struct regex_scratch *scratch;
};

/* What waits for its hold-down. */
struct held {
	struct engine *engine;
	struct event *event;
	struct timer *timer;
	uint64_t id;
};

static bool
wants(const struct mat *all, const struct spec *s, bool added, const char *interface, const char *mac)
{
	const struct mat_spec *a = s->args;
	const struct watcher *w = s->private;

	if (a->type.set && a->type.v != (added ? ADDED : DELETED))
		return false;
	if (!interfaces_want(&w->interfaces, all->scratch, interface))
		return false;
	return w->mac == NULL || regex_match(w->mac, all->scratch, mac, strlen(mac), NULL) == REGEX_YES;
}

static void
on_held(void *arg)
{
	struct held *h = arg;

	bus_publish(h->engine->bus, event_ref(h->event), &h->id, 1);
	mem_free(h);
}

static int
held_free(void *ptr)
{
	event_unref(((struct held *)ptr)->event);
	return 0;
}

/* Ends with the statement, whose private state it belongs to. */
static void
hold(struct spec *s, struct event *ev, usec time)
{
	struct held *h = mem_new(s->private, struct held);

	h->engine = s->engine;
	h->event = event_ref(ev);
	h->id = s->id;
	mem_on_free(h, held_free);
	h->timer = timer_after(h, s->engine->loop, time, on_held, h);
}

static void
changed(void *arg, bool added, const struct fdb_entry *entry)
{
	struct mat *all = arg;
	struct engine *e = all->engine;
	const struct link *port = links_by_index(e->links, entry->port);
	const unsigned char *m = entry->key.mac;
	struct event *ev = NULL;
	struct mat_data *d;
	char mac[16];

	if (port == NULL)
		return;
	snprintf(mac, sizeof mac, "%02x%02x.%02x%02x.%02x%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	for (struct spec *s = bus_specs(e->bus, &detector_mat); s != NULL; s = s->next) {
		const struct mat_spec *a = s->args;

		if (!wants(all, s, added, port->name, mac))
			continue;
		if (ev == NULL) {
			ev = event_new(e, &detector_mat, NULL, NULL);
			d = ev->data;
			d->notification = added ? "add" : "delete";
			d->intf_name = event_str(ev, ifname_ios(e->settings, port->name));
			d->mac_address = event_str(ev, mac);
			ev->source = "bridge";
		}
		if (a->hold_down.set)
			hold(s, ev, a->hold_down.v);
		else
			bus_publish(e->bus, event_ref(ev), &s->id, 1);
	}
	event_unref(ev);
}

static bool
mat_arm(struct spec *s, struct err *err)
{
	const struct mat_spec *a = s->args;
	struct mat *all = *bus_detector_state(s->engine->bus, &detector_mat);
	struct watcher *w = mem_new(s, struct watcher);

	if (all->fdb == NULL) {
		all->fdb = fdb_of(s->engine, err);
		if (all->fdb != NULL)
			fdb_on_change(all, all->fdb, changed, all);
	}
	if (all->fdb == NULL ||
		!interfaces_wanted(w, s->engine, &a->ifname, &a->regexp, &w->interfaces, err) ||
		(a->mac.set && (w->mac = regex_new(w, a->mac.s, REGEX_EVENT, err)) == NULL)) {
		mem_free(w);
		return false;
	}
	s->private = w;
	return true;
}

static void
mat_disarm(struct spec *s)
{
	mem_free(s->private);
	s->private = NULL;
}

static bool
mat_start(struct engine *engine, struct err *err)
{
	struct mat *all = mem_new(engine->bus, struct mat);

	all->engine = engine;
	all->scratch = regex_scratch_new(all, REGEX_JIT);
	*bus_detector_state(engine->bus, &detector_mat) = all;
	return true;
}

const struct detector detector_mat = {
	.name = "mat",
	.help = "MAC address table event",
	.version = "01.00",
	.kw = mat_kw,
	.spec_size = sizeof(struct mat_spec),
	.data_size = sizeof(struct mat_data),
	.fields = mat_fields,
	.key = "_mat_mac_address",
	.awaited = true,
	.check = mat_check,
	.start = mat_start,
	.arm = mat_arm,
	.disarm = mat_disarm,
};
