/* Timers: a binary heap over the loop's clock, with one kernel timer beneath it. */
#include <stdlib.h>
#include <string.h>

#include "core/loop_private.h"
#include "core/mem.h"

#define HOUR \
	(3600 * USEC_PER_SEC) /* the longest sleep: also keeps uv_run() from having nothing to wait for */

struct timer {
	struct loop *loop; /* NULL once the loop is gone */
	usec due;
	uint64_t order; /* of being set: equal deadlines fire in this order */
	size_t at;      /* 1-based place in the heap; 0 = not set */
	timer_f *f;
	void *arg;
};

static bool
earlier(const struct timer *a, const struct timer *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void
place(struct loop *l, size_t at, struct timer *t)
{
	l->heap[at] = t;
	t->at = at;
}

static void
sift_up(struct loop *l, struct timer *t)
{
	size_t at = t->at;

	for (; at > 1 && earlier(t, l->heap[at / 2]); at /= 2)
		place(l, at, l->heap[at / 2]);
	place(l, at, t);
}

static void
sift_down(struct loop *l, struct timer *t)
{
	size_t at = t->at;

	for (;;) {
		size_t child = 2 * at;

		if (child > l->count)
			break;
		if (child < l->count && earlier(l->heap[child + 1], l->heap[child]))
			child++;
		if (!earlier(l->heap[child], t))
			break;
		place(l, at, l->heap[child]);
		at = child;
	}
	place(l, at, t);
}

static void
heap_remove(struct loop *l, struct timer *t)
{
	struct timer *last = l->heap[l->count--];
	size_t at = t->at;

	t->at = 0;
	if (last == t)
		return;
	place(l, at, last);
	sift_up(l, last);
	sift_down(l, last);
}

void
timer_stop(struct timer *t)
{
	if (t->at != 0 && t->loop != NULL)
		heap_remove(t->loop, t);
}

void
timer_set(struct timer *t, usec after)
{
	struct loop *l = t->loop;

	if (l == NULL)
		return;
	timer_stop(t);
	t->due = loop_mono(l) + (after > 0 ? after : 0);
	t->order = ++l->created;
	if (l->count + 2 > l->capacity) {
		l->capacity = l->capacity == 0 ? 64 : l->capacity * 2;
		l->heap = realloc(l->heap, l->capacity * sizeof *l->heap);
		if (l->heap == NULL)
			abort();
	}
	place(l, ++l->count, t);
	sift_up(l, t);
}

static int
timer_free(void *p)
{
	timer_stop(p);
	return 0;
}

struct timer *
timer_after(const void *ctx, struct loop *l, usec after, timer_f *f, void *arg)
{
	struct timer *t = mem_new(ctx, struct timer);

	t->loop = l;
	t->f = f;
	t->arg = arg;
	mem_on_free(t, timer_free);
	timer_set(t, after);
	return t;
}

bool
timer_is_set(const struct timer *t)
{
	return t->at != 0;
}

usec
timer_left(const struct timer *t)
{
	usec left;

	if (t->at == 0 || t->loop == NULL)
		return 0;
	left = t->due - loop_mono(t->loop);
	return left > 0 ? left : 0;
}

usec
timers_next(const struct loop *l)
{
	return l->count == 0 ? -1 : l->heap[1]->due;
}

/* Only what was set before this call fires, so that a timer of 0 cannot starve the descriptors. */
bool
timers_run_due(struct loop *l)
{
	uint64_t last = l->created;
	usec now = loop_mono(l);
	bool any = false;

	while (!l->stopping && l->count > 0 && l->heap[1]->due <= now && l->heap[1]->order <= last) {
		struct timer *t = l->heap[1];

		heap_remove(l, t);
		any = true;
		t->f(t->arg);
	}
	return any;
}

static void
on_kernel_timer(uv_timer_t *t)
{
	/* It only ends the wait: loop_run() fires what is due. libuv runs its timers before it polls,
	 * too; without this it would then wait for descriptors with our timer gone. */
	uv_stop(t->loop);
}

void
timers_arm_kernel(struct loop *l)
{
	usec next = timers_next(l), wait = HOUR;

	if (next >= 0 && next - loop_mono(l) < HOUR)
		wait = next - loop_mono(l);
	uv_update_time(&l->uv);
	uv_timer_start(l->kernel_timer, on_kernel_timer, wait <= 0 ? 0 : (uint64_t)((wait + 999) / 1000), 0);
}

static void
free_handle(uv_handle_t *h)
{
	free(h);
}

void
timers_init(struct loop *l)
{
	l->kernel_timer = calloc(1, sizeof *l->kernel_timer);
	if (l->kernel_timer == NULL || uv_timer_init(&l->uv, l->kernel_timer) != 0)
		abort();
}

void
timers_free(struct loop *l)
{
	for (size_t i = 1; i <= l->count; i++) {
		l->heap[i]->at = 0;
		l->heap[i]->loop = NULL;
	}
	free(l->heap);
	uv_close((uv_handle_t *)l->kernel_timer, free_handle);
}

/* ---- steps of a virtual wall clock ---- */

struct step_listener {
	struct loop *loop;
	struct step_listener *next;
	timer_f *f;
	void *arg;
};

static int
listener_free(void *p)
{
	struct step_listener *s = p;
	struct step_listener **at = &s->loop->listeners;

	for (; *at != NULL; at = &(*at)->next) {
		if (*at == s) {
			*at = s->next;
			break;
		}
	}
	return 0;
}

void
timers_on_step(const void *ctx, struct loop *l, timer_f *f, void *arg)
{
	struct step_listener *s = mem_new(ctx, struct step_listener);

	s->loop = l;
	s->f = f;
	s->arg = arg;
	s->next = l->listeners;
	l->listeners = s;
	mem_on_free(s, listener_free);
}

void
loop_step_wall(struct loop *l, usec by)
{
	struct step_listener *s, *next;

	clock_step_wall(l->clock, by);
	for (s = l->listeners; s != NULL; s = next) {
		next = s->next;
		s->f(s->arg);
	}
}
