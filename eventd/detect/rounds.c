/* A timer, a worker, and what it brings. */
#include "detect/rounds.h"

#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/settings.h"

struct rounds {
	struct engine *engine;
	const struct rounds_kind *kind;
	void *arg;
	struct timer *timer;
	unsigned armed;
	bool goes;  /* the timer is set, or a worker is at it */
	bool stood; /* what this round finds was there before */
};

/* What goes to the worker and comes back. */
struct reading {
	struct rounds *rounds;
	const struct rounds_kind *kind;
	char *sysfs, *procfs;
	void *found;
};

static void
work(void *data)
{
	struct reading *r = data;

	r->found = r->kind->read(r->sysfs, r->procfs);
}

static void
done(void *data)
{
	const struct reading *r = data;
	struct rounds *all = r->rounds;
	bool any = r->kind->look(all->arg, r->found, all->stood);

	all->stood = false;
	for (struct spec *s = bus_specs(all->engine->bus, r->kind->detector); s != NULL; s = s->next)
		spec_lacks(s, any ? NULL : r->kind->needs);
	timer_set(all->timer, r->kind->every);
}

static void
release(void *data)
{
	struct reading *r = data;

	r->kind->release(r->found);
	free(r->sysfs);
	free(r->procfs);
	free(r);
}

static void
on_due(void *arg)
{
	struct rounds *all = arg;
	const struct settings *s = all->engine->settings;
	struct reading *r;

	if (all->armed == 0) {
		all->goes = false;
		all->kind->end(all->arg);
		return;
	}
	r = calloc(1, sizeof *r);
	if (r == NULL || (r->sysfs = strdup(s->sysfs)) == NULL || (r->procfs = strdup(s->procfs)) == NULL)
		abort();
	r->rounds = all;
	r->kind = all->kind;
	work_submit(all, all->engine->loop, work, done, release, r);
}

struct rounds *
rounds_new(const void *ctx, struct engine *engine, const struct rounds_kind *kind, void *arg)
{
	struct rounds *all = mem_new(ctx, struct rounds);

	all->engine = engine;
	all->kind = kind;
	all->arg = arg;
	all->timer = timer_after(all, engine->loop, 0, on_due, all);
	timer_stop(all->timer);
	return all;
}

void
rounds_arm(struct rounds *all)
{
	all->armed++;
	if (all->goes)
		return;
	all->goes = true;
	all->stood = all->engine->is_up;
	timer_set(all->timer, 0);
}

void
rounds_disarm(struct rounds *all)
{
	all->armed--;
}
