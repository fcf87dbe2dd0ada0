/*
 * One `logging host`: its process, and what waits for it. At most HOST_WAITING lines wait for a host that does not
 * take them; what comes then is dropped, and counted. Engine thread only.
 */
#ifndef LOGGING_HOST_H
#define LOGGING_HOST_H

#include <stdint.h>

#include <jansson.h>

#include "core/engine.h"
#include "logging/discriminator.h"
#include "logging/logging.h"

enum { HOST_WAITING = 4096 };

struct host;

struct host *host_new(const void *ctx, struct engine *, const char *key, const struct host_args *);
const char *host_key(const struct host *); /* of its line in the configuration */

/* What the process has to know (forward/forward.h); taken. Says so when it is the first time. */
void host_setup(struct host *, json_t *setup, struct discriminator *);

/* `head` is "<PRI>N: ". */
void host_line(struct host *, const char *head, const struct log_entry *);

/* The line has gone: says so. */
void host_stop(struct host *);

void host_facts(const struct host *, struct logging_host *out);
const struct helper *host_helper(const struct host *);

#endif
