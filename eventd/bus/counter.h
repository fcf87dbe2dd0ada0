/*
 * The server's named counters (eem-language 4.4): made with their first mention, at 0; changed only by
 * `action counter` and scripts; kept over restarts (sched/journal.h). Values are signed 32-bit as on IOS. Engine
 * thread only.
 */
#ifndef BUS_COUNTER_H
#define BUS_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/cause.h"
#include "core/err.h"

struct counters;

enum counter_op { COUNTER_NOP, COUNTER_SET, COUNTER_INC, COUNTER_DEC };

struct counters *counters_new(const void *ctx);

/* False: the value would leave the range; the counter keeps what it has. *now may be NULL. */
bool counter_change(struct counters *, const char *name, enum counter_op, int64_t by, struct cause *,
	int64_t *now, struct err *);
int64_t counter_get(const struct counters *, const char *name); /* 0 when there is none */

/* Those that have changed since the last call; with `again` all of them. */
void counters_each_changed(
	struct counters *, bool again, void (*f)(void *arg, const char *name, int64_t value), void *arg);
/* What it was before this start. What was counted meanwhile is counted on from there; what was set stays. */
void counter_restore(struct counters *, const char *name, int64_t value);

/*
 * `f` is told of every inc, dec and set, also of one that leaves the value as it was, until ctx dies.
 * `cause` is the run that did it.
 */
typedef void counter_f(void *arg, const char *name, int64_t value, struct cause *cause);
void counters_watch(const void *ctx, struct counters *, counter_f *, void *arg);

#endif
