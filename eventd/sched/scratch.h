/*
 * Memory that lives for one step: a bump allocator that is emptied before the next step of whatever
 * run. Keeps its first block, so steps that need little never allocate.
 */
#ifndef SCHED_SCRATCH_H
#define SCHED_SCRATCH_H

#include <stdalign.h>
#include <stddef.h>

enum { SCRATCH_BLOCK = 16384, SCRATCH_ALIGN = 16 };

/* Private to scratch.c; here for scratch_reset(), which every step of a run calls. */
struct scratch {
	size_t used;
	void *more; /* context of what did not fit; NULL = none */
	alignas(SCRATCH_ALIGN) char block[SCRATCH_BLOCK];
};

struct scratch *scratch_new(const void *ctx);
void *scratch_alloc(struct scratch *, size_t); /* 16-byte aligned, not zeroed */
void scratch_drop_more(struct scratch *);

static inline void
scratch_reset(struct scratch *s)
{
	s->used = 0;
	if (s->more)
		scratch_drop_more(s);
}

#endif
