/* Events: their memory, their variables by name, and their form as JSON. */
#include "bus/event.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"
#include "bus/correlate.h"
#include "bus/detector.h"
#include "core/engine.h"
#include "core/frame.h"
#include "core/mem.h"
#include "core/text.h"

enum { SHORT_TEXTS = 48 }; /* type, host name, a source */

const struct event_field event_common_fields[] = { { "_event_id", "Number of the event", FIELD_INT,
							   offsetof(struct event, number), 0 },
	{ "_event_type", "Number of the event's type", FIELD_INT, offsetof(struct event, type_number), 0 },
	{ "_event_type_string", "Type of the event", FIELD_STR, offsetof(struct event, type), 0 },
	{ "_event_pub_time", "When it was published", FIELD_TIME, offsetof(struct event, wall), 0 },
	{ "_event_pub_sec", "The seconds of that", FIELD_INT, offsetof(struct event, wall_sec), 0 },
	{ "_event_pub_msec", "The milliseconds of that", FIELD_INT, offsetof(struct event, wall_msec), 0 },
	{ "_event_severity", "Severity of the event", FIELD_STR, offsetof(struct event, severity), 0 },
	EVENT_FIELDS_END };

/* eem-language.md 4: the numbers behind $_event_type. */
static const char *const type_names[] = { "", "syslog", "cli", "timer absolute", "timer countdown",
	"timer cron", "timer watchdog", "none", "interface", "counter", "application", "track", "ipsla",
	"snmp", "snmp-notification", "snmp-object", "config", "routing", "oir", "env", "resource",
	"ioswdsysmon", "rf", "rpc", "identity", "mat", "neighbor-discovery", "nf", "gold", "nhrp", "multiple",
	"routing-neighbor" };

static const char *const origin_names[] = { "live", "replay", "simulated" }; /* ORDER: enum event_origin */

int64_t
event_type_number(const char *type)
{
	for (size_t i = 1; i < sizeof type_names / sizeof *type_names; i++)
		if (strcmp(type, type_names[i]) == 0)
			return (int64_t)i;
	return 0;
}

static void
event_stamp(struct event *ev, usec mono, usec wall)
{
	ev->mono = mono;
	ev->wall = wall;
	ev->wall_sec = wall / USEC_PER_SEC;
	ev->wall_msec = wall % USEC_PER_SEC / USEC_PER_MSEC;
}

struct event *
event_new(struct engine *engine, const struct detector *d, const char *type, struct cause *cause)
{
	/* A root context: an event outlives whoever published it. Data and texts stand behind it. */
	struct event *ev = mem_roomy(NULL, sizeof *ev, d->data_size + SHORT_TEXTS);

	ev->refs = 1;
	ev->data = mem_pack(ev, d->data_size);
	ev->detector = d;
	ev->type = event_str(ev, type ? type : d->name);
	ev->type_number = event_type_number(ev->type);
	ev->node = event_str(ev, engine_hostname(engine));
	ev->boot = engine->boot;
	ev->cause = cause_ref(cause);
	ev->depth = cause_depth(cause);
	ev->source = "";
	ev->severity = "severity-normal";
	event_stamp(ev, clock_mono(engine->clock), clock_wall(engine->clock));
	ev->doubted = d->is_foreign;
	return ev;
}

struct event *
event_ref(struct event *ev)
{
	ev->refs++;
	return ev;
}

void
event_unref(struct event *ev)
{
	if (ev == NULL || --ev->refs > 0)
		return;
	cause_unref(ev->cause);
	for (size_t i = 0; i < ev->nmembers; i++)
		event_unref(ev->members[i].event);
	event_unref(ev->of);
	mem_free(ev);
}

void
event_reserve(struct event *ev, size_t bytes)
{
	mem_reserve(ev, bytes);
}

char *
event_room(struct event *ev, size_t n)
{
	return mem_pack(ev, n + 1);
}

const char *
event_str(struct event *ev, const char *s)
{
	return mem_pack_str(ev, s);
}

const char *
event_strn(struct event *ev, const char *s, size_t n)
{
	return mem_pack_strn(ev, s, n);
}

