/* What a monitor hears of: opened when somebody asks, freed when nobody does. Engine thread only. */
#ifndef FLOW_SOURCE_H
#define FLOW_SOURCE_H

#include "core/clock.h"
#include "core/err.h"
#include "flow/monitor.h"

/* NULL: err says why not. Both live in ctx. */
struct collector;
struct collector *collector_open(const void *ctx, struct monitor *, struct err *);
void collector_stats(const struct collector *, struct netflow_stats *);

/*
 * The kernel's connection tracking over netlink. It may turn out later that the kernel has none: then the
 * monitor is told what it lacks, and the source is to be freed and opened again after a while.
 */
struct conntrack;
struct conntrack *conntrack_open(const void *ctx, struct monitor *, usec poll, struct err *);

#endif
