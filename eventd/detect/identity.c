/*
 * Detector identity: authentication of what is attached to an interface (IEEE 802.1X), as hostapd tells of it
 * (peers/hostapd.h).
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
#include "peers/hostapd.h"

#define DIRECTORY "/run/hostapd"

enum { ALL, FAIL, SUCCESS };

struct identity_spec {
	struct spec_common common;
	struct kw_flag interface;
	struct kw_str ifname, regexp, mac, attribute;
	struct kw_enum authc, authz;
	struct kw_flag complete;
};

static const struct kw_alternative results[] = {
	{ "all", "Any result", ALL, false },
	{ "fail", "Failures", FAIL, false },
	{ "success", "Successes", SUCCESS, false },
	{ NULL, NULL, 0, false },
};

struct identity_data {
	const char *stage;
	const char *status;
	const char *interface;
	const char *mac;
};

static const struct event_field identity_fields[] = {
	WORDS_STR(struct identity_data, "_identity_stage", "Stage: authc or authz", stage),
	WORDS_STR(struct identity_data, "_identity_status", "Its result: success or fail", status),
	WORDS_STR(struct identity_data, "_identity_interface", "Interface", interface),
	WORDS_STR(struct identity_data, "_identity_mac", "MAC address", mac),
	EVENT_FIELDS_END,
};

WORDS_INTERFACES(interface_kw, struct identity_spec, ifname, regexp);

static const struct kw identity_kw[] = {
	{ .word = "interface",
		.help = "Interface",
		KW_AT(struct identity_spec, interface),
		.flags = KW_REQ,
		.sub = interface_kw },
	WORDS_CHOICE(struct identity_spec, "authc", "Authentication", authc, results),
	WORDS_CHOICE(struct identity_spec, "authz", "Authorization", authz, results),
	WORDS_FLAG(struct identity_spec, "authz-complete", "Authorization is complete", complete),
	WORDS_VALUE(struct identity_spec, "aaa-attribute", "Attribute that AAA gave", attribute, kw_string),
	WORDS_VALUE(struct identity_spec, "mac-address", "MAC addresses that match", mac, kw_pattern),
	SPEC_COMMON_ROWS(struct identity_spec),
	KW_END,
};

/* ---- what a statement wants ---- */

/* One armed statement. */
struct wanted {
	struct interfaces_wanted interfaces;
	struct regex *mac;
	char *attribute; /* as hostapd_attributes() names it; NULL: any, or none */
};

struct identity {
	struct engine *engine;
	struct regex_scratch *scratch;
	unsigned armed;
};

/* One thing that happened. */
struct happening {
	const char *interface;
	bool of_authz, good;
	char mac[sizeof "0011.2233.4455"]; /* as IOS writes it */
	const char *colons;                /* with colons */
	const char *answer;                /* of hostapd, or NULL */
	size_t answer_len;
};

static bool
is_asked(const struct kw_enum *part, const struct happening *h)
{
	return part->set && (part->v == ALL || part->v == (h->good ? SUCCESS : FAIL));
}

/* Without a word of stages: any of them. */
static bool
wants_stage(const struct identity_spec *a, const struct happening *h)
{
	if (!a->authc.set && !a->authz.set && !a->complete.set)
		return true;
	if (h->of_authz && h->good && a->complete.set)
		return true;
	return is_asked(h->of_authz ? &a->authz : &a->authc, h);
}

struct search {
	const char *name;
	bool found;
};

static void
look_for(void *arg, const char *name, const char *value)
{
	struct search *s = arg;

	s->found = s->found || strcmp(s->name, name) == 0;
}

static bool
wants(const struct identity *all, const struct spec *s, const struct happening *h)
{
	const struct wanted *w = s->private;
	struct search search = { .name = w->attribute };

	if (!wants_stage(s->args, h) || !interfaces_want(&w->interfaces, all->scratch, h->interface))
		return false;
	if (w->mac != NULL && regex_match(w->mac, all->scratch, h->mac, strlen(h->mac), NULL) != REGEX_YES &&
		regex_match(w->mac, all->scratch, h->colons, strlen(h->colons), NULL) != REGEX_YES)
		return false;
	if (w->attribute == NULL)
		return true;
	if (h->answer != NULL)
		hostapd_attributes(h->answer, h->answer_len, look_for, &search);
	return search.found;
}

/* ---- the event ---- */