static void
add_value(const struct event_field *f, const void *base, struct text *out)
{
	const char *at = (const char *)base + f->at;

	switch (f->type) {
	case FIELD_STR: {
		const char *s = *(const char *const *)(const void *)at;

		if (s == NULL)
			return;
		if (f->len_at)
			text_addn(out, s, *(const size_t *)(const void *)((const char *)base + f->len_at));
		else
			text_add(out, s);
		return;
	}
	case FIELD_INT:
		text_printf(out, "%" PRId64, *(const int64_t *)(const void *)at);
		return;
	case FIELD_TIME: {
		usec t = *(const usec *)(const void *)at;

		text_printf(
			out, "%" PRId64 ".%03d", t / USEC_PER_SEC, (int)(t % USEC_PER_SEC / USEC_PER_MSEC));
		return;
	}
	}
}

static const struct event_field *
field_find(const struct event_field *fields, const char *name)
{
	for (; fields && fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

void
event_set_members(struct event *ev, const struct event_member *v, size_t n)
{
	ev->members = mem_dup(ev, v, n * sizeof *v);
	ev->nmembers = n;
	for (size_t i = 0; i < n; i++) {
		ev->members[i].tag = event_str(ev, v[i].tag);
		event_ref(v[i].event);
	}
}

void
event_add(struct event *ev, const char *name, const char *value)
{
	size_t n = ev->nown;

	ev->own = mem_resize(ev, ev->own, (n + 2) * sizeof *ev->own);
	ev->own_values = mem_resize(ev, ev->own_values, (n + 1) * sizeof *ev->own_values);
	ev->own[n] = (struct event_field){ event_str(ev, name), "A variable of this event", FIELD_STR,
		n * sizeof *ev->own_values, 0 };
	ev->own[n + 1] = (struct event_field)EVENT_FIELDS_END;
	ev->own_values[n] = event_str(ev, value);
	ev->nown++;
}

/* Of the detector's table, or of the event's own. */
static const struct event_field *
field_of(const struct event *ev, const char *name, const void **base)
{
	const struct event_field *f = field_find(ev->detector->fields, name);

	*base = ev->data;
	if (f == NULL && (f = field_find(ev->own, name)) != NULL)
		*base = ev->own_values;
	return f;
}

/* The field of that name, and what its offset counts from; NULL: no such variable. */
static const struct event_field *
event_field(const struct event *ev, const char *name, const void **base)
{
	const struct event_field *f = field_of(ev, name, base);

	for (size_t i = 0; f == NULL && i < ev->nmembers; i++)
		f = field_of(ev->members[i].event, name, base);
	if (f)
		return f;
	*base = ev;
	return field_find(event_common_fields, name);
}

bool
detector_has_variable(const struct detector *d, const char *name)
{
	return field_find(d->fields, name) != NULL || field_find(event_common_fields, name) != NULL;
}

bool
event_has(const struct event *ev, const char *name)
{
	const void *base;

	return event_field(ev, name, &base) != NULL;
}

bool
event_get(const struct event *ev, const char *name, struct text *out)
{
	const void *base;
	const struct event_field *f = event_field(ev, name, &base);

	if (f)
		add_value(f, base, out);
	return f != NULL;
}

struct each {
	const struct event *ev;
	void (*f)(void *arg, const char *name, const char *value, size_t n);
	void *arg;
	struct text *value;
};

/* The fields that count: of several with one name, the one that event_get() finds. */
static void
each_field(struct each *e, const struct event_field *fields, const void *base)
{
	for (; fields && fields->name; fields++) {
		const void *found;

		event_field(e->ev, fields->name, &found);
		if (found != base)
			continue;
		text_clear(e->value);
		add_value(fields, base, e->value);
		e->f(e->arg, fields->name, e->value->s, e->value->len);
	}
}

static void
each_of(struct each *e, const struct event *ev)
{
	each_field(e, ev->detector->fields, ev->data);
	each_field(e, ev->own, ev->own_values);
}

void
event_each(const struct event *ev, void (*f)(void *arg, const char *name, const char *value, size_t n),
	void *arg)
{
	struct each e = { ev, f, arg, text_new(ev) };

	each_field(&e, event_common_fields, ev);
	each_of(&e, ev);
	for (size_t i = 0; i < ev->nmembers; i++)
		each_of(&e, ev->members[i].event);
	mem_free(e.value);
}

/* Octets that are not UTF-8 cannot stand in JSON: they travel as {"hex":"..."}, so nothing is lost. */
static json_t *
octets_to_json(const struct event *ev, const char *s, size_t n)
{
	if (utf8_valid(s, n) && memchr(s, 0, n) == NULL)
		return json_stringn(s, n);

	struct text *hex = text_new(ev);
	text_add_hex(hex, s, n, 0);
	json_t *o = json_pack("{s:s}", "hex", hex->s);
	mem_free(hex);
	return o;
}

static json_t *
field_to_json(const struct event *ev, const struct event_field *f)
{
	const char *at = (const char *)ev->data + f->at;

	if (f->type != FIELD_STR)
		return json_integer(*(const int64_t *)(const void *)at);

	const char *s = *(const char *const *)(const void *)at;
	if (s == NULL)
		return json_null();
	return octets_to_json(ev, s,
		f->len_at ? *(const size_t *)(const void *)((const char *)ev->data + f->len_at) : strlen(s));
}

static json_t *
members_to_json(const struct event *ev)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ev->nmembers; i++) {
		const char *tag = ev->members[i].tag;

		json_array_append_new(list, json_pack("{s:o s:o}", "tag", frame_string(tag, strlen(tag)),
						    "event", event_to_json(ev->members[i].event)));
	}
	return list;
}

