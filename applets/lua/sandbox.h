/*
 * What a policy's process may still do once its text is about to run: compute, ask for memory up to a
 * limit, and speak through the two descriptors it was born with. Everything else is taken away in
 * layers, so that a hole in one is closed by the next; what the kernel does not have is reported.
 */
#ifndef APPLETS_LUA_SANDBOX_H
#define APPLETS_LUA_SANDBOX_H

#include <stdbool.h>

#include "core/err.h"

struct sandbox {
	bool seccomp;
	int landlock; /* version of the kernel's interface; 0 = none */
};

/*
 * At the very start, whatever will be run: descriptors above 1 are closed, no core, no new privilege, no
 * root, no file; the process dies with its parent. False: a layer that every kernel has could not be
 * put up; run nothing.
 */
bool sandbox_begin(struct sandbox *, struct err *);

/* The rest, for good. `cpu_seconds` 0: no limit of processor time. False as above. */
bool sandbox_close(unsigned cpu_seconds, struct sandbox *, struct err *);

#endif
