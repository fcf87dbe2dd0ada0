/*
 * Timers by name that script policies set for each other (Tcl: register_timer, timer_arm, timer_cancel);
 * whoever is registered with detector timer-subscriber of that name is run when one expires. The event
 * stands here because both sides know it. Engine thread only.
 */
#ifndef BUS_NAMED_TIMER_H
#define BUS_NAMED_TIMER_H

#include "core/alarm.h"
#include "core/engine.h"
#include "core/err.h"

enum { NAMED_TIMERS_MAX = 1000 };

/* Data of a timer-subscriber event. */
struct named_timer_data {
	const char *type;
	const char *name;
	usec time;   /* wall, when it expired */
	usec remain; /* until it expires again; 0 = never */
	enum alarm_kind kind;
};

/* "timer countdown" and so on, as $_event_type_string says it. */
const char *timer_event_type(enum alarm_kind);

struct named_timers;

struct named_timers *named_timers_new(const void *ctx, struct engine *);

/*
 * Sets the timer of this name and kind, anew when it is set already; false with err when there are too
 * many. An expiry begins a causal chain of its own, as those of `event timer` do.
 */
bool named_timer_set(struct named_timers *, const char *name, const struct alarm_when *, struct err *);

/* Until it expires; 0: it is not set. */
usec named_timer_left(const struct named_timers *, const char *name, enum alarm_kind);
void named_timer_stop(struct named_timers *, const char *name, enum alarm_kind);

#endif
