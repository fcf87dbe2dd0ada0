/* Actions upon the device itself, and the configuration that allows them. */
#ifndef ACTIONS_IO_SYSTEM_H
#define ACTIONS_IO_SYSTEM_H

#include <stdbool.h>

#include "core/err.h"

struct engine;

/* Hands `event manager allow {reload | force-switchover} COMMAND` to engine->conf. */
void system_config_start(struct engine *);

/* Is there an `event manager allow reload`? */
bool system_may_reload(const struct engine *);
/* Runs what it names; false: it is not there, or does not start. */
bool system_reload(struct engine *, struct err *);

#endif
