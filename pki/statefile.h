/*
 * Small files of the state directory that PKI keeps: read whole, replaced whole. An engine without a
 * state directory (a check, a unit test) has none, and writing to it succeeds. Engine thread only.
 */
#ifndef PKI_STATEFILE_H
#define PKI_STATEFILE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/err.h"

struct engine;

/* NUL-terminated behind *n bytes. NULL with ERR_NONE when there is no such file, else with err. */
char *statefile_read(const void *ctx, const struct engine *, const char *name, size_t *n, struct err *);
/* Other readers see the old file or the new one. */
bool statefile_write(const struct engine *, const char *name, const void *data, size_t n, struct err *);

/* The object in a file; an empty one when there is no file, and, with err, when the file holds none. The caller's. */
json_t *statefile_read_object(const struct engine *, const char *name, struct err *);
/* Keys keep their order. */
bool statefile_write_object(const struct engine *, const char *name, const json_t *, struct err *);

#endif
