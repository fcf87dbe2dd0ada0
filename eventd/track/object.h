/* Inside track/: the objects. */
#ifndef TRACK_OBJECT_H
#define TRACK_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/tracked.h"
#include "core/clock.h"
#include "core/engine.h"

struct track_object {
	struct track_object *next; /* in order of their numbers */
	uint32_t number;
	enum tracked state, dflt;
	bool was_set; /* by a policy: from then on the default means nothing */
	unsigned changes;
	usec changed; /* mono */
};

struct track_object *tracks_first(const struct tracks *);
struct engine *tracks_engine(const struct tracks *);

#endif
