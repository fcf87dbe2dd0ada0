/* The registry of policies. */
#include "sched/policy.h"

#include <string.h>

#include "bus/bus.h"
#include "bus/correlate.h"
#include "bus/detector.h"
#include "core/debug.h"
#include "core/log.h"
#include "core/mem.h"
#include "sched/sched.h"

struct policies {
	struct engine *engine;
	struct policy *by_name; /* in order of definition (rulings 15) */
};

static int
by_order(const struct policy *a, const struct policy *b)
{
	return a->order < b->order ? -1 : a->order > b->order;
}

const char *
policy_kind_name(enum policy_kind kind)
{
	return kind == POLICY_APPLET ? "applet" : "script";
}

static int
policy_free(void *p)
{
	struct policy *policy = p;

	program_unref(policy->program);
	return 0;
}

struct policy *
policy_new(struct engine *engine, const char *name, enum policy_kind kind)
{
	struct policy *p = mem_alloc_named(NULL, sizeof *p, "struct policy");

	p->engine = engine;
	p->name = mem_strdup(p, name);
	p->kind = kind;
	p->type = "user";
	p->priority = PRIORITY_NORMAL;
	p->registered = clock_wall(engine->clock);
	mem_on_free(p, policy_free);
	return p;
}

static void
policy_retire(struct policy *p)
{
	for (size_t i = 0; i < p->nspecs; i++)
		spec_disarm(p->specs[i]);
	mem_free(p->trigger);
	p->trigger = NULL;
	p->removed = true;
	if (p->take != NULL)
		p->take(p, NULL);
	if (p->active == 0)
		mem_free(p);
}

void
policy_release(struct policy *p)
{
	p->active--;
	if (p->removed && p->active == 0)
		mem_free(p);
}

struct spec *
policy_spec(const struct policy *p, const char *detector)
{
	for (size_t i = 0; i < p->nspecs; i++)
		if (strcmp(p->specs[i]->detector->name, detector) == 0)
			return p->specs[i];
	return NULL;
}

static struct run *
queue_run(struct policy *p, struct spec *s, const struct event *ev, struct tty *tty, enum policy_answer *why)
{
	struct run *run;

	*why = POLICY_TAKEN;
	if (p->take != NULL && p->take(p, (struct event *)(uintptr_t)ev)) /* immutable but for its count */
		return NULL;
	run = sched_queue(p->engine->sched, p, ev, tty);
	*why = run ? POLICY_QUEUED : POLICY_FULL;
	if (run == NULL)
		bus_verdict(p->engine->bus, s, ev, STAGE_SCHED, false, "the queue is full");
	return run;
}

struct run *
policy_offer(struct policy *p, struct spec *s, struct event *ev, struct tty *tty, enum policy_answer *why)
{
	struct run *run;

	if (s->single && p->trigger == NULL && p->take == NULL && p->active > 0) {
		bus_verdict(p->engine->bus, s, ev, STAGE_SCHED, false, "still running");
		*why = POLICY_BUSY;
		return NULL;
	}
	if (p->trigger == NULL)
		return queue_run(p, s, ev, tty, why);

	ev = trigger_occurred(p->trigger, s, ev);
	*why = POLICY_WAITS;
	if (ev == NULL)
		return NULL;
	run = queue_run(p, s, ev, tty, why);
	event_unref(ev);
	return run;
}

void
policy_raised(void *arg, struct spec *s, struct event *ev)
{
	enum policy_answer why;

	policy_offer(arg, s, ev, NULL, &why);
}

void
policy_triggered(void *arg, struct event *ev)
{
	struct policy *p = arg;
	enum policy_answer why;

	queue_run(p, p->specs[0], ev, NULL, &why);
}

const char *
policy_event_type(const struct policy *p)
{
	return p->trigger ? detector_multiple.name : spec_type(p->specs[0]);
}

uint64_t
policy_suppressed(const struct policy *p)
{
	uint64_t n = p->trigger ? trigger_suppressed(p->trigger) : 0;

	for (size_t i = 0; i < p->nspecs; i++)
		n += p->specs[i]->suppressed;
	return n;
}

static int
policies_free(void *arg)
{
	struct policies *ps = arg;
	struct policy *p, *next;

	HASH_ITER (hh, ps->by_name, p, next) {
		HASH_DEL(ps->by_name, p);
		p->active = 0; /* the scheduler is gone by now */
		policy_retire(p);
	}
	return 0;
}

struct policies *
policies_new(const void *ctx, struct engine *engine)
{
	struct policies *ps = mem_new(ctx, struct policies);

	ps->engine = engine;
	mem_on_free(ps, policies_free);
	return ps;
}

/* debug event manager common */
static void
trace(const struct policies *ps, const struct policy *p, const char *what)
{
	log_debug(ps->engine->log, DEBUG_BIT(DEBUG_EEM_COMMON), "EEM: %s %s %s: class %s, %zu event%s",
		policy_kind_name(p->kind), p->name, what,
		p->class ? (const char[]){ p->class, '\0' } : "default", p->nspecs,
		p->nspecs == 1 ? "" : "s");
}

void
policies_add(struct policies *ps, struct policy *p)
{
	policies_remove(ps, p->name);
	trace(ps, p, "registered");
	HASH_ADD_KEYPTR(hh, ps->by_name, p->name, strlen(p->name), p);
	/* One that was edited goes back to its place; loading a configuration never sorts. */
	if (p->hh.prev && by_order(p->hh.prev, p) > 0)
		HASH_SORT(ps->by_name, by_order);
}

void
policies_remove(struct policies *ps, const char *name)
{
	struct policy *p = policies_find(ps, name);

	if (p == NULL)
		return;
	HASH_DEL(ps->by_name, p);
	trace(ps, p, "unregistered");
	policy_retire(p);
}

struct policy *
policies_find(const struct policies *ps, const char *name)
{
	struct policy *p;

	HASH_FIND_STR(ps->by_name, name, p);
	return p;
}

size_t
policies_count(const struct policies *ps)
{
	return HASH_COUNT(ps->by_name);
}

void
policies_each(const struct policies *ps, void (*f)(void *arg, struct policy *), void *arg)
{
	struct policy *p, *next;

	HASH_ITER (hh, ps->by_name, p, next)
		f(arg, p);
}
