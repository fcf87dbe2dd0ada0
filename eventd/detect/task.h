/*
 * One condition on processes of a name, as event ioswdsysmon has it: what a sample of /proc comes to, with
 * the sample before for what is a rate. Engine thread only.
 */
#ifndef DETECT_TASK_H
#define DETECT_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "detect/threshold.h"
#include "host/processes.h"

struct task_before;

struct task {
	/* the condition, set by its owner */
	const void *ctx; /* what it remembers is allocated here */
	const char *name;
	bool is_cpu, in_percent; /* else memory; bytes */
	enum compare op;
	int64_t val;

	/* what the last sample came to */
	bool was_looked_at, holds;
	struct process found; /* the process that says most, of those with the name */
	int64_t value, diff;
	usec sampled; /* 0: not yet */
	struct task_before *before;
};

/* names: those that `all` was read with. Processor use is known with the second sample of a process. */
void task_sample(struct task *, const struct processes *all, char *const *names, usec now);
void task_forget(struct task *);

#endif
