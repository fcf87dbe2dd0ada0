/*
 * Lua policies (eem-language.md 14): `event manager policy FILE` and its directories, their
 * registration, their runs. Each registration and each run is a process eventd-lua of its own, which
 * asks for everything it wants to do (applets/lua/wire.h). Engine thread only.
 */
#ifndef APPLETS_LUA_SCRIPTS_H
#define APPLETS_LUA_SCRIPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "applets/applet.h"
#include "core/engine.h"
#include "core/regex.h"

struct detector;
struct scripts;

/* Sets engine->scripts and hands the rows to engine->conf. Behind the policies and the scheduler. */
void scripts_start(const void *ctx, struct engine *, const struct language *);

/* `f` is called from the loop, once, when no policy is on its way to be registered; until ctx dies. */
void scripts_on_settled(const void *ctx, struct scripts *, void (*f)(void *arg), void *arg);

bool scripts_are_settled(const struct scripts *);

/* Why a policy of the configuration is not registered; NULL: it is, or on its way, or there is none. */
const char *scripts_refusal(const struct scripts *, const char *name);

/* The processes under way, for `show system processes`. */
void scripts_each_process(const struct scripts *,
	void (*f)(void *arg, const char *name, const char *policy, pid_t pid), void *arg);

/* For `show event manager policy available` and `directory user`. */
void scripts_each_available(
	struct engine *, bool system, void (*f)(void *arg, const char *name, usec created), void *arg);
/* The text of a file that could be a policy; NULL with err. */
const char *scripts_text(const void *ctx, struct engine *, const char *name, size_t *len, struct err *);
/* What eem.event() calls a variable: "_syslog_msg" of detector syslog is "msg". */
const char *script_event_name(const struct detector *, const char *variable);
/* `which` is "policy", "library" or "repository": the path as configured; NULL: none. */
const char *script_directory(const struct engine *, const char *which);

/* event manager update user policy: which of the registered policies, and from where. */
struct update_want {
	const char *name;       /* this one; NULL: */
	struct regex *group;    /* those whose name matches; NULL: all */
	const char *repository; /* NULL: event manager directory user repository */
};

/*
 * Copies their files from the repository, where they are newer than ours, and registers them anew; the
 * log says what was done. False with err at the first that fails: what was done before stays.
 */
bool scripts_update(struct engine *, const struct update_want *, unsigned *copied, struct err *);

#endif
