/*
 * Applets: the configuration rows of `event manager applet` and its mode, of environment, history,
 * session and scheduler, and the registration of an applet as a policy when its mode is left.
 */
#ifndef APPLETS_APPLET_H
#define APPLETS_APPLET_H

#include <stdbool.h>

#include "conf/row.h"
#include "core/engine.h"
#include "core/err.h"

/* Hands all rows and modes of this folder to engine->conf; once, before anything is loaded. */
void applets_start(struct engine *);

/* engine->env, bus, history, sched, policies and the detectors in one go (detectors start last). */
bool engine_start_policies(const void *ctx, struct engine *, struct err *);

/* `event manager session cli username`; "" when not configured. */
const char *session_cli_username(const struct engine *);

#endif
