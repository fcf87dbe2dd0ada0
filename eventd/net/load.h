/*
 * Rates and loads of an interface as IOS averages them: exponentially, so that a change has reached 63 % after
 * one load interval. Pure; any thread.
 */
#ifndef NET_LOAD_H
#define NET_LOAD_H

#include "net/links.h"

/* Takes the link's present counters as the sample of `now` (monotonic). `bandwidth` in bits a second. */
void load_sample(struct link *, usec now, usec interval, uint64_t bandwidth);

#endif
