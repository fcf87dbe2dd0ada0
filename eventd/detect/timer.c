/* Detector timer: watchdog, countdown, absolute and cron, each an alarm of core/alarm.h. */
#include "detect/detector.h"

#include <string.h>

#include "bus/named_timer.h"
#include "core/alarm.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"

#define TIME_MAX (INT64_C(2085978494) * USEC_PER_SEC + 999 * USEC_PER_MSEC)

struct timer_spec {
	struct spec_common common;
	struct kw_flag watchdog, countdown, absolute, cron;
	struct kw_str name;
	struct kw_time time;
	struct kw_str entry;
};

struct timer_data {
	const char *type;
	usec time;   /* wall, when it expired */
	usec remain; /* until it expires again; 0 = never */
};

/* For the engine: has the startup configuration been read (`@reboot`)? */
struct timer_state {
	struct engine *engine;
	bool started;
	struct timer *first_turn;
};

static const struct event_field timer_fields[] = {
	{ "_timer_type", "watchdog, countdown, absolute or cron", FIELD_STR,
		offsetof(struct timer_data, type), 0 },
	{ "_timer_time", "Time at which it expired", FIELD_TIME, offsetof(struct timer_data, time), 0 },
	{ "_timer_remain", "Time until it expires again", FIELD_TIME, offsetof(struct timer_data, remain),
		0 },
	EVENT_FIELDS_END,
};

/* ---- grammar ---- */

static const struct kw time_kw[] = {
	{ .word = "name", .help = "Timer name", .type = &kw_word, KW_AT(struct timer_spec, name) },
	{ .word = "time",
		.help = "Time in seconds and milliseconds",
		.type = &kw_seconds,
		KW_AT(struct timer_spec, time),
		.flags = KW_REQ,
		.min = USEC_PER_SEC,
		.max = TIME_MAX },
	SPEC_COMMON_ROWS(struct timer_spec),
	KW_END,
};

static const struct kw cron_kw[] = {
	{ .word = "name", .help = "Timer name", .type = &kw_word, KW_AT(struct timer_spec, name) },
	{ .word = "cron-entry",
		.help = "Cron entry: minute hour day-of-month month day-of-week",
		.type = &kw_string,
		KW_AT(struct timer_spec, entry),
		.flags = KW_REQ },
	SPEC_COMMON_ROWS(struct timer_spec),
	KW_END,
};

static const struct kw timer_kw[] = {
	{ .word = "absolute",
		.help = "Absolute timer event",
		KW_AT(struct timer_spec, absolute),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.sub = time_kw },
	{ .word = "countdown",
		.help = "Countdown timer event",
		KW_AT(struct timer_spec, countdown),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.sub = time_kw },
	{ .word = "cron",
		.help = "CRON timer event",
		KW_AT(struct timer_spec, cron),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.sub = cron_kw },
	{ .word = "watchdog",
		.help = "Watchdog timer event",
		KW_AT(struct timer_spec, watchdog),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.sub = time_kw },
	KW_END,
};

static enum alarm_kind
timer_kind(const struct timer_spec *a)
{
	return a->watchdog.set    ? ALARM_WATCHDOG
	       : a->countdown.set ? ALARM_COUNTDOWN
	       : a->absolute.set  ? ALARM_ABSOLUTE
				  : ALARM_CRON;
}

static const char *
timer_type(const void *args)
{
	return timer_event_type(timer_kind(args));
}

static bool
timer_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct timer_spec *a = args;
	struct cron unused;

	if (!a->cron.set || (!final && strchr(a->entry.s, '$')))
		return true;
	return cron_parse(a->entry.s, &unused, err);
}

/* ---- arming and expiring ---- */

static void
timer_expired(void *arg, usec remain)
{
	struct spec *s = arg;
	struct event *ev = event_new(s->engine, s->detector, spec_type(s), NULL);
	struct timer_data *d = ev->data;

	d->type = alarm_kind_word(timer_kind(s->args));
	d->time = ev->wall;
	d->remain = remain;
	ev->source = "timer";
	bus_publish(s->engine->bus, ev, &s->id, 1);
}

/* One watch for all specifications: each would cost a descriptor. */
static void
clock_stepped(void *arg)
{
	const struct timer_state *state = arg;

	for (struct spec *s = bus_specs(state->engine->bus, &detector_timer); s; s = s->next)
		alarm_clock_stepped(s->private);
}

static bool
timer_arm(struct spec *s, struct err *err)
{
	const struct timer_state *state = *bus_detector_state(s->engine->bus, &detector_timer);
	const struct timer_spec *a = s->args;
	struct alarm_when when = { .kind = timer_kind(a), .time = a->time.v };
	struct alarm *alarm;

	if (a->cron.set && !cron_parse(a->entry.s, &when.cron, err))
		return false;
	alarm = alarm_new(s, s->engine->loop, s->engine->clock, timer_expired, s);
	s->private = alarm;
	s->single = a->watchdog.set;
	alarm_set(alarm, &when);
	if (when.cron.at_reboot && !state->started)
		alarm_soon(alarm);
	return true;
}

static void
timer_disarm(struct spec *s)
{
	mem_free(s->private);
	s->private = NULL;
}

static void
first_turn(void *arg)
{
	((struct timer_state *)arg)->started = true;
}

static bool
timer_start(struct engine *engine, struct err *err)
{
	struct timer_state *state = mem_new(engine->bus, struct timer_state);

	state->engine = engine;
	loop_on_clock_step(state, engine->loop, clock_stepped, state);
	state->first_turn = timer_after(state, engine->loop, 0, first_turn, state);
	*bus_detector_state(engine->bus, &detector_timer) = state;
	return true;
}

static void
timer_describe(const struct spec *s, struct text *out)
{
	const struct timer_spec *a = s->args;

	text_printf(out, "name {%s} ", a->name.set ? a->name.s : s->policy);
	if (a->cron.set)
		text_printf(out, "cron entry {%s}", a->entry.s);
	else
		text_printf(out, "time %lld.%03d", (long long)(a->time.v / USEC_PER_SEC),
			(int)(a->time.v % USEC_PER_SEC / USEC_PER_MSEC));
}

const struct detector detector_timer = {
	.name = "timer",
	.help = "Timer event",
	.version = "01.00",
	.kw = timer_kw,
	.spec_size = sizeof(struct timer_spec),
	.data_size = sizeof(struct timer_data),
	.fields = timer_fields,
	.key = "_timer_type",
	.type = timer_type,
	.check = timer_check,
	.start = timer_start,
	.arm = timer_arm,
	.disarm = timer_disarm,
	.describe = timer_describe,
};
