/*
 * A helper program of eventctl's own, for commands that need no daemon: the one that stands beside
 * eventctl, started and spoken to in frames (core/frame.h). It ends when its input does, also when
 * eventctl dies.
 */
#ifndef CLI_CLIENT_PROCESS_H
#define CLI_CLIENT_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/err.h"

struct client_process {
	int fd; /* frames in and out */
	pid_t pid;
};

/* err->class HELPER_FAILED when it cannot be run. */
bool client_process_start(struct client_process *, const char *name, struct err *);
void client_process_end(struct client_process *); /* waits for it */

#endif
