/*
 * Flow monitors: each follows the flows of one source (the kernel's connection tracking, or exporters that
 * send NetFlow or IPFIX to a UDP port), keeps those that live, and tells who asks when one is new, has
 * changed or is gone. A source is open only while somebody asks. Engine thread only.
 */
#ifndef FLOW_MONITOR_H
#define FLOW_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/queue.h>

#include <uthash.h>

#include "core/clock.h"
#include "flow/flow.h"
#include "flow/netflow.h"

struct engine;
struct flows;

enum { FLOW_ENTRIES_DEFAULT = 65536, FLOW_INACTIVE_DEFAULT_S = 15, FLOW_ADDRESS_MAX = 46 };

enum flow_source { FLOW_FROM_NOWHERE, FLOW_FROM_CONNTRACK, FLOW_FROM_UDP };

struct monitor_spec {
	const char *description; /* NULL: none */
	enum flow_source source;
	const char *address; /* of a UDP socket; NULL: all */
	uint16_t port;
	usec inactive; /* flows of exporters that nobody speaks of are gone after this */
	size_t entries;
};

/* A flow that lives; counters since it began. */
struct flow_entry {
	struct flow flow;
	uint64_t id; /* never used again */
	usec seen;
	unsigned round;              /* of the kernel's dump that named it */
	TAILQ_ENTRY(flow_entry) age; /* the one that was not heard of for longest first */
	UT_hash_handle hh;
};

struct monitor;

struct flows *flows_new(const void *ctx, struct engine *);
/* Nothing is opened: flows come by monitor_take() only (scenarios). */
void flows_fake(struct flows *);

struct monitor *flows_find(const struct flows *, const char *name);
struct monitor *flows_next(const struct flows *, const struct monitor *); /* NULL: the first */
struct monitor *flows_add(struct flows *, const char *name, const struct monitor_spec *);
void flows_remove(struct flows *, struct monitor *);
void monitor_set(struct monitor *, const struct monitor_spec *); /* another source begins anew */

const char *monitor_name(const struct monitor *);
const struct monitor_spec *monitor_of(const struct monitor *);

/* Who is told of changes of all monitors; at most one. `gone` follows a delete: forget the id. */
typedef void flows_f(void *arg, struct monitor *, enum flow_change, const struct flow_entry *);
/* Something was opened, or could not be: monitor_needs(). */
typedef void flows_state_f(void *arg, struct monitor *);
void flows_listen(struct flows *, flows_f *, flows_state_f *, void *arg);

/* Somebody asks, or nobody does any more. `poll`: how often counters of the kernel are read. */
void monitor_want(struct monitor *, bool wanted, usec poll);
/* What the machine lacks for it; NULL: nothing, or nobody asks. */
const char *monitor_needs(const struct monitor *);

struct monitor_stats {
	size_t flows;
	uint64_t created, updated, deleted, refused; /* refused: there was no room */
	struct netflow_stats exporters;
};
void monitor_stats(const struct monitor *, struct monitor_stats *);

/* ---- for the sources ---- */
struct engine *monitor_engine(const struct monitor *);
/* A record; `quiet`: what was there before we looked is no news. */
void monitor_take(struct monitor *, const struct flow *, bool quiet);
void monitor_end(struct monitor *, const struct flow *); /* counters are taken first */
void monitor_round(struct monitor *, unsigned round);    /* entries that are taken from now on belong to it */
void monitor_sweep(struct monitor *, unsigned round);    /* those of other rounds are gone */
void monitor_lacks(struct monitor *, const char *what);  /* NULL: nothing */

/* "192.0.2.1": dest false: the source. */
const char *flow_address(const struct flow_key *, bool dest, char out[FLOW_ADDRESS_MAX]);

#endif