static json_t *
own_to_json(const struct event *ev)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ev->nown; i++) {
		const char *value = ev->own_values[i];

		json_array_append_new(
			list, json_pack("[o o]", frame_string(ev->own[i].name, strlen(ev->own[i].name)),
				      octets_to_json(ev, value, strlen(value))));
	}
	return list;
}

json_t *
event_to_json(const struct event *ev)
{
	json_t *fields = json_object();

	for (const struct event_field *f = ev->detector->fields; f && f->name; f++)
		json_object_set_new(fields, f->name, field_to_json(ev, f));

	json_t *doc = json_pack("{s:i s:s s:s s:I s:o s:I s:I s:i s:s s:o s:s s:I s:I s:o}", "version", 1,
		"detector", ev->detector->name, "type", ev->type, "id", (json_int_t)ev->id, "node",
		frame_string(ev->node, strlen(ev->node)), "boot", (json_int_t)ev->boot, "parent",
		(json_int_t)ev->parent, "depth", (int)ev->depth, "origin", origin_names[ev->origin], "source",
		frame_string(ev->source, strlen(ev->source)), "severity", ev->severity, "mono",
		(json_int_t)ev->mono, "wall", (json_int_t)ev->wall, "fields", fields);
	if (ev->raw)
		json_object_set_new(doc, "raw", octets_to_json(ev, ev->raw, ev->raw_len));
	if (ev->nown)
		json_object_set_new(doc, "own", own_to_json(ev));
	if (ev->nmembers)
		json_object_set_new(doc, "members", members_to_json(ev));
	return doc;
}

/* The octets of octets_to_json(); NULL when `v` is neither form. */
static const char *
octets_from_json(struct event *ev, const json_t *v, size_t *len)
{
	if (json_is_string(v)) {
		*len = json_string_length(v);
		return event_strn(ev, json_string_value(v), *len);
	}

	const json_t *hex = json_object_get(v, "hex");
	size_t n = json_string_length(hex);
	char *out = event_room(ev, n / 2);

	*len = n / 2;
	return json_is_string(hex) && hex_read(out, json_string_value(hex), n) ? out : NULL;
}

static bool
field_from_json(struct event *ev, const struct event_field *f, const json_t *v, struct err *err)
{
	char *at = (char *)ev->data + f->at;

	if (f->type != FIELD_STR) {
		if (!json_is_integer(v))
			return err_set(err, ERR_INVALID, "field %s is not a number", f->name);
		*(int64_t *)(void *)at = json_integer_value(v);
		return true;
	}
	if (v == NULL || json_is_null(v))
		return true;

	size_t len = 0;
	const char *s = octets_from_json(ev, v, &len);
	if (s == NULL || (f->len_at == 0 && memchr(s, 0, len)))
		return err_set(err, ERR_INVALID, "field %s is not a string", f->name);
	*(const char **)(void *)at = s;
	if (f->len_at)
		*(size_t *)(void *)((char *)ev->data + f->len_at) = len;
	return true;
}

