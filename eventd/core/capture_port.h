/*
 * Packets for modules that are no part of the capture: questions to the capture helper. Implemented by
 * capture/, reached through the engine. Engine thread only.
 */
#ifndef CORE_CAPTURE_PORT_H
#define CORE_CAPTURE_PORT_H

#include <stdbool.h>

#include <jansson.h>

#include "core/err.h"

struct engine;

/* The answer is borrowed; NULL with err: the helper's own error, or that it died (class HELPER_FAILED). */
typedef void capture_port_done_f(void *arg, const json_t *answer, const struct err *);

/* The helper has died, after the answers that it owed: with it went every buffer. */
typedef void capture_port_gone_f(void *arg, const struct err *);

struct capture_port_ops {
	/* Takes the question, adds op, name and id. `done` is called once, from the loop; false: it never is. */
	bool (*ask)(struct engine *, const char *op, const char *name, json_t *question,
		capture_port_done_f *, void *arg, struct err *);
	/* From now on; one caller. */
	void (*on_gone)(struct engine *, capture_port_gone_f *, void *arg);
	/* Is there a `monitor capture NAME`? */
	bool (*is_there)(const struct engine *, const char *name);
};

#endif
