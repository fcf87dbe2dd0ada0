/*
 * Tracked objects as policies see them: whoever owns objects (stubs, interfaces, routes, ...) tells
 * here when one comes up, goes down or is removed, and detector `track` and `correlate track N` learn of
 * it. Engine thread only.
 */
#ifndef BUS_TRACKED_H
#define BUS_TRACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/spec.h"
#include "core/cause.h"
#include "core/engine.h"

enum { TRACKED_MAX = 32767 };
enum tracked { TRACKED_ABSENT, TRACKED_DOWN, TRACKED_UP };
const char *tracked_name(enum tracked); /* "", "down", "up" */

/* Arguments of `event track`. */
struct track_spec {
	struct spec_common common;
	struct kw_int number;
	struct kw_enum state; /* enum tracked; TRACKED_ABSENT: any */
};

/* Data of a `track` event. */
struct track_data {
	int64_t number;
	const char *state; /* "up", "down" */
};

/*
 * The object is in this state from now on. From up to down and back is an event; the first state of a
 * new object is none, and one that is removed (TRACKED_ABSENT) fires nothing.
 */
void tracked_set(struct engine *, uint32_t number, enum tracked, struct cause *);
enum tracked tracked_get(const struct engine *, uint32_t number);

/*
 * Setting an object by hand (`action track set`) is for stub objects: their owner carries it out and
 * answers whether it has one of that number.
 */
typedef bool tracked_stub_f(void *arg, uint32_t number, enum tracked, struct cause *);
void tracked_stubs(struct engine *, tracked_stub_f *, void *arg);
bool tracked_force(struct engine *, uint32_t number, enum tracked, struct cause *); /* false: no stub */

/* `f` is told of each change of the object's state, until ctx dies. The object need not exist. */
typedef void tracked_f(void *arg, uint32_t number, enum tracked was, struct cause *);
void tracked_watch(const void *ctx, struct engine *, uint32_t number, tracked_f *, void *arg);

#endif
