/*
 * Contexts: variables that policies lay down under a key for other runs (`context save`, `context
 * retrieve`). They outlive runs, commits and restarts: kept in memory, written to
 * `contexts.json` of the state directory in batches, at most a second late (rulings 48). Engine thread only.
 */
#ifndef APPLETS_CONTEXT_H
#define APPLETS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine.h"
#include "core/err.h"

enum { CONTEXT_BYTES_MAX = 16 * 1024 * 1024 }; /* all contexts together */

struct contexts;

/* Reads what an earlier start has left; an unreadable file is told in the log and begun anew. */
struct contexts *contexts_new(const void *ctx, struct engine *);

/* Lays a variable down; one of that name under that key is replaced. False: no room. */
bool context_save(
	struct contexts *, const char *key, const char *name, const char *value, size_t n, struct err *);

/*
 * Hands out the variables whose names match the glob pattern, in the order in which they were saved,
 * and forgets them. Answers how many; 0 also when the key is unknown.
 */
typedef void context_f(void *arg, const char *name, const char *value, size_t n);
size_t context_take(struct contexts *, const char *key, const char *pattern, context_f *, void *arg);

#endif
