/*
 * Multiple events (eem-language.md 5): the trigger of a policy with tagged events. It counts what
 * occurs within its window and says when the expression of `correlate` holds. A trigger hears only of
 * its own policy's events and of the tracked objects that it names, so its cost does not grow with
 * other policies. Engine thread only.
 *
 * The window opens with the first event, or at `period-start`, and closes after `period`; what counts
 * is forgotten then. Without a period an occurrence counts until the trigger fires or the policy is
 * registered anew (rulings 13). Firing forgets everything; a window of `period-start` stays open.
 * `A andnot B` is known when the window closes without a B; `A andnot track N` is known at once.
 */
#ifndef BUS_CORRELATE_H
#define BUS_CORRELATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/event.h"
#include "bus/spec.h"
#include "core/clock.h"
#include "core/engine.h"
#include "core/err.h"

struct text;
struct trigger;

enum { TRIGGER_MEMBERS = 8, TRIGGER_TERMS = 16 };
enum correlate_op { CORRELATE_AND, CORRELATE_OR, CORRELATE_ANDNOT };

/* One operand, and how it is joined with those on its left (the first one's is not read). */
struct correlate_term {
	enum correlate_op op;
	const char *tag; /* NULL: a tracked object */
	uint32_t track;
};

struct trigger_attribute {
	const char *tag;
	uint64_t occurs;
};

struct trigger_spec {
	uint64_t occurs;          /* how often the expression must hold; 0 is 1 */
	usec period, delay;       /* 0 = none */
	const char *period_start; /* a cron entry; NULL = none */
	usec ratelimit;           /* of the policy; 0 = none */
	struct correlate_term term[TRIGGER_TERMS];
	size_t terms; /* 0: all events, with `and` */
	struct trigger_attribute attribute[TRIGGER_MEMBERS];
	size_t attributes;
};

/* The detector that raised events name: "multiple". */
extern const struct detector detector_multiple;

/* Takes what raised() of the policy takes; for events that are raised later than the last occurrence. */
typedef void trigger_f(void *arg, struct event *);

/*
 * A trigger over these specifications, each with a tag. Texts of `want` are copied. NULL with err when a
 * tag is not defined, or `andnot` of an event lacks a period.
 */
struct trigger *trigger_new(const void *ctx, struct engine *, struct spec *const *members, size_t n,
	const struct trigger_spec *want, trigger_f *raised, void *arg, struct err *);

/*
 * The specification's own conditions are met. Answers the event to raise now, with a reference of the
 * caller's, or NULL: others are still missing, or it is raised later.
 */
struct event *trigger_occurred(struct trigger *, struct spec *, struct event *);

/* " trigger ...", "  correlate ..." and the attributes, a line each, as `show event manager policy
 * registered` prints them. */
void trigger_describe(const struct trigger *, struct text *out);

/* Is this tracked object part of its expression? */
bool trigger_has_track(const struct trigger *, uint32_t number);

uint64_t trigger_suppressed(const struct trigger *); /* by the rate limit */

#endif
