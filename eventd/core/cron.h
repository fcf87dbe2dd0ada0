/*
 * Cron entries (eem-language.md 4.26): `minute hour day-of-month month day-of-week` in local time, or
 * a word such as @daily. Pure but for the time zone of the process.
 *
 * Where the clock of the wall is not a straight line: an entry whose minute and hour are both fixed
 * runs once when its time is repeated (summer time ends), and at the end of the gap when its time is
 * left out (summer time begins). One that repeats (`*`, `*` with a step) follows the clock.
 */
#ifndef CORE_CRON_H
#define CORE_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/err.h"

struct cron {
	uint64_t minutes;
	uint32_t hours, days; /* bit n: the value n */
	uint16_t months;
	uint8_t weekdays; /* Sunday is 0 */
	bool any_day, any_weekday;
	bool repeats;   /* the minute or the hour is a star */
	bool at_reboot; /* @reboot: once, when eventd starts */
};

/* The error names the field: "hour '24' is not within 0-23". */
bool cron_parse(const char *text, struct cron *, struct err *);

/* The first time after `after` (wall, usec); false when there is none within eight years. */
bool cron_next(const struct cron *, usec after, usec *next);

#endif
