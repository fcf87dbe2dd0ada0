/*
 * What the kernel tells of processors, memory and processes (proc(5)). Any thread: only malloc. The names of
 * processes are foreign text.
 */
#ifndef CORE_MACHINE_H
#define CORE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* All processors together, in clock ticks since the start; use comes from two of them. */
struct machine_cpu {
	unsigned count;
	uint64_t user, system, idle, wait; /* nice counts as user; irq, softirq and steal as system */
	double load[3];                    /* over 1, 5 and 15 minutes */
};

struct machine_memory { /* bytes */
	uint64_t total, free, available, swap_total, swap_free;
};

struct machine_process {
	int pid, parent;
	char name[16]; /* as the kernel cuts it */
	char state;    /* R S D Z T ... */
	unsigned threads;
	uint64_t cpu_msec;
	uint64_t memory; /* resident, bytes */
};

bool machine_cpu(struct machine_cpu *, struct err *);
bool machine_memory(struct machine_memory *, struct err *);
/* By pid, in an array of malloc(3); the number of them. */
size_t machine_processes(struct machine_process **);

/* Percent of the time between two samples in which the processors were busy. */
double machine_busy(const struct machine_cpu *before, const struct machine_cpu *now);

/* ---- the formats, for tests ---- */
bool machine_parse_cpu(const char *stat, struct machine_cpu *);            /* /proc/stat; without the loads */
bool machine_parse_memory(const char *meminfo, struct machine_memory *);   /* /proc/meminfo */
bool machine_parse_process(const char *stat, struct machine_process *out); /* /proc/PID/stat */

#endif
