/* A binary heap of deferred parts. */
#include "actions/mail/queue/heap.h"

#include "actions/mail/queue/private.h"
#include "core/mem.h"

struct heap {
	struct queue_part **at; /* at[0] is not used: children of n are 2n and 2n + 1 */
	size_t n, room;
};

static void
set(struct heap *h, size_t i, struct queue_part *p)
{
	h->at[i] = p;
	p->heap_at = i;
}

static void
up(struct heap *h, size_t i, struct queue_part *p)
{
	for (; i > 1 && h->at[i / 2]->next_try > p->next_try; i /= 2)
		set(h, i, h->at[i / 2]);
	set(h, i, p);
}

static void
down(struct heap *h, size_t i, struct queue_part *p)
{
	for (size_t child; (child = i * 2) <= h->n; i = child) {
		if (child < h->n && h->at[child + 1]->next_try < h->at[child]->next_try)
			child++;
		if (h->at[child]->next_try >= p->next_try)
			break;
		set(h, i, h->at[child]);
	}
	set(h, i, p);
}

void
heap_put(struct heap *h, struct queue_part *p)
{
	if (h->n + 1 >= h->room) {
		h->room = h->room == 0 ? 64 : h->room * 2;
		h->at = mem_resize(h, h->at, h->room * sizeof *h->at);
	}
	up(h, ++h->n, p);
}

void
heap_take(struct heap *h, struct queue_part *p)
{
	struct queue_part *last = h->at[h->n--];
	size_t i = p->heap_at;

	p->heap_at = 0;
	if (last == p)
		return;
	if (i > 1 && h->at[i / 2]->next_try > last->next_try)
		up(h, i, last);
	else
		down(h, i, last);
}

struct queue_part *
heap_first(const struct heap *h)
{
	return h->n == 0 ? NULL : h->at[1];
}

struct heap *
heap_new(const void *ctx)
{
	return mem_new(ctx, struct heap);
}
