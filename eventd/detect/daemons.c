/* Who begins to read other daemons. */
#include "detect/daemons.h"

#include <stddef.h>

#include "core/engine.h"

bool
daemons_are_read(const struct engine *e)
{
	return e->state_dir != NULL && !e->is_check;
}

void
daemon_detectors_come(struct engine *e)
{
	if (!daemons_are_read(e))
		return;
	rf_come(e);
	routing_neighbor_come(e);
	neighbor_discovery_come(e);
	identity_come(e);
}
