/*
 * `damping` behind an event statement: what repeats too often is held back, thing by thing, as BGP does it
 * (RFC 2439; `bgp dampening`, IOS 12.2). Each event adds 1000 to the penalty of its key, which halves every
 * half-life. Above `suppress` events are held; when the penalty has fallen to `reuse` the last one held is
 * let go, so that the applet knows how things stand, with the count of all of them. `cap` is an absolute
 * limit beside it: so many events of a key within its period, whatever the penalty. Engine thread only.
 */
#ifndef BUS_DAMPING_H
#define BUS_DAMPING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/kw/kw.h"
#include "core/clock.h"
#include "core/err.h"

struct damping;
struct detector;
struct event;
struct spec;

enum {
	DAMPING_PENALTY = 1000, /* of one event */
	DAMPING_KEYS_MAX = 4096 /* of one statement; what comes then shares one key */
};

struct damping_args {
	struct kw_time half_life;      /* default 15 minutes */
	struct kw_int reuse, suppress; /* 750, 2000 */
	struct kw_time max_suppress;   /* four half-lives */
	struct kw_int cap;             /* none */
	struct kw_time cap_period;     /* an hour */
	struct kw_str key;             /* names of variables, commas between; the detector's own key */
	struct kw_str pattern;         /* what it finds in the key, or its first group, is the key,
					   behind the device when that is another */
};
extern const struct kw damping_kw[];

/* Can these values ever hold something, and has the event these variables? Not `final`: a pattern may
 * have $variables in it. */
bool damping_check(const struct detector *, const struct damping_args *, bool final, struct err *);

/* Variables of its runs. */
extern const char *const damping_variables[];

/* Lives in the specification, whose events it judges. */
struct damping *damping_new(struct spec *, const struct damping_args *);

/* May the event pass now? One that may not is kept until the next of its key, or until it is let go. */
bool damping_pass(struct damping *, struct event *);

/* Adds what the applet reads: $_damped_key, and $_damped_count, how many were held. */
void damping_dress(struct damping *, struct event *, uint64_t held);

struct damping_view { /* valid during the call */
	const char *key;
	double penalty;
	bool is_damped, is_capped;
	usec left;     /* until it is let go */
	uint64_t held; /* since it was damped */
};
void damping_each(struct damping *, void (*f)(void *arg, const struct damping_view *), void *arg);

/* Its statement ends, and with it what is held: how much that was is told. */
void damping_end(struct damping *);

/* `clear event manager damping`: every penalty is forgotten, what is held is let go at once. */
void damping_clear(struct damping *);

#endif
