/* The timers that script policies have set, and their events. */
#include "bus/named_timer.h"

#include <string.h>
#include <sys/queue.h>

#include "bus/bus.h"
#include "bus/detector.h"
#include "core/mem.h"

struct named_timer {
	LIST_ENTRY(named_timer) link;
	struct named_timers *all;
	const char *name;
	enum alarm_kind kind;
	struct alarm *alarm;
};

struct named_timers {
	struct engine *engine;
	LIST_HEAD(, named_timer) list;
	unsigned n;
};

const char *
timer_event_type(enum alarm_kind kind)
{
	/* ORDER: enum alarm_kind */
	static const char *const types[] = { "timer watchdog", "timer countdown", "timer absolute",
		"timer cron" };

	return types[kind];
}

static struct named_timer *
find(const struct named_timers *all, const char *name, enum alarm_kind kind)
{
	struct named_timer *t;

	LIST_FOREACH (t, &all->list, link)
		if (t->kind == kind && strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

static int
named_timer_gone(void *p)
{
	struct named_timer *t = p;

	LIST_REMOVE(t, link);
	t->all->n--;
	return 0;
}

static void
expired(void *arg, usec remain)
{
	struct named_timer *t = arg;
	struct engine *engine = t->all->engine;
	struct event *ev = event_new(
		engine, bus_detector_find(engine->bus, "timer-subscriber"), timer_event_type(t->kind), NULL);
	struct named_timer_data *d = ev->data;

	d->type = alarm_kind_word(t->kind);
	d->name = event_str(ev, t->name);
	d->kind = t->kind;
	d->time = ev->wall;
	d->remain = remain;
	ev->source = "timer";
	bus_publish(engine->bus, ev, NULL, 0);
	if (remain == 0)
		mem_free(t);
}

static void
clock_stepped(void *arg)
{
	struct named_timers *all = arg;
	struct named_timer *t;

	LIST_FOREACH (t, &all->list, link)
		alarm_clock_stepped(t->alarm);
}

struct named_timers *
named_timers_new(const void *ctx, struct engine *engine)
{
	struct named_timers *all = mem_new(ctx, struct named_timers);

	all->engine = engine;
	LIST_INIT(&all->list);
	loop_on_clock_step(all, engine->loop, clock_stepped, all);
	return all;
}

bool
named_timer_set(struct named_timers *all, const char *name, const struct alarm_when *when, struct err *err)
{
	struct named_timer *t = find(all, name, when->kind);

	if (t == NULL && all->n == NAMED_TIMERS_MAX)
		return err_class(
			err, ERR_REFUSED, "FH_EMEMORY", "there are %d timers already", NAMED_TIMERS_MAX);
	if (t == NULL) {
		t = mem_new(all, struct named_timer);
		t->all = all;
		t->name = mem_strdup(t, name);
		t->kind = when->kind;
		t->alarm = alarm_new(t, all->engine->loop, all->engine->clock, expired, t);
		LIST_INSERT_HEAD(&all->list, t, link);
		all->n++;
		mem_on_free(t, named_timer_gone);
	}
	alarm_set(t->alarm, when);
	return true;
}

usec
named_timer_left(const struct named_timers *all, const char *name, enum alarm_kind kind)
{
	const struct named_timer *t = find(all, name, kind);

	return t != NULL ? alarm_left(t->alarm) : 0;
}

void
named_timer_stop(struct named_timers *all, const char *name, enum alarm_kind kind)
{
	mem_free(find(all, name, kind));
}
