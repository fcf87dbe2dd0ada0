/* Inside applets/: the configuration of multiple events. */
#ifndef APPLETS_TRIGGER_H
#define APPLETS_TRIGGER_H

#include <stdbool.h>

#include "applets/rows.h"
#include "bus/correlate.h"
#include "bus/tracked.h"

/* Hands the rows of `trigger` and its mode to engine->conf. */
void trigger_rows(struct engine *);

/*
 * What the applet's trigger says, its texts as they stand in the configuration or in ctx. *found: is
 * there one? False: a variable that does not exist, an attribute of no event.
 */
bool trigger_read(const void *ctx, struct engine *, const struct conf_node *applet, bool *found,
	struct trigger_spec *out, struct err *err);

#endif
