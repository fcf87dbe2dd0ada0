/* What `show` sees of the scheduler. */
#include <stdlib.h>

#include "core/mem.h"
#include "sched/sched_state.h"

size_t
sched_active(const struct sched *s)
{
	return s->nactive;
}

size_t
sched_pending(const struct sched *s)
{
	size_t n = 0;

	for (size_t k = 0; k < POLICY_KINDS; k++)
		n += s->kinds[k].stats.queued;
	return n;
}

static void
view(const struct run *r, bool is_running, void (*f)(void *arg, const struct run_view *), void *arg)
{
	const struct clock *clock = sched_engine(r->sched)->clock;

	f(arg, &(struct run_view){ .job = r->job,
		       .policy = r->policy->name,
		       .kind = r->policy->kind,
		       .type = r->event->type,
		       .event_wall = r->event->wall,
		       .running = is_running ? clock_mono(clock) - r->started : 0,
		       .waiting = clock_mono(clock) - r->event->mono,
		       .maxrun = r->policy->maxrun,
		       .label = is_running ? run_label(r) : "",
		       .priority = r->priority,
		       .class = r->class,
		       .is_running = is_running,
		       .is_held = r->is_held });
}

/* Scripts before applets, the default class before A to Z, then as they were started. */
static int
by_class(const void *a, const void *b)
{
	const struct run *x = *(const struct run *const *)a, *y = *(const struct run *const *)b;

	if (x->policy->kind != y->policy->kind)
		return x->policy->kind == POLICY_SCRIPT ? -1 : 1;
	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->started != y->started)
		return x->started < y->started ? -1 : 1;
	return x->job < y->job ? -1 : x->job > y->job;
}

static void
each_running(const struct sched *s, void (*f)(void *arg, const struct run_view *), void *arg)
{
	const struct run **all = mem_array(s, const struct run *, s->nactive + 1), *r;
	size_t n = 0;

	LIST_FOREACH (r, &s->active, active)
		all[n++] = r;
	if (n > 0)
		qsort(all, n, sizeof *all, by_class);
	for (size_t i = 0; i < n; i++)
		view(all[i], true, f, arg);
	mem_free(all);
}

void
sched_each(const struct sched *s, bool running, void (*f)(void *arg, const struct run_view *), void *arg)
{
	const struct run *r;

	if (running) {
		each_running(s, f, arg);
		return;
	}
	for (size_t k = POLICY_KINDS; k-- > 0;)
		for (size_t i = 0; i < SCHED_CLASSES; i++)
			TAILQ_FOREACH (r, &s->kinds[k].classes[i].pending, link)
				view(r, false, f, arg);
}

/* New ones stand before old ones: the first that was told ends the search. */
void
sched_each_new(struct sched *s, bool again, void (*f)(void *arg, const struct run_view *), void *arg)
{
	struct run *r;

	LIST_FOREACH (r, &s->active, active) {
		if (r->is_recorded && !again)
			break;
		r->is_recorded = true;
		view(r, true, f, arg);
	}
}

void
sched_each_class(const struct sched *s, enum policy_kind kind,
	void (*f)(void *arg, char class, unsigned slots, unsigned running), void *arg)
{
	for (size_t i = 0; i < SCHED_CLASSES; i++) {
		const struct class *c = &s->kinds[kind].classes[i];

		if (i == 0 || c->is_configured || c->running > 0 || !TAILQ_EMPTY(&c->pending))
			f(arg, class_letter(i), c->slots, c->running);
	}
}

void
sched_stats(const struct sched *s, enum policy_kind kind, struct sched_stats *out)
{
	*out = s->kinds[kind].stats;
}

void
sched_clear_stats(struct sched *s)
{
	for (size_t k = 0; k < POLICY_KINDS; k++)
		s->kinds[k].stats = (struct sched_stats){ .queued = s->kinds[k].stats.queued };
}
