/*
 * Policies run by hand: `event manager run`, `action policy`. The event is that of detector `none`;
 * its data stands here because more than the detector makes it.
 */
#ifndef SCHED_MANUAL_H
#define SCHED_MANUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/spec.h"
#include "core/cause.h"
#include "core/engine.h"
#include "core/err.h"
#include "sched/run.h"

enum { MANUAL_ARGS_MAX = 15 };

/* Data of a `none` event. */
struct manual_data {
	int64_t argc;
	const char *arg[MANUAL_ARGS_MAX]; /* NULL behind argc */
	const char *policy;
};

/* Arguments of `event none`. */
struct manual_spec {
	struct spec_common common;
	struct kw_enum sync;
	struct kw_time wait; /* `default`: how long a caller waits */
};

struct manual_want {
	const char *name; /* of the policy */
	const char *const *args;
	size_t nargs;
	struct cause *cause; /* NULL: a person */
	const char *source;  /* "cli vty0" */
	struct tty *tty;     /* for a synchronous policy; may be NULL */
};

/* Does the policy answer the caller (`event none sync yes`), and for how long does that one wait?
 * False: no policy of that name with `event none`. */
bool manual_is_sync(struct engine *, const char *name, bool *sync, usec *wait);

/*
 * Queues a run at once, past the bus: loop guard and rate limit count, and the run is known to the
 * caller. NULL and no error: one of several events of the policy, the others are missing; or a run under way takes it. NULL with err: unknown policy ("EEM policy NAME not registered with event none Event
 * Detector", to the letter), suppressed, or the queue is full.
 */
struct run *manual_run(struct engine *, const struct manual_want *, struct err *);

#endif
