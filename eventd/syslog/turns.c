/* Turns of those who always have something to read. */
#include "syslog/turns.h"

#include "core/mem.h"

struct turns {
	struct loop *loop;
	usec used; /* since one had to wait, or the turn began */
	struct timer *next;
	TAILQ_HEAD(, turn) waiting;
};

static void
run(struct turns *all, const struct turn *t)
{
	usec began = loop_mono(all->loop);

	t->f(t->arg);
	all->used += loop_mono(all->loop) - began;
}

void
turns_leave(struct turns *all, struct turn *t)
{
	if (t->is_waiting)
		TAILQ_REMOVE(&all->waiting, t, entry);
	t->is_waiting = false;
}

void
turns_take(struct turns *all, struct turn *t)
{
	if (t->is_waiting)
		return;
	if (all->used < INTAKE_TURN && TAILQ_EMPTY(&all->waiting)) {
		run(all, t);
		return;
	}
	if (TAILQ_EMPTY(&all->waiting))
		timer_set(all->next, 0);
	t->is_waiting = true;
	TAILQ_INSERT_TAIL(&all->waiting, t, entry);
}

static void
on_next(void *arg)
{
	struct turns *all = arg;
	struct turn *t;

	for (all->used = 0; all->used < INTAKE_TURN && (t = TAILQ_FIRST(&all->waiting)) != NULL;) {
		turns_leave(all, t);
		run(all, t);
	}
	if (!TAILQ_EMPTY(&all->waiting))
		timer_set(all->next, 0);
}

struct turns *
turns_new(const void *ctx, struct loop *loop)
{
	struct turns *all = mem_new(ctx, struct turns);

	all->loop = loop;
	TAILQ_INIT(&all->waiting);
	all->next = timer_after(all, loop, 0, on_next, all);
	timer_stop(all->next);
	return all;
}
