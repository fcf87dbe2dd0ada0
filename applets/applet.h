/*
 * Applets: the configuration rows of `event manager applet` and its mode, of environment, history,
 * session and scheduler, and the registration of an applet as a policy when its mode is left. Engine thread only.
 */
#ifndef APPLETS_APPLET_H
#define APPLETS_APPLET_H

#include <stdbool.h>

#include "conf/row.h"
#include "core/engine.h"
#include "core/err.h"

struct action;
struct detector;

/* A runaway `append` must not take the machine's memory before maxrun comes. */
enum { VALUE_MAX_DEFAULT = 64 * 1024 * 1024 };

/* What an applet can say: both tables end with NULL and outlive the engine. */
struct language {
	const struct detector *const *detectors;
	const struct action *const *actions;
};

/*
 * Everything policies need, in the order in which it may be freed again: environment, bus and its
 * detectors, history, policies, scheduler; then the configuration rows of this folder go to
 * engine->conf. Needs clock, loop, log, redact, rng, secrets and conf. Once, before anything is loaded.
 */
bool applets_start(const void *ctx, struct engine *, const struct language *, struct err *);

/* `event manager session cli username`; "" when not configured. */
const char *session_cli_username(const struct engine *);
unsigned session_cli_privilege(const struct engine *);

enum { RPC_SESSIONS_DEFAULT = 4 };
unsigned rpc_sessions_max(const struct engine *); /* event manager detector rpc max-sessions */
usec routing_bootup_delay(const struct engine *); /* event manager detector routing bootup-delay; 0: none */
bool mail_splits_at_first(const struct engine *); /* event manager mail legacy-at-split */

struct text;
/* The action lines of an applet as running-config shows them; false: no such applet. */
bool applet_listing(const struct engine *, const char *name, struct text *);

#endif
