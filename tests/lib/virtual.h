/*
 * An engine on a virtual clock, for unit tests and scenarios: the whole daemon but for the outside
 * world. Time stands still until loop_advance(); equal configurations give equal runs.
 */
#ifndef TESTS_VIRTUAL_H
#define TESTS_VIRTUAL_H

#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "core/clock.h"
#include "core/engine.h"
#include "core/err.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "setup.h"

/* Sunday, 1 March 2026, 00:00:00 UTC. */
#define VIRTUAL_START (INT64_C(1772323200) * USEC_PER_SEC)

static inline struct engine *
virtual_engine(const void *ctx)
{
	struct err err = ERR_INIT;
	struct engine *e = engine_new(
		ctx, &(struct setup){ .clock = clock_new_virtual(ctx, VIRTUAL_START), .seed = 1 }, &err);

	if (e == NULL) {
		fprintf(stderr, "engine: %s\n", err.text);
		abort();
	}
	return e;
}

static inline void
virtual_advance(struct engine *e, usec by)
{
	loop_advance(e->loop, by);
}

#endif
