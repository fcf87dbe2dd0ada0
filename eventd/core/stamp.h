/*
 * Moments as IOS writes them. `wall` is microseconds since 1970 UTC. All forms are
 * NUL-terminated within `size`.
 */
#ifndef CORE_STAMP_H
#define CORE_STAMP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/clock.h"

struct stamp_form { /* service timestamps {log|debug} ... */
	bool off, uptime, localtime, msec, zone, year;
};

/* "Mar 15 21:51:32.798", without the clock mark. `up` is the time since boot, for uptime forms. */
void stamp_datetime(const struct stamp_form *, usec wall, usec up, char *out, size_t size);

/* "Sun May17 18:06:42 2026", day in two columns: history, active, pending. */
void stamp_history(usec wall, char *out, size_t size);

/* "2016-10-17T18:56:04.554Z": JSON. */
void stamp_iso(usec wall, char *out, size_t size);

#endif
