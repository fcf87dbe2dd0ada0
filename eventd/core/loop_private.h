/* What loop.c and timer.c share. */
#ifndef CORE_LOOP_PRIVATE_H
#define CORE_LOOP_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "core/loop.h"

struct loop {
	uv_loop_t uv;
	struct clock *clock;
	bool stopping;
	int in_flight;
	/* timer.c */
	uv_timer_t *kernel_timer;
	struct timer **heap;
	size_t count, capacity;
	uint64_t created; /* order of creation, for equal deadlines */
	struct step_listener *listeners;
};

void timers_init(struct loop *);
void timers_free(struct loop *);
bool timers_run_due(struct loop *); /* did any fire? */
void timers_arm_kernel(struct loop *);
usec timers_next(const struct loop *); /* deadline, -1 = none */
void timers_on_step(const void *ctx, struct loop *, timer_f *, void *arg);

#endif
