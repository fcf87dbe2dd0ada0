/* The registry of policies. */
#include "sched/policy.h"

#include <string.h>

#include "bus/bus.h"
#include "bus/detector.h"
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
	p->removed = true;
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

void
policy_raised(void *arg, struct spec *s, struct event *ev)
{
	struct policy *p = arg;

	if (p->take != NULL && p->take(p, ev))
		return;
	if (s->single && p->active > 0) {
		bus_verdict(p->engine->bus, s, ev, STAGE_SCHED, false, "still running");
		return;
	}
	if (sched_queue(p->engine->sched, p, ev, NULL) == NULL)
		bus_verdict(p->engine->bus, s, ev, STAGE_SCHED, false, "the queue is full");
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

void
policies_add(struct policies *ps, struct policy *p)
{
	policies_remove(ps, p->name);
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
