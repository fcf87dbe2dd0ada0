/*
 * Small files of the state directory that PKI keeps: read whole, replaced whole. An engine without a
 * state directory (a check, a unit test) has none, and writing to it succeeds. Engine thread only.
 */
#ifndef PKI_STATEFILE_H
#define PKI_STATEFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct engine;

/* NUL-terminated behind *n bytes. NULL with ERR_NONE when there is no such file, else with err. */
char *statefile_read(const void *ctx, const struct engine *, const char *name, size_t *n, struct err *);
/* Other readers see the old file or the new one. */
bool statefile_write(const struct engine *, const char *name, const void *data, size_t n, struct err *);

#endif
