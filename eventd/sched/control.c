/* Jobs that an operator clears, holds, releases or modifies. */
#include "sched/control.h"

#include "core/mem.h"
#include "sched/sched_state.h"

/* The runs that are meant, noted before anything is done to them. */
struct chosen {
	struct run **v;
	size_t n;
};

static bool
is_meant(const struct run *r, const struct sched_choice *c)
{
	return (c->job == 0 || c->job == r->job) &&
	       (c->kind == SCHED_ANY || c->kind == (int)r->policy->kind) &&
	       (c->class == SCHED_ANY || c->class == r->class);
}

static void
choose(struct chosen *out, struct run *r, const struct sched_choice *c)
{
	if (is_meant(r, c))
		out->v[out->n++] = r;
}

static struct chosen
choose_pending(struct sched *s, const struct sched_choice *c, size_t room)
{
	struct chosen out = { .v = mem_array(s, struct run *, sched_pending(s) + room + 1) };
	struct run *r;

	for (size_t i = 0; i < ALL_CLASSES; i++)
		TAILQ_FOREACH (r, &nth_class(s, i)->pending, link)
			choose(&out, r, c);
	return out;
}

size_t
sched_clear(struct sched *s, const struct sched_choice *c)
{
	struct chosen all = choose_pending(s, c, s->nactive);
	size_t pending = all.n;
	struct run *r;

	LIST_FOREACH (r, &s->active, active)
		choose(&all, r, c);
	/* The pending ones first hold still, or a slot that becomes free would start one of them. */
	for (size_t i = 0; i < pending; i++)
		all.v[i]->is_held = true;
	for (size_t i = 0; i < pending; i++)
		sched_ended(all.v[i], RUN_FAILURE);
	for (size_t i = pending; i < all.n; i++)
		sched_end_soon(all.v[i]);
	mem_free(all.v);
	return all.n;
}

static size_t
set_held(struct sched *s, const struct sched_choice *c, bool held)
{
	struct chosen all = choose_pending(s, c, 0);

	for (size_t i = 0; i < all.n; i++)
		all.v[i]->is_held = held;
	mem_free(all.v);
	sched_start_pending(s);
	return all.n;
}

size_t
sched_hold(struct sched *s, const struct sched_choice *c)
{
	return set_held(s, c, true);
}

size_t
sched_release(struct sched *s, const struct sched_choice *c)
{
	return set_held(s, c, false);
}

size_t
sched_modify(struct sched *s, const struct sched_choice *c, int class, int priority)
{
	struct chosen all = choose_pending(s, c, 0);

	for (size_t i = 0; i < all.n; i++) {
		struct run *r = all.v[i];

		sched_dequeue(r);
		if (class != SCHED_ANY)
			r->class = (char)class;
		if (priority != SCHED_ANY)
			r->priority = (enum priority)priority;
		sched_enqueue(r);
	}
	mem_free(all.v);
	sched_start_pending(s);
	return all.n;
}
