/*
 * A timer as policies know them: watchdog (again and again), countdown (once), absolute (once, at a time
 * of the wall clock), cron (core/cron.h). The first two follow monotonic time and never notice when the
 * clock is set; the last two are computed anew whenever it is, which the owner tells. Engine thread only.
 */
#ifndef CORE_ALARM_H
#define CORE_ALARM_H

#include <stdbool.h>

#include "core/clock.h"
#include "core/cron.h"
#include "core/loop.h"

enum alarm_kind { ALARM_WATCHDOG, ALARM_COUNTDOWN, ALARM_ABSOLUTE, ALARM_CRON };

struct alarm_when {
	enum alarm_kind kind;
	usec time;        /* watchdog: period; countdown: from now; absolute: wall */
	struct cron cron; /* only of ALARM_CRON */
};

struct alarm;

/* It expired; `remain` is the time until it does so again, 0 = never. May set it anew, stop or free it. */
typedef void alarm_f(void *arg, usec remain);

/* It belongs to ctx, and is stopped until alarm_set(). */
struct alarm *alarm_new(const void *ctx, struct loop *, const struct clock *, alarm_f *, void *arg);

/* "watchdog" and so on, as $_timer_type says it. */
const char *alarm_kind_word(enum alarm_kind);

/* In place of what was set before. An absolute time that is over and `@reboot` stay stopped. */
void alarm_set(struct alarm *, const struct alarm_when *);
void alarm_soon(struct alarm *);       /* expires once, at the next turn of the loop */
usec alarm_left(const struct alarm *); /* 0 when it is stopped */
void alarm_clock_stepped(struct alarm *);

#endif
