/*
 * Glob patterns as Tcl's `string match`: `*`, `?`, `[a-z]`, `\x`. Characters where both texts are
 * UTF-8, bytes where not. Any thread.
 */
#ifndef CORE_GLOB_H
#define CORE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* The whole of `s` must match. Linear space, at most |pattern| * |s| steps. */
bool glob_match(const char *pattern, size_t pattern_len, const char *s, size_t n, bool nocase);

#endif
