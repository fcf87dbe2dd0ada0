/*
 * The event bus: a bounded FIFO between detectors and policies. Publishing queues and returns; it
 * never runs a policy, so nothing recurses and a storm shows as a counter. Dispatch takes the events
 * one by one through the stages match, loop guard, occurs and ratelimit of each specification that
 * asks for them. Engine thread only.
 */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/event.h"
#include "bus/spec.h"

enum { BUS_QUEUE_MAX = 4096, LOOP_LIMIT_DEFAULT = 16 };

struct bus;

struct bus *bus_new(const void *ctx, struct engine *);

/*
 * Takes over the caller's reference. With no targets, every armed specification of the event's
 * detector is offered the event through detector->match(); with targets (ids from spec->id) only
 * those, whose match the detector has already confirmed. False when the queue was full: dropped and counted.
 */
bool bus_publish(struct bus *, struct event *, const uint64_t *targets, size_t n);

/*
 * The stages of one event for one specification, without the queue and without raising it: for
 * callers that start the run themselves. Numbers the event when it has no number yet.
 */
enum pass { PASS_YES, PASS_LOOP, PASS_NOT_YET, PASS_DAMPED, PASS_RATELIMIT, PASS_DIGEST };
enum pass bus_pass(struct bus *, struct spec *, struct event *);

/* The event as the statement's runs see it: with the variables of its damping. The caller's reference. */
struct event *bus_dress(struct bus *, struct spec *, struct event *);

/* What was held is let go: `held` events, of which this was the last. It may end the specification. */
void bus_let_go(struct bus *, struct spec *, struct event *, uint64_t held);
/* Starts or counts a run without any further question. It may end the specification. */
void bus_raise(struct bus *, struct spec *, struct event *);

/* Gives the event its number, once; for events that are not published here. */
void bus_number(struct bus *, struct event *);

/* Is the chain of causes short enough for one more run? Else it is told, once a minute; `ev` may be NULL. */
bool bus_chain_passes(struct bus *, struct spec *, const struct event *ev, struct cause *);

/* `event manager loop-limit N` (rulings 14). */
void bus_set_loop_limit(struct bus *, unsigned);
unsigned bus_loop_limit(const struct bus *);

struct bus_stats {
	uint64_t published, dropped, triggered, suppressed, damped, looped;
	size_t queued;
};
void bus_stats(const struct bus *, struct bus_stats *);
void bus_clear_stats(struct bus *);

/* ---- why something did or did not trigger ---- */
enum stage {
	STAGE_FILTER,
	STAGE_MATCH,
	STAGE_LOOP,
	STAGE_OCCURS,
	STAGE_DAMPING,
	STAGE_RATELIMIT,
	STAGE_DIGEST,
	STAGE_CORRELATE,
	STAGE_SCHED
};

struct verdict { /* a view, valid during the call */
	enum stage stage;
	bool passed;
	const struct spec *spec;
	const struct event *event; /* NULL: the event was never made (a filter said no) */
	const char *why;
};
typedef void verdict_f(void *arg, const struct verdict *);

/*
 * `debug event manager detector NAME`: which detectors DEBUG_EEM_DETECTOR_ONE means. The first one that is
 * turned on while that switch is off makes the others forgotten.
 */
void bus_debug_detector(struct bus *, const struct detector *, bool on);
bool bus_debugs_detector(const struct bus *, const struct detector *);

/* At most one; NULL turns it off. Debug lines of `debug event manager detector` come without it. */
void bus_verdict_sink(struct bus *, verdict_f *, void *arg);
/* Is anybody listening? Ask before building a reason. */
bool bus_wants_verdicts(const struct bus *);
void bus_verdict(struct bus *, const struct spec *, const struct event *, enum stage, bool passed,
	const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* ---- for spec.c ---- */
void bus_add_spec(struct bus *, struct spec *); /* gives it its id */
void bus_remove_spec(struct bus *, struct spec *);
struct spec *bus_find_spec(const struct bus *, uint64_t id);
struct spec *bus_specs(const struct bus *, const struct detector *); /* first armed one, ->next */
uint64_t bus_next_event_id(struct bus *);

#endif
