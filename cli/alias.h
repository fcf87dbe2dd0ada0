/*
 * Aliases of EXEC: `alias exec NAME TEXT`. A line whose first word is one, written out, is carried out as the text with
 * what stands behind the word. Engine thread only.
 */
#ifndef CLI_ALIAS_H
#define CLI_ALIAS_H

#include <stdbool.h>

struct cli;
struct session;

/* The line with its alias written out, in ctx; the line itself when it begins with none. */
const char *alias_expand(const void *ctx, const struct session *, const char *line);

#endif
