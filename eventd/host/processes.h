/*
 * Processes as /proc has them: one pass finds all that are asked for. 5,000 processes take tens of
 * milliseconds, so: blocking, for a worker thread; malloc only. Any thread.
 */
#ifndef HOST_PROCESSES_H
#define HOST_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process {
	size_t wanted; /* which of the names that were asked for */
	int64_t pid;
	uint64_t start;  /* ticks since boot: pid and start are one process for ever */
	uint64_t cpu_us; /* user and system time, all threads */
	int64_t rss;     /* bytes in memory */
	char path[256];  /* of the program; "" for the kernel's own */
};

struct processes {
	bool readable;  /* false: there is no such folder */
	int64_t memory; /* bytes of the machine */
	size_t n;
	struct process *v;
};

/*
 * A name is that of the process (as `ps -o comm` shows it), that of its program's file, or the path of
 * that file. A process with several of the names is there several times. The caller frees.
 */
struct processes *processes_read(const char *procfs, char *const *names, size_t n);
void processes_free(struct processes *);

/* Numbers of /proc/PID/stat; false when the line is none. `comm` has room for 64. */
bool process_parse(const char *line, struct process *, char *comm);

#endif
