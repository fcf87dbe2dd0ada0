/*
 * `event manager environment NAME VALUE`: the variables that all policies read, live. In memory the
 * values are plain; the configuration keeps the password of a server string encrypted, and the
 * redaction list knows it. Engine thread only.
 */
#ifndef APPLETS_ENV_H
#define APPLETS_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine.h"
#include "core/err.h"

struct environment *environment_new(const void *ctx, struct engine *);

/* The value, or NULL. Valid until the variable is changed. */
const char *environment_get(const struct environment *, const char *name, size_t *len);
void environment_set(struct environment *, const char *name, const char *value);
void environment_unset(struct environment *, const char *name);
/* In the order in which they were defined. */
void environment_each(
	const struct environment *, void (*f)(void *arg, const char *name, const char *value), void *arg);

#endif
