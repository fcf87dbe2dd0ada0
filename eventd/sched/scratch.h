/*
 * Memory that lives for one step: a bump allocator that is emptied before the next step of whatever
 * run. Keeps its first block, so steps that need little never allocate.
 */
#ifndef SCHED_SCRATCH_H
#define SCHED_SCRATCH_H

#include <stddef.h>

struct scratch;

struct scratch *scratch_new(const void *ctx);
void *scratch_alloc(struct scratch *, size_t); /* 16-byte aligned, not zeroed */
void scratch_reset(struct scratch *);

#endif
