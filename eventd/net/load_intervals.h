/*
 * The load interval of each interface (IOS has `load-interval` below `interface NAME`): what was set for one, else
 * the setting interfaces.load-interval. An interface need not be there to have one. Engine thread only.
 */
#ifndef NET_LOAD_INTERVALS_H
#define NET_LOAD_INTERVALS_H

#include <stdint.h>

#include "core/clock.h"
#include "core/engine.h"

struct load_intervals;

struct load_intervals *load_intervals_new(const void *ctx, struct engine *);

/* By the kernel's name; 0 seconds: as the setting says. */
void load_interval_set(struct load_intervals *, const char *kernel, int64_t seconds);

/* `all` may be NULL: then nothing was set for any. */
usec load_interval_of(const struct load_intervals *all, const struct engine *, const char *kernel);

#endif
