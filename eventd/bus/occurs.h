/*
 * `occurs N [period S]` and `ratelimit S` of an event: small counters over a monotonic clock, fixed in
 * size when configured. Pure: the caller brings the time. Any thread, one at a time.
 */
#ifndef BUS_OCCURS_H
#define BUS_OCCURS_H

#include <stdbool.h>

#include "core/clock.h"

#define OCCURS_MAX        65535u
#define OCCURS_SYSLOG_MAX 32u /* of `event syslog` IOS allows 1-32 */

struct occurs;

/*
 * n occurrences make one event. With a period (> 0) the n must lie within it, ends included: an exact
 * sliding window over a ring of n time stamps. With 0, occurrences count without time limit.
 * 16 bytes, with a period 8 * n more.
 */
struct occurs *occurs_new(const void *ctx, unsigned n, usec period);

/* One occurrence. True at every nth; counting then begins anew. `now` must not go back. */
bool occurs_add(struct occurs *, usec now);

/* Occurrences that count at `now`. */
unsigned occurs_pending(const struct occurs *, usec now);
void occurs_reset(struct occurs *);

/* At most one pass each `every` microseconds (0 = no limit). */
struct ratelimit {
	usec every, next;
	bool used; /* something passed before */
};

/* May it pass now? A refusal does not prolong the time. */
bool ratelimit_pass(struct ratelimit *, usec now);

#endif
