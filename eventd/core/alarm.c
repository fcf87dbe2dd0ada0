/* Timers of policies: what is due when, and what a clock that is set does to them. */
#include "core/alarm.h"

#include "core/mem.h"

/* A clock set back by no more than this does not make a fixed cron entry run again: a correction, or
 * summer time done by hand. */
#define SET_BACK_MAX (25 * INT64_C(3600) * USEC_PER_SEC)

struct alarm {
	const struct clock *clock;
	struct timer *timer;
	struct alarm_when when;
	usec due;  /* watchdog: mono; absolute and cron: wall */
	usec last; /* cron: the due time that fired last */
	bool soon; /* due at once, whatever `when` says */
	alarm_f *f;
	void *arg;
};

const char *
alarm_kind_word(enum alarm_kind kind)
{
	/* ORDER: enum alarm_kind */
	static const char *const words[] = { "watchdog", "countdown", "absolute", "cron" };

	return words[kind];
}

static bool
follows_wall(const struct alarm *a)
{
	return a->when.kind == ALARM_ABSOLUTE || a->when.kind == ALARM_CRON;
}

static void
set_for_wall(struct alarm *a)
{
	usec left = a->due - clock_wall(a->clock);

	timer_set(a->timer, left > 0 ? left : 0);
}

static void
cron_schedule(struct alarm *a, usec after)
{
	if (cron_next(&a->when.cron, after, &a->due))
		set_for_wall(a);
	else
		timer_stop(a->timer);
}

/* ---- expiring ---- */

/* Keeps its phase; ticks that were missed altogether are dropped. */
static void
watchdog_expired(struct alarm *a)
{
	usec now = clock_mono(a->clock), period = a->when.time;

	a->due += period;
	if (a->due <= now)
		a->due += ((now - a->due) / period + 1) * period;
	timer_set(a->timer, a->due - now);
}

static void
cron_expired(struct alarm *a)
{
	usec now = clock_wall(a->clock);

	a->last = a->due;
	cron_schedule(a, now > a->due ? now : a->due);
}

static void
expired(void *arg)
{
	struct alarm *a = arg;

	/* A clock that is being slowed down may not be there yet. */
	if (!a->soon && follows_wall(a) && clock_wall(a->clock) < a->due) {
		set_for_wall(a);
		return;
	}
	if (a->soon)
		a->soon = false;
	else if (a->when.kind == ALARM_WATCHDOG)
		watchdog_expired(a);
	else if (a->when.kind == ALARM_CRON)
		cron_expired(a);
	a->f(a->arg, alarm_left(a));
}

/* ---- for the owner ---- */

struct alarm *
alarm_new(const void *ctx, struct loop *loop, const struct clock *clock, alarm_f *f, void *arg)
{
	struct alarm *a = mem_new(ctx, struct alarm);

	a->clock = clock;
	a->f = f;
	a->arg = arg;
	a->timer = timer_after(a, loop, 0, expired, a);
	timer_stop(a->timer);
	return a;
}

static void
alarm_stop(struct alarm *a)
{
	a->soon = false;
	timer_stop(a->timer);
}

void
alarm_soon(struct alarm *a)
{
	a->soon = true;
	timer_set(a->timer, 0);
}

void
alarm_set(struct alarm *a, const struct alarm_when *when)
{
	usec wall = clock_wall(a->clock);

	alarm_stop(a);
	a->when = *when;
	a->last = 0;
	switch (when->kind) {
	case ALARM_WATCHDOG:
	case ALARM_COUNTDOWN:
		a->due = clock_mono(a->clock) + when->time;
		timer_set(a->timer, when->time);
		break;
	case ALARM_ABSOLUTE:
		a->due = when->time;
		if (a->due > wall)
			set_for_wall(a);
		break;
	case ALARM_CRON:
		if (!when->cron.at_reboot)
			cron_schedule(a, wall);
		break;
	}
}

usec
alarm_left(const struct alarm *a)
{
	return timer_is_set(a->timer) ? timer_left(a->timer) : 0;
}

/*
 * Forward over the due time: expires at once, once. Back: the next fitting time, but a fixed entry does
 * not expire a second time for a time that it has expired for.
 */
void
alarm_clock_stepped(struct alarm *a)
{
	usec now = clock_wall(a->clock);

	if (!timer_is_set(a->timer) || a->soon || !follows_wall(a))
		return;
	if (a->when.kind == ALARM_CRON && now < a->due) {
		bool done_already = !a->when.cron.repeats && a->last > now && a->last - now <= SET_BACK_MAX;

		cron_schedule(a, done_already ? a->last : now);
		return;
	}
	set_for_wall(a);
}