static bool
envelope_from_json(struct event *ev, const json_t *doc, struct err *err)
{
	json_int_t id, boot, parent, depth, mono, wall;
	const char *node, *origin, *source, *severity;
	json_error_t why;

	if (json_unpack_ex((json_t *)(uintptr_t)doc, &why, 0, "{s:I s:I s:I s:I s:I s:I s:s s:s s:s s:s}",
		    "id", &id, "boot", &boot, "parent", &parent, "depth", &depth, "mono", &mono, "wall",
		    &wall, "node", &node, "origin", &origin, "source", &source, "severity", &severity) < 0)
		return err_set(err, ERR_INVALID, "event envelope: %s", why.text);
	if (id < 0 || parent < 0 || depth < 0 || depth > UINT32_MAX || wall < 0)
		return err_set(err, ERR_INVALID, "event envelope: a number is out of range");
	ev->id = (uint64_t)id;
	ev->number = id;
	ev->boot = (uint64_t)boot;
	ev->parent = (uint64_t)parent;
	ev->depth = (unsigned)depth;
	ev->node = event_str(ev, node);
	ev->source = event_str(ev, source);
	ev->severity = event_str(ev, severity);
	ev->origin = strcmp(origin, "simulated") == 0 ? EVENT_SIMULATED : EVENT_REPLAY;
	event_stamp(ev, mono, wall);
	return true;
}

static bool
own_from_json(struct event *ev, const json_t *list, struct err *err)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *pair = json_array_get(list, i);
		const char *name = json_string_value(json_array_get(pair, 0));
		size_t n;
		const char *value = octets_from_json(ev, json_array_get(pair, 1), &n);

		if (name == NULL || value == NULL || memchr(value, 0, n))
			return err_set(err, ERR_INVALID, "a variable of the event is none");
		event_add(ev, name, value);
	}
	return true;
}

static bool
event_read(struct event *ev, const json_t *doc, struct err *err)
{
	const json_t *fields = json_object_get(doc, "fields"), *raw = json_object_get(doc, "raw");

	if (!envelope_from_json(ev, doc, err))
		return false;
	for (const struct event_field *f = ev->detector->fields; f && f->name; f++)
		if (!field_from_json(ev, f, json_object_get(fields, f->name), err))
			return false;
	if (!own_from_json(ev, json_object_get(doc, "own"), err))
		return false;
	if (raw && (ev->raw = octets_from_json(ev, raw, &ev->raw_len)) == NULL)
		return err_set(err, ERR_INVALID, "raw octets are not a string");
	return true;
}

static bool
members_from_json(struct engine *engine, struct event *ev, const json_t *list, struct err *err)
{
	struct event_member v[TRIGGER_MEMBERS];
	size_t n = 0;
	bool good = json_array_size(list) <= TRIGGER_MEMBERS;

	for (; good && n < json_array_size(list); n++) {
		const json_t *doc = json_array_get(list, n), *event = json_object_get(doc, "event");

		v[n].tag = json_string_value(json_object_get(doc, "tag"));
		/* None of them has members of its own. */
		good = v[n].tag && json_object_get(event, "members") == NULL &&
		       (v[n].event = event_from_json(engine, event, err)) != NULL;
		if (!good)
			break;
	}
	if (good && n > 0)
		event_set_members(ev, v, n);
	while (n > 0)
		event_unref(v[--n].event);
	if (!good && (err == NULL || err->code == ERR_NONE))
		err_set(err, ERR_INVALID, "members of an event are wrong");
	return good;
}

struct event *
event_from_json(struct engine *engine, const json_t *doc, struct err *err)
{
	const char *name = json_string_value(json_object_get(doc, "detector"));
	const char *type = json_string_value(json_object_get(doc, "type"));
	const struct detector *d = name ? bus_detector_find(engine->bus, name) : NULL;
	const json_t *members = json_object_get(doc, "members");

	if (json_integer_value(json_object_get(doc, "version")) != 1) {
		err_set(err, ERR_INVALID, "event version is not 1");
		return NULL;
	}
	if (d == NULL && name && strcmp(name, detector_multiple.name) == 0)
		d = &detector_multiple;
	if (d == NULL || type == NULL) {
		err_set(err, ERR_INVALID, "no detector '%s'", name ? name : "");
		return NULL;
	}

	struct event *ev = event_new(engine, d, type, NULL);
	if (event_read(ev, doc, err) && (members == NULL || members_from_json(engine, ev, members, err)))
		return ev;
	event_unref(ev);
	return NULL;
}
