/*
 * How busy the processors are: all together over five seconds, one minute and five minutes, measured all the time;
 * and by process, measured from the first who asks on, until nobody has asked for ten minutes. Averages decay as
 * those of IOS do. Engine thread only; /proc is read in worker threads.
 */
#ifndef HOST_BUSY_H
#define HOST_BUSY_H

#include <stddef.h>
#include <stdint.h>

#include "core/engine.h"
#include "core/machine.h"

#define BUSY_SAMPLE (5 * USEC_PER_SEC)

/* Percent of the time of all processors. */
struct busy_use {
	double five_seconds, one_minute, five_minutes;
};

/* How often the first thread was given a processor, and for how long; 0: the kernel does not count. */
struct busy_slices {
	uint64_t invoked, usecs;
};

struct busy_process {
	struct machine_process is;
	struct busy_slices slices;
	struct busy_use use;
};

struct busy;

struct busy *busy_new(const void *ctx, struct engine *);

/* `interrupts`: of the five seconds, what interrupts took. */
struct busy_use busy_total(const struct busy *, double *interrupts);

/* By pid; borrowed for the call. The first who asks waits for a second, which is then all that is known. Ends with ctx. */
typedef void busy_f(void *arg, const struct busy_process *, size_t n);
void busy_processes(const void *ctx, struct busy *, busy_f *, void *arg);

/* A value of the last `seconds` joins the averages. Pure. */
void busy_average(struct busy_use *, double value, double seconds, bool is_first);

#endif
