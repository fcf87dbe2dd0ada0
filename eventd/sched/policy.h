/*
 * The registered policies: what the server knows of an applet (or script) that is armed. The
 * registry is filled by applets/ at commit and read by the scheduler and `show`. Engine thread only.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "bus/spec.h"
#include "core/clock.h"
#include "core/engine.h"
#include "sched/run.h"

enum { POLICY_EVENTS_MAX = 8 };
enum priority { PRIORITY_LAST, PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH };
enum policy_kind { POLICY_APPLET, POLICY_SCRIPT };
enum { POLICY_KINDS = 2 };
const char *policy_kind_name(enum policy_kind); /* "applet", "script" */

struct policy {
	struct engine *engine;
	const char *name;
	enum policy_kind kind;
	const char *type;        /* "user", "system" */
	const char *description; /* NULL = none */
	bool trap, bypass;       /* options of the applet line */
	char class;              /* 'A'-'Z'; 0 = default */
	uint64_t order;          /* of definition: how policies are listed */
	usec registered;         /* wall */
	usec maxrun;             /* 0 = no limit */
	enum priority priority;  /* of its runs in the queue */
	unsigned nice;           /* of scripts: shown only */
	/*
	 * A run under way takes the event for itself (eem.wait_events); false: queue a run. Called with
	 * NULL when no more events will come. Optional.
	 */
	bool (*take)(struct policy *, struct event *);
	void *taker;
	struct program *program;
	struct spec *specs[POLICY_EVENTS_MAX];
	size_t nspecs;
	struct trigger *trigger; /* bus/correlate.h; NULL: one event */
	UT_hash_handle hh;

	bool removed;    /* no longer registered; kept while runs are under way */
	unsigned active; /* runs pending, waiting or running */
	uint64_t triggered, suppressed, runs;
	usec run_total, run_longest;
};

struct policies *policies_new(const void *ctx, struct engine *);
/* A new policy in a context of its own; fill it, allocate in it, then policies_add() it (or mem_free()). */
struct policy *policy_new(struct engine *, const char *name, enum policy_kind);
void policy_release(struct policy *); /* one run less; frees a removed one when it was the last */
/* Queues a run: what a specification's raised() calls, with the policy as arg. */
void policy_raised(void *policy, struct spec *, struct event *);
/* The same of a trigger. */
void policy_triggered(void *policy, struct event *);
/*
 * The same for a caller that waits for the run, or lends it a terminal (may be NULL). No run: `why` says
 * that the policy's other events are missing, that it is running already, or that the queue is full.
 */
enum policy_answer { POLICY_QUEUED, POLICY_WAITS, POLICY_TAKEN, POLICY_BUSY, POLICY_FULL };
struct run *policy_offer(
	struct policy *, struct spec *, struct event *, struct tty *, enum policy_answer *why);
/* "timer watchdog", "multiple": the event type. */
const char *policy_event_type(const struct policy *);
uint64_t policy_suppressed(const struct policy *); /* by rate limits */
/* The first specification of this detector, or NULL. */
struct spec *policy_spec(const struct policy *, const char *detector);

/* Takes over `p` (and what it owns); one of the same name is removed first. The caller has armed its specs. */
void policies_add(struct policies *, struct policy *p);
void policies_remove(struct policies *, const char *name); /* runs under way go on */
struct policy *policies_find(const struct policies *, const char *name);
size_t policies_count(const struct policies *);
void policies_each(
	const struct policies *, void (*f)(void *arg, struct policy *), void *arg); /* as defined */

#endif
