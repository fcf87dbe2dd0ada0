/*
 * The Lua of one policy, inside eventd-lua: its memory limit, what of the standard library it has, the
 * module `eem` (applets/lua/eem.lua), and how errors tell where they happened.
 */
#ifndef APPLETS_LUA_STATE_H
#define APPLETS_LUA_STATE_H

#include <stddef.h>

#include <jansson.h>

#include "core/text.h"

struct state;

struct state_outcome {
	bool failed;
	int status;       /* what the policy returned */
	const char *code; /* "FH_ESYSERR" */
	struct text message;
	char at[97]; /* "FILE:12"; "" when that is not known */
};

/*
 * One call of the policy to the engine: answers the `answer` message (the caller owns it), or ends the
 * process when there is nobody to ask any more.
 */
typedef json_t *state_call_f(void *arg, const char *name, json_t *args, const char *at);

/* Everything that does not depend on the policy. NULL: not enough memory. */
struct state *state_new(const void *ctx, state_call_f *, void *arg);

/*
 * Runs the text of the policy `name`; `mode` is "register" or "run". Call once; the state is never
 * closed, so that no finalizer has the last word.
 */
void state_run(struct state *, const char *mode, const char *name, const char *text, size_t n,
	struct state_outcome *);

#endif