static void
add_attribute(void *arg, const char *name, const char *value)
{
	char variable[96];

	snprintf(variable, sizeof variable, "_identity_%s", name);
	event_add(arg, variable, value);
}

static struct event *
event_of(struct engine *e, const struct happening *h)
{
	struct event *ev = event_new(e, &detector_identity, NULL, NULL);
	struct identity_data *d = ev->data;

	d->stage = h->of_authz ? "authz" : "authc";
	d->status = h->good ? "success" : "fail";
	d->interface = event_str(ev, ifname_ios(e->settings, h->interface));
	d->mac = event_str(ev, h->mac);
	if (h->answer != NULL)
		hostapd_attributes(h->answer, h->answer_len, add_attribute, ev);
	ev->source = "hostapd";
	return ev;
}

static void
on_notice(void *arg, const char *interface, const struct hostapd_notice *notice, const char *answer,
	size_t answer_len)
{
	const struct identity *all = arg;
	struct engine *e = all->engine;
	const char *m = notice->mac;
	struct happening h = { .interface = interface,
		.of_authz = notice->what == HOSTAPD_AUTHORIZED || notice->what == HOSTAPD_UNAUTHORIZED,
		.good = notice->what == HOSTAPD_AUTHORIZED || notice->what == HOSTAPD_SUCCESS,
		.colons = m,
		.answer = answer,
		.answer_len = answer_len };
	struct event *ev = NULL;

	snprintf(h.mac, sizeof h.mac, "%.2s%.2s.%.2s%.2s.%.2s%.2s", m, m + 3, m + 6, m + 9, m + 12, m + 15);
	for (struct spec *s = bus_specs(e->bus, &detector_identity); s != NULL; s = s->next) {
		if (!wants(all, s, &h))
			continue;
		if (ev == NULL)
			ev = event_of(e, &h);
		bus_publish(e->bus, event_ref(ev), &s->id, 1);
	}
	event_unref(ev);
}

static void
on_lack(void *arg, const char *why)
{
	const struct identity *all = arg;

	bus_detector_lacks(all->engine->bus, &detector_identity, why);
}

/* ---- arming ---- */

/* As hostapd_attributes() writes names. */
static char *
attribute_name(const void *ctx, const char *typed)
{
	char *name = mem_strdup(ctx, typed);

	for (char *c = name; *c != '\0'; c++)
		*c = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_';
	return name;
}

void
identity_come(struct engine *e)
{
	const struct identity *all = *bus_detector_state(e->bus, &detector_identity);

	if (all->armed > 0 && daemons_are_read(e))
		hostapd_watch(e->hostapd, e->settings->hostapd != NULL ? e->settings->hostapd : DIRECTORY);
}

static bool
identity_arm(struct spec *s, struct err *err)
{
	const struct identity_spec *a = s->args;
	struct engine *e = s->engine;
	struct identity *all = *bus_detector_state(e->bus, &detector_identity);
	struct wanted *w = mem_new(s, struct wanted);

	if (!interfaces_wanted(w, e, &a->ifname, &a->regexp, &w->interfaces, err) ||
		(a->mac.set && (w->mac = regex_new(w, a->mac.s, REGEX_EVENT, err)) == NULL)) {
		mem_free(w);
		return false;
	}
	if (a->attribute.set)
		w->attribute = attribute_name(w, a->attribute.s);
	s->private = w;
	all->armed++;
	identity_come(e);
	return true;
}

static void
identity_disarm(struct spec *s)
{
	struct identity *all = *bus_detector_state(s->engine->bus, &detector_identity);

	mem_free(s->private);
	s->private = NULL;
	if (--all->armed == 0)
		hostapd_unwatch(s->engine->hostapd);
}

static bool
identity_start(struct engine *engine, struct err *err)
{
	struct identity *all = mem_new(engine->bus, struct identity);

	all->engine = engine;
	all->scratch = regex_scratch_new(all, REGEX_JIT);
	engine->hostapd = hostapd_new(all, engine, on_notice, on_lack, all);
	*bus_detector_state(engine->bus, &detector_identity) = all;
	return true;
}

const struct detector detector_identity = {
	.name = "identity",
	.help = "Identity event",
	.version = "01.00",
	.is_foreign = true,
	.kw = identity_kw,
	.spec_size = sizeof(struct identity_spec),
	.data_size = sizeof(struct identity_data),
	.fields = identity_fields,
	.key = "_identity_interface,_identity_mac",
	.start = identity_start,
	.arm = identity_arm,
	.disarm = identity_disarm,
};
