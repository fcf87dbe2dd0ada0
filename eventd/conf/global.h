/*
 * The lines of global configuration that belong to no feature: hostname, service, logging. The
 * running configuration wins over the settings (rulings 47).
 */
#ifndef CONF_GLOBAL_H
#define CONF_GLOBAL_H

#include "core/engine.h"

/* Hands the rows to engine->conf, and takes host name and levels from engine->settings (may be NULL). */
void conf_global_start(struct engine *);
/* The settings were read anew. */
void conf_global_settings(struct engine *);

#endif
