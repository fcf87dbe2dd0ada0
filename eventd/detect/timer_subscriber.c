/*
 * Detector timer-subscriber: timers that another policy sets by name (bus/named_timer.h makes the events).
 * Only scripts have it, as on IOS: event_register_timer_subscriber.
 */
#include "bus/named_timer.h"

#include <string.h>

#include "core/text.h"
#include "detect/detector.h"

struct subscriber_spec {
	struct spec_common common;
	struct kw_str name;
	struct kw_enum kind; /* enum alarm_kind; not set: any */
};

static const struct event_field subscriber_fields[] = {
	{ "_timer_type", "watchdog, countdown, absolute or cron", FIELD_STR,
		offsetof(struct named_timer_data, type), 0 },
	{ "_timer_time", "Time at which it expired", FIELD_TIME, offsetof(struct named_timer_data, time), 0 },
	{ "_timer_remain", "Time until it expires again", FIELD_TIME,
		offsetof(struct named_timer_data, remain), 0 },
	EVENT_FIELDS_END,
};

static const struct kw_alternative kinds[] = {
	{ "absolute", "Absolute timer", ALARM_ABSOLUTE, false },
	{ "countdown", "Countdown timer", ALARM_COUNTDOWN, false },
	{ "cron", "CRON timer", ALARM_CRON, false },
	{ "watchdog", "Watchdog timer", ALARM_WATCHDOG, false },
	{ NULL, NULL, 0, false },
};

static const struct kw subscriber_kw[] = {
	{ .word = "name",
		.help = "Timer name",
		.type = &kw_string,
		KW_AT(struct subscriber_spec, name),
		.flags = KW_REQ },
	{ .word = "kind",
		.help = "Kind of timer",
		.type = &kw_choice,
		KW_AT(struct subscriber_spec, kind),
		.choices = kinds },
	SPEC_COMMON_ROWS(struct subscriber_spec),
	KW_END,
};

static const char *
subscriber_type(const void *args)
{
	const struct subscriber_spec *a = args;

	return a->kind.set ? timer_event_type((enum alarm_kind)a->kind.v) : "timer subscriber";
}

static bool
subscriber_match(const struct spec *s, const struct event *ev)
{
	const struct subscriber_spec *a = s->args;
	const struct named_timer_data *d = ev->data;

	return strcmp(a->name.s, d->name) == 0 && (!a->kind.set || a->kind.v == (int)d->kind);
}

static void
subscriber_describe(const struct spec *s, struct text *out)
{
	text_printf(out, "name {%s} subscriber", ((const struct subscriber_spec *)s->args)->name.s);
}

const struct detector detector_timer_subscriber = {
	.name = "timer-subscriber",
	.help = "Timer of another policy",
	.version = "01.00",
	.kw = subscriber_kw,
	.spec_size = sizeof(struct subscriber_spec),
	.data_size = sizeof(struct named_timer_data),
	.fields = subscriber_fields,
	.of_scripts = true,
	.type = subscriber_type,
	.match = subscriber_match,
	.describe = subscriber_describe,
};
