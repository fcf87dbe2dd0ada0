/*
 * An engine on a virtual clock, for unit tests and scenarios: everything but the outside world. Time
 * stands still until virtual_advance(); equal seeds and configurations give equal runs.
 */
#ifndef TESTS_VIRTUAL_H
#define TESTS_VIRTUAL_H

#include <stdio.h>
#include <stdlib.h>

#include "actions/action.h"
#include "applets/applet.h"
#include "cli/cli.h"
#include "cli/port.h"
#include "conf/conf.h"
#include "core/clock.h"
#include "core/engine.h"
#include "core/err.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/rng.h"
#include "detect/detector.h"
#include "store/secret.h"

/* Sunday, 1 March 2026, 00:00:00 UTC. */
#define VIRTUAL_START (INT64_C(1772323200) * USEC_PER_SEC)

/* Where the program has no host name of its own yet. */
__attribute__((weak)) const char *engine_hostname(const struct engine *);
__attribute__((weak)) const char *
engine_hostname(const struct engine *engine)
{
	return "R1";
}

static const struct language virtual_language = { detectors, actions };

static inline struct engine *
virtual_engine(const void *ctx)
{
	struct engine *e = mem_new(ctx, struct engine);
	struct err err = ERR_INIT;

	e->clock = clock_new_virtual(e, VIRTUAL_START);
	e->loop = loop_new(e, e->clock);
	e->redact = redact_new(e);
	e->log = log_new(e, e->clock, e->redact);
	e->rng = rng_new(e, 1);
	e->secrets = secrets_open(e, NULL, &err);
	e->conf = conf_new(e, e);
	e->started_wall = clock_wall(e->clock);
	e->started_mono = clock_mono(e->clock);
	if (!applets_start(e, e, &virtual_language, &err)) {
		fprintf(stderr, "engine: %s\n", err.text);
		abort();
	}
	e->cli = cli_new(e, e);
	e->cli_port = &cli_port;
	return e;
}

static inline void
virtual_advance(struct engine *e, usec by)
{
	loop_advance(e->loop, by);
}

#endif
