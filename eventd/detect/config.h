/* Detector config: whoever changes the configuration says so here. */
#ifndef DETECT_CONFIG_H
#define DETECT_CONFIG_H

#include "core/cause.h"
#include "core/engine.h"

/* Somebody (`who`: "admin on vty0 (local)") has changed the running configuration and is done with it. */
void config_changed(struct engine *, const char *who, struct cause *);

#endif
