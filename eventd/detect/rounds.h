/*
 * What a detector reads of the machine every so often, while a statement is armed: files of /sys and /proc,
 * which may be slow, in a worker thread, and what was found looked at on the loop. Engine thread only, but
 * for `read`.
 */
#ifndef DETECT_ROUNDS_H
#define DETECT_ROUNDS_H

#include <stdbool.h>

#include "core/clock.h"
#include "detect/detector.h"

struct rounds_kind {
	const struct detector *detector;
	usec every;
	const char *needs; /* of the device, when nothing is found */
	/* In a worker: malloc only. Never NULL. */
	void *(*read)(const char *sysfs, const char *procfs);
	void (*release)(void *found);
	/*
	 * Looks at what was found; false: it is nothing. `stood`: that began before the first statement was typed.
	 * What is there when the device starts is news, as after the reload of a router.
	 */
	bool (*look)(void *arg, const void *found, bool stood);
	void (*end)(void *arg); /* nobody looks any more */
};

struct rounds;

struct rounds *rounds_new(const void *ctx, struct engine *, const struct rounds_kind *, void *arg);
/* A statement is armed: the first one begins the rounds. */
void rounds_arm(struct rounds *);
/* Behind the last one the rounds end, but not at once: a statement that is changed goes and comes. */
void rounds_disarm(struct rounds *);

#endif
