/*
 * How much of something the machine uses: processors, memory, file systems, tables, and the time that tasks
 * stand still for want of it (pressure stall information). Blocking, for a worker thread (a file system of
 * a server that is gone may never answer); malloc only. Any thread.
 */
#ifndef HOST_USAGE_H
#define HOST_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"

enum usage_kind {
	USAGE_CPU_TOTAL,
	USAGE_CPU_PROCESS,
	USAGE_CPU_INTERRUPT,
	USAGE_CPU_PRESSURE,
	USAGE_MEMORY,
	USAGE_MEMORY_PRESSURE,
	USAGE_IO_PRESSURE,
	USAGE_FILESYSTEM,
	USAGE_FILES,
	USAGE_PROCESSES,
	USAGE_CONNTRACK,
};

struct usage_form {
	const char *name;     /* "cpu total": $_resource_owner_id */
	const char *needs;    /* what the kernel must have, when it cannot be read */
	const char *pressure; /* file below /proc/pressure, or NULL */
	bool grows;           /* the numbers are sums since boot: their change counts */
};
const struct usage_form *usage_form(enum usage_kind);

struct usage {
	bool is_there;
	uint64_t used, whole; /* whole of a pressure: 0, the time that has passed is to be taken (usec) */
};

/* path: of a file system, else NULL. procfs: "/proc". */
struct usage usage_read(const char *procfs, enum usage_kind, const char *path);

/* Percent, rounded; -1: not known, as with the first sample of what grows. `passed`: between the samples. */
int usage_percent(enum usage_kind, const struct usage *before, const struct usage *now, usec passed);

#endif
