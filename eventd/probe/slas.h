/*
 * IP SLA: operations that probe the network on a schedule (ios-surfaces 3). What they find goes to tracked
 * objects (bus/sla.h), reactions to the log and to detector ipsla. Engine thread only.
 */
#ifndef PROBE_SLAS_H
#define PROBE_SLAS_H

#include "core/engine.h"

struct cli;
struct helper;
struct prober;
struct slas_world;

/* Hands its rows to engine->conf; needs conf, the bus and engine->prober. */
struct slas_world *slas_new(const void *ctx, struct engine *);
void slas_commands(struct cli *);
/* For `show system processes`: one for us, and one for each network namespace that operations name. */
void slas_each_helper(const struct slas_world *, void (*f)(void *arg, const struct helper *), void *arg);

#endif
