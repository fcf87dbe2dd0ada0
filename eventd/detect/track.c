/* Detector track: tracked objects that come up or go down (bus/tracked.h makes the events). */
#include "bus/tracked.h"

#include <string.h>

#include "core/text.h"
#include "detect/detector.h"

/* Values of `state`: those of enum tracked, and the default. */
enum { ANY = TRACKED_ABSENT };

static const struct kw_alternative states[] = {
	{ "any", "Any transition", ANY, false },
	{ "down", "Object goes down", TRACKED_DOWN, false },
	{ "up", "Object comes up", TRACKED_UP, false },
	{ NULL, NULL, 0, false },
};

static const struct event_field track_fields[] = {
	{ "_track_number", "Number of the tracked object", FIELD_INT, offsetof(struct track_data, number),
		0 },
	{ "_track_state", "Its state: up or down", FIELD_STR, offsetof(struct track_data, state), 0 },
	EVENT_FIELDS_END,
};

static const struct kw track_kw[] = {
	{ .help = "Number of the tracked object",
		.type = &kw_number,
		KW_AT(struct track_spec, number),
		.flags = KW_REQ,
		.min = 1,
		.max = TRACKED_MAX },
	{ .word = "state",
		.help = "State of the tracked object",
		.type = &kw_choice,
		KW_AT(struct track_spec, state),
		.choices = states,
		.dflt = ANY,
		.has_dflt = true },
	SPEC_COMMON_ROWS(struct track_spec),
	KW_END,
};

static bool
track_match(const struct spec *s, const struct event *ev)
{
	const struct track_spec *a = s->args;
	const struct track_data *d = ev->data;

	return a->number.v == d->number &&
	       (!a->state.set || a->state.v == ANY ||
		       strcmp(tracked_name((enum tracked)a->state.v), d->state) == 0);
}

static void
track_describe(const struct spec *s, struct text *out)
{
	const struct track_spec *a = s->args;

	text_printf(out, "track %lld state %s", (long long)a->number.v,
		a->state.set && a->state.v != ANY ? tracked_name((enum tracked)a->state.v) : "any");
}

const struct detector detector_track = {
	.name = "track",
	.help = "Tracking object event",
	.version = "01.00",
	.kw = track_kw,
	.spec_size = sizeof(struct track_spec),
	.data_size = sizeof(struct track_data),
	.fields = track_fields,
	.key = "_track_number",
	.match = track_match,
	.describe = track_describe,
};
