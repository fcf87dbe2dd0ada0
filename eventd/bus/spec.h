/*
 * A specification: one event statement of a policy, armed at its detector. It owns its parsed and
 * substituted arguments, its window of occurrences and its rate limit. Freeing it disarms it.
 * Events reach it through the bus by its id, so that one that died meanwhile is simply not found.
 * Engine thread only.
 */
#ifndef BUS_SPEC_H
#define BUS_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/damping.h"
#include "bus/digest.h"
#include "bus/occurs.h"
#include "cli/kw/kw.h"
#include "core/clock.h"
#include "core/err.h"

struct detector;
struct engine;
struct event;
struct text;

/* Every detector's argument struct begins with this; the bus reads it. */
struct spec_common {
	struct kw_time maxrun;    /* how long one run may take */
	struct kw_time ratelimit; /* no further trigger for this long */
	struct kw_int occurs;     /* only where the detector has the word */
	struct kw_time period;
	struct kw_sub damping, digest;
};

/* The rows that every event statement ends with. `type_` is the detector's argument struct, whose
 * first member is `struct spec_common common`. */
#define SPEC_TIME_MAX (31536000 * USEC_PER_SEC + 999 * USEC_PER_MSEC)
#define SPEC_COMMON_ROWS(type_)                                                                       \
	{ .word = "maxrun",                                                                           \
		.help = "Maximum runtime of policy",                                                  \
		.type = &kw_seconds,                                                                  \
		KW_AT(type_, common.maxrun),                                                          \
		.max = SPEC_TIME_MAX,                                                                 \
		.dflt = 20 * USEC_PER_SEC,                                                            \
		.has_dflt = true },                                                                   \
		{ .word = "ratelimit",                                                                \
			.help = "Time during which no further trigger is accepted",                   \
			.type = &kw_seconds,                                                          \
			KW_AT(type_, common.ratelimit),                                               \
			.max = SPEC_TIME_MAX },                                                       \
		{ .word = "damping",                                                                  \
			.help = "Hold what repeats too often, and tell how it ended",                 \
			KW_AT(type_, common.damping),                                                 \
			.sub = damping_kw,                                                            \
			.sub_size = sizeof(struct damping_args) },                                    \
	{                                                                                             \
		.word = "digest", .help = "Collect events and run once for all of them",              \
		KW_AT(type_, common.digest), .sub = digest_kw, .sub_size = sizeof(struct digest_args) \
	}

struct spec {
	struct engine *engine;
	const struct detector *detector;
	const char *policy; /* name of the applet or script */
	const char *tag;    /* NULL = untagged */
	void *args;         /* detector->spec_size bytes */
	uint64_t id;
	bool armed;    /* known to the bus */
	bool waits;    /* armed, but its detector is not there yet */
	char *lacks;   /* what its detector needs of the machine to see anything; NULL: nothing */
	bool single;   /* set by arm(): no second run while one is under way (watchdog) */
	void *private; /* the detector's, set by arm(), let go of by disarm() */

	struct occurs *occurs; /* NULL when one is enough */
	struct ratelimit ratelimit;
	struct damping *damping;       /* NULL: none */
	struct digest *digest;         /* NULL: none */
	struct ratelimit loop_message; /* "event chain longer than ..." once a minute */
	uint64_t matched, triggered, suppressed;

	/* The statement's conditions are all met: start (or count) a run. */
	void (*raised)(void *arg, struct spec *, struct event *);
	void *arg;

	struct spec *next, *prev; /* the bus' list of this detector */
	struct spec *same_bucket; /* and its table by id */
};

/*
 * `args` were parsed with detector->kw into a context that lives as long as ctx, $variables already
 * replaced. Not armed yet.
 */
struct spec *spec_new(const void *ctx, struct engine *, const struct detector *, const char *policy,
	const char *tag, void *args, void (*raised)(void *, struct spec *, struct event *), void *arg);
bool spec_arm(struct spec *, struct err *);
void spec_disarm(struct spec *);

/*
 * For the detector of an armed specification: it sees nothing until the machine has this ("the kernel's
 * pressure stall information (CONFIG_PSI)"); NULL: it sees. What is news is logged; `show event manager
 * policy registered` and `show event manager detector` say it.
 */
void spec_lacks(struct spec *, const char *what);
/* As it, when only a part of the statement ("cdp and lldp") waits and the rest sees; NULL: all of it waits. */
void spec_lacks_for(struct spec *, const char *what, const char *part);

/* The detector's own check of what was typed, and that of the options every statement has. */
bool spec_check(struct engine *, const struct detector *, const void *args, bool final, struct err *);

const struct spec_common *spec_common(const struct spec *);
/* "timer watchdog": the "Event Type" column. */
const char *spec_type(const struct spec *);
/* The specification line of `show event manager policy registered`, without the leading blank. */
void spec_describe(const struct spec *, struct text *);

#endif
