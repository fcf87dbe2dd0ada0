/*
 * Time comes from here: the kernel's clocks, or a virtual pair that a test or a simulation moves.
 * All times are microseconds in an int64_t. Monotonic time measures waits; wall time (since 1970,
 * UTC) names moments. Engine thread only.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t usec;
#define USEC_PER_SEC  ((usec)1000000)
#define USEC_PER_MSEC ((usec)1000)

struct clock;

struct clock *clock_new_real(const void *ctx);
struct clock *clock_new_virtual(const void *ctx, usec wall_start);

usec clock_mono(const struct clock *);
usec clock_wall(const struct clock *);
bool clock_is_virtual(const struct clock *);

/* Virtual clocks only: moves both clocks on; steps the wall clock alone. */
void clock_advance(struct clock *, usec by);
void clock_step_wall(struct clock *, usec by);

/* Is the kernel's clock disciplined (adjtimex)? A virtual clock says yes. */
bool clock_is_synchronised(const struct clock *);

#endif
