/*
 * Object tracking: `track N ...` and `show track`. Kinds of objects tell their states through
 * bus/tracked.h; changes are logged as %TRACK-6-STATE: stub objects, which policies set, interfaces,
 * routes, IP SLA operations, and lists of other objects (ios-surfaces 4). Engine thread only.
 */
#ifndef TRACK_TRACK_H
#define TRACK_TRACK_H

#include "core/engine.h"

struct cli;
struct tracks;

/* Hands its rows to engine->conf; needs conf and the bus. */
struct tracks *tracks_new(const void *ctx, struct engine *);
void tracks_commands(struct cli *, struct tracks *);

/* Looks at every object again: what they depend on may be another one. */
void tracks_look(struct tracks *);

#endif
