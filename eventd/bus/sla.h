/*
 * What the last run of each IP SLA operation found: told by whoever runs operations, read by tracked
 * objects (`track N ip sla M`). Engine thread only.
 */
#ifndef BUS_SLA_H
#define BUS_SLA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"

struct sla_outcome {
	bool ok;          /* return code OK: track ... state */
	bool reachable;   /* OK or over threshold: track ... reachability */
	const char *code; /* "OK", "Timeout", ...: a constant */
	int64_t rtt_ms;   /* -1: none */
};

/* NULL: the operation is no more, or has not run yet. */
void sla_told(struct engine *, uint32_t operation, const struct sla_outcome *);
const struct sla_outcome *sla_last(const struct engine *, uint32_t operation);

/* `f` is called behind each outcome, until ctx dies. The operation need not exist. */
typedef void sla_f(void *arg, const struct sla_outcome *);
void sla_watch(const void *ctx, struct engine *, uint32_t operation, sla_f *, void *arg);

#endif
