/*
 * Detector timer: watchdog (again and again), countdown (once), absolute (once, at a time of the
 * wall clock), cron (core/cron.h). The first two follow monotonic time and never notice when the
 * clock is set; the last two are computed anew whenever it is.
 */
#include "detect/detector.h"

#include <string.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/cron.h"

#define TIME_MAX (INT64_C(2085978494) * USEC_PER_SEC + 999 * USEC_PER_MSEC)

/* A clock set back by no more than this does not make a fixed cron entry run again: a correction, or
 * summer time done by hand. */
#define SET_BACK_MAX (25 * INT64_C(3600) * USEC_PER_SEC)

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

/* One armed specification. */
struct armed {
	struct spec *spec;
	struct timer *timer;
	struct cron cron;
	usec due;  /* watchdog: mono; absolute and cron: wall */
	usec last; /* cron: the due time that fired last */
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

static const char *
timer_word(const struct timer_spec *a)
{
	return a->watchdog.set    ? "watchdog"
	       : a->countdown.set ? "countdown"
	       : a->absolute.set  ? "absolute"
				  : "cron";
}

static const char *
timer_type(const void *args)
{
	const struct timer_spec *a = args;

	return a->watchdog.set    ? "timer watchdog"
	       : a->countdown.set ? "timer countdown"
	       : a->absolute.set  ? "timer absolute"
				  : "timer cron";
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

/* ---- firing ---- */

static void
publish(struct armed *t, usec remain)
{
	struct spec *s = t->spec;
	struct event *ev = event_new(s->engine, s->detector, spec_type(s), NULL);
	struct timer_data *d = ev->data;

	d->type = timer_word(s->args);
	d->time = ev->wall;
	d->remain = remain;
	ev->source = "timer";
	bus_publish(s->engine->bus, ev, &s->id, 1);
}

/* Keeps its phase; ticks that were missed altogether are dropped. */
static void
watchdog_fired(struct armed *t)
{
	usec period = ((const struct timer_spec *)t->spec->args)->time.v;
	usec now = clock_mono(t->spec->engine->clock);

	t->due += period;
	if (t->due <= now)
		t->due += ((now - t->due) / period + 1) * period;
	timer_set(t->timer, t->due - now);
	publish(t, t->due - now);
}

static void
set_for_wall(struct armed *t)
{
	usec left = t->due - clock_wall(t->spec->engine->clock);

	timer_set(t->timer, left > 0 ? left : 0);
}

static void
cron_schedule(struct armed *t, usec after)
{
	if (cron_next(&t->cron, after, &t->due))
		set_for_wall(t);
	else
		timer_stop(t->timer);
}

static void
cron_fired(struct armed *t)
{
	usec now = clock_wall(t->spec->engine->clock);

	t->last = t->due;
	cron_schedule(t, now > t->due ? now : t->due);
	publish(t, timer_left(t->timer));
}

static void
timer_fired(void *arg)
{
	struct armed *t = arg;
	const struct timer_spec *a = t->spec->args;

	if (a->watchdog.set) {
		watchdog_fired(t);
		return;
	}
	/* A clock that is being slowed down may not be there yet. */
	if ((a->absolute.set || (a->cron.set && !t->cron.at_reboot)) &&
		clock_wall(t->spec->engine->clock) < t->due) {
		set_for_wall(t);
		return;
	}
	if (a->cron.set && !t->cron.at_reboot)
		cron_fired(t);
	else
		publish(t, 0);
}

/*
 * The clock was set. Forward over the due time: fires at once, once. Back: the next fitting time, but a
 * fixed entry does not run a second time for a time that it has run for.
 */
static void
recompute(struct armed *t)
{
	const struct timer_spec *a = t->spec->args;
	usec now = clock_wall(t->spec->engine->clock);

	if (!timer_is_set(t->timer))
		return;
	if (a->cron.set && now < t->due) {
		bool done_already = !t->cron.repeats && t->last > now && t->last - now <= SET_BACK_MAX;

		cron_schedule(t, done_already ? t->last : now);
		return;
	}
	set_for_wall(t);
}

/* One watch for all specifications: each would cost a descriptor. */
static void
clock_stepped(void *arg)
{
	const struct timer_state *state = arg;

	for (struct spec *s = bus_specs(state->engine->bus, &detector_timer); s; s = s->next) {
		const struct timer_spec *a = s->args;

		if (a->cron.set || a->absolute.set)
			recompute(s->private);
	}
}

/* ---- arming ---- */

static void
arm_absolute(struct armed *t, const struct timer_spec *a)
{
	t->due = a->time.v;
	if (t->due > clock_wall(t->spec->engine->clock))
		set_for_wall(t); /* a time that is over already does not come again */
}

static bool
arm_cron(struct armed *t, const struct timer_spec *a, struct err *err)
{
	const struct timer_state *state = *bus_detector_state(t->spec->engine->bus, &detector_timer);

	if (!cron_parse(a->entry.s, &t->cron, err))
		return false;
	if (!t->cron.at_reboot)
		cron_schedule(t, clock_wall(t->spec->engine->clock));
	else if (!state->started)
		timer_set(t->timer, 0);
	return true;
}

static bool
timer_arm(struct spec *s, struct err *err)
{
	const struct timer_spec *a = s->args;
	struct armed *t = mem_new(s, struct armed);

	s->private = t;
	t->spec = s;
	t->timer = timer_after(t, s->engine->loop, 0, timer_fired, t);
	timer_stop(t->timer);
	s->single = a->watchdog.set;
	if (a->cron.set && !arm_cron(t, a, err)) {
		mem_free(t);
		return false;
	}
	if (a->absolute.set)
		arm_absolute(t, a);
	if (a->watchdog.set || a->countdown.set) {
		t->due = clock_mono(s->engine->clock) + a->time.v;
		timer_set(t->timer, a->time.v);
	}
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
	.type = timer_type,
	.check = timer_check,
	.start = timer_start,
	.arm = timer_arm,
	.disarm = timer_disarm,
	.describe = timer_describe,
};
