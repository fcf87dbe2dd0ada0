/* Cron entries: reading them, and the next time that fits. */
#include "core/cron.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* ---- reading ---- */

struct field {
	const char *name;
	unsigned min, max;
	const char *const *words; /* from min on; NULL = none */
	unsigned nwords;
};

static const char *const month_words[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
	"oct", "nov", "dec" };
static const char *const weekday_words[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };
static const struct field fields[FIELDS] = {
	[MINUTE] = { "minute", 0, 59, NULL, 0 },
	[HOUR] = { "hour", 0, 23, NULL, 0 },
	[DAY] = { "day of month", 1, 31, NULL, 0 },
	[MONTH] = { "month", 1, 12, month_words, 12 },
	[WEEKDAY] = { "day of week", 0, 7, weekday_words, 7 },
};

static const struct {
	const char *word, *meaning;
} nicknames[] = {
	{ "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
	{ "@monthly", "0 0 1 * *" },
	{ "@weekly", "0 0 * * 0" },
	{ "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" },
	{ "@hourly", "0 * * * *" },
};

static bool
wrong(const struct field *f, const char *s, size_t n, struct err *err)
{
	if (f->words)
		return err_set(err, ERR_REFUSED, "cron: %s '%.*s' is not within %u-%u or a name such as %s",
			f->name, (int)n, s, f->min, f->max, f->words[0]);
	return err_set(
		err, ERR_REFUSED, "cron: %s '%.*s' is not within %u-%u", f->name, (int)n, s, f->min, f->max);
}

static bool
read_number(const char **s, const char *end, unsigned *out)
{
	unsigned v = 0;
	const char *at = *s;

	while (at < end && isdigit((unsigned char)*at) && v < 10000)
		v = v * 10 + (unsigned)(*at++ - '0');
	if (at == *s)
		return false;
	*s = at;
	*out = v;
	return true;
}

static bool
read_word(const struct field *f, const char *s, size_t n, unsigned *out)
{
	for (unsigned i = 0; i < f->nwords && n == 3; i++)
		if (strncasecmp(s, f->words[i], 3) == 0) {
			*out = i + f->min;
			return true;
		}
	return false;
}

/* One of the things between commas: `*`, N, N-M, each with an optional step, or a name. */
static bool
read_part(const struct field *f, const char *s, size_t n, uint64_t *bits, struct err *err)
{
	const char *at = s, *end = s + n;
	unsigned from = f->min, to = f->max, step = 1;

	if (read_word(f, s, n, &from)) {
		*bits |= UINT64_C(1) << from;
		return true;
	}
	if (at < end && *at == '*')
		at++;
	else {
		if (!read_number(&at, end, &from))
			return wrong(f, s, n, err);
		to = from;
		if (at < end && *at == '-' && (at++, !read_number(&at, end, &to)))
			return wrong(f, s, n, err);
		else if (at < end && *at == '/')
			to = to == from ? f->max : to;
	}
	if (at < end && *at == '/' && (at++, !read_number(&at, end, &step) || step == 0))
		return wrong(f, s, n, err);
	if (at != end || from < f->min || to > f->max || from > to)
		return wrong(f, s, n, err);
	for (; from <= to; from += step)
		*bits |= UINT64_C(1) << from;
	return true;
}

static bool
read_field(const struct field *f, const char *s, size_t n, uint64_t *bits, struct err *err)
{
	const char *end = s + n;

	*bits = 0;
	for (;;) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t part = (size_t)((comma ? comma : end) - s);

		if (!read_part(f, s, part, bits, err))
			return false;
		if (comma == NULL)
			return true;
		s = comma + 1;
	}
}

static bool
read_nickname(const char *text, struct cron *c, struct err *err)
{
	size_t n = strcspn(text, " \t");

	if (n == 7 && strncasecmp(text, "@reboot", n) == 0) {
		*c = (struct cron){ .at_reboot = true };
		return true;
	}
	for (size_t i = 0; i < sizeof nicknames / sizeof *nicknames; i++)
		if (strlen(nicknames[i].word) == n && strncasecmp(text, nicknames[i].word, n) == 0)
			return cron_parse(nicknames[i].meaning, c, err);
	return err_set(err, ERR_REFUSED,
		"cron: no word '%.*s'; there are @reboot, @yearly, @monthly, @weekly, "
		"@daily, @midnight and @hourly",
		(int)n, text);
}

bool
cron_parse(const char *text, struct cron *c, struct err *err)
{
	uint64_t bits[FIELDS];
	bool star[FIELDS];

	text += strspn(text, " \t");
	if (*text == '@')
		return read_nickname(text, c, err);
	for (unsigned i = 0; i < FIELDS; i++) {
		size_t n = strcspn(text, " \t");

		if (n == 0)
			return err_set(err, ERR_REFUSED, "cron: the %s is missing", fields[i].name);
		if (!read_field(&fields[i], text, n, &bits[i], err))
			return false;
		star[i] = *text == '*';
		text += n;
		text += strspn(text, " \t");
	}
	if (*text)
		return err_set(err, ERR_REFUSED, "cron: '%s' behind the day of week", text);

	*c = (struct cron){ .minutes = bits[MINUTE],
		.hours = (uint32_t)bits[HOUR],
		.days = (uint32_t)bits[DAY],
		.months = (uint16_t)bits[MONTH],
		.weekdays = (uint8_t)((bits[WEEKDAY] | bits[WEEKDAY] >> 7) & 0x7f), /* 7 is Sunday too */
		.any_day = star[DAY],
		.any_weekday = star[WEEKDAY],
		.repeats = star[MINUTE] || star[HOUR] };
	return true;
}

/* ---- the next time ---- */

/*
 * Local times are counted as if there were no zone: seconds since 1970 of the clock on the wall.
 * The search for a fitting minute is then plain arithmetic; the zone comes in at the end.
 */
typedef int64_t local;

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, SEARCH_DAYS = 8 * 366 + 1, AROUND_S = 4 * HOUR_S };

static long
offset_at(time_t t)
{
	struct tm tm;

	localtime_r(&t, &tm);
	return tm.tm_gmtoff;
}

static bool
day_fits(const struct cron *c, local day_start)
{
	time_t t = (time_t)day_start;
	struct tm tm;
	bool day, weekday;

	gmtime_r(&t, &tm);
	if ((c->months >> (tm.tm_mon + 1) & 1) == 0)
		return false;
	day = c->days >> tm.tm_mday & 1;
	weekday = c->weekdays >> tm.tm_wday & 1;
	/* Both restricted: either will do. */
	return c->any_day || c->any_weekday ? day && weekday : day || weekday;
}

/* The first fitting minute that begins at or after `from`. */
static bool
next_local(const struct cron *c, local from, local *out)
{
	local day = from / DAY_S * DAY_S, last = day + (local)SEARCH_DAYS * DAY_S;
	unsigned second = (unsigned)(from - day), minute = (second + MINUTE_S - 1) / MINUTE_S;

	for (; day < last; day += DAY_S, minute = 0) {
		if (!day_fits(c, day))
			continue;
		for (unsigned h = minute / 60, m = minute % 60; h < 24; h++, m = 0) {
			if ((c->hours >> h & 1) == 0)
				continue;
			for (; m < 60; m++)
				if (c->minutes >> m & 1) {
					*out = day + (local)h * HOUR_S + (local)m * MINUTE_S;
					return true;
				}
		}
	}
	return false;
}

/* The moment within AROUND_S of `t` at which the zone's offset changes. */
static time_t
transition_near(time_t t)
{
	time_t before = t - AROUND_S, after = t + AROUND_S;
	long old = offset_at(before);

	while (after - before > 1) {
		time_t middle = before + (after - before) / 2;

		if (offset_at(middle) == old)
			before = middle;
		else
			after = middle;
	}
	return after;
}

/*
 * The moments when the wall shows `l`: 0 (it is left out), 1, or 2 (it is repeated), in order. `guess`
 * is near it.
 */
static unsigned
moments_of(local l, time_t guess, time_t out[2])
{
	long offsets[2] = { offset_at(guess - AROUND_S), offset_at(guess + AROUND_S) };
	unsigned n = 0;

	for (unsigned i = 0; i < 2; i++) {
		time_t t = (time_t)(l - offsets[i]);

		if (offset_at(t) == offsets[i] && (n == 0 || out[0] != t))
			out[n++] = t;
	}
	if (n == 2 && out[0] > out[1]) {
		time_t swap = out[0];

		out[0] = out[1];
		out[1] = swap;
	}
	return n;
}

/* The moment of `l` for this entry that is after `after`, or 0. */
static time_t
moment_for(const struct cron *c, local l, time_t guess, time_t after)
{
	time_t at[2];
	unsigned n = moments_of(l, guess, at);

	if (n == 0 && !c->repeats) {
		at[0] = transition_near(guess);
		n = 1;
	}
	if (n == 2 && !c->repeats)
		n = 1;
	for (unsigned i = 0; i < n; i++)
		if (at[i] > after)
			return at[i];
	return 0;
}

/* Near a change of the zone's offset: looks at every fitting local time around and takes the earliest. */
static bool
search_around(const struct cron *c, time_t after, time_t *out)
{
	local from = after + offset_at(after) - AROUND_S, l;
	time_t best = 0;

	while (next_local(c, from, &l)) {
		time_t guess = (time_t)(l - offset_at((time_t)(l - offset_at(after))));
		time_t t;

		if (best && guess > best + AROUND_S)
			break;
		t = moment_for(c, l, guess, after);
		if (t && (best == 0 || t < best))
			best = t;
		from = l + MINUTE_S;
	}
	*out = best;
	return best != 0;
}

bool
cron_next(const struct cron *c, usec after, usec *next)
{
	time_t from = (time_t)(after / USEC_PER_SEC), t;
	long offset = offset_at(from);
	local l;

	if (c->at_reboot || !next_local(c, from + offset + 1, &l))
		return false;
	t = (time_t)(l - offset);
	/* The common case: no change of offset anywhere near the two ends. */
	if (offset_at(t) != offset || offset_at(t - AROUND_S) != offset ||
		offset_at(t + AROUND_S) != offset || offset_at(from - AROUND_S) != offset ||
		offset_at(from + AROUND_S) != offset)
		if (!search_around(c, from, &t))
			return false;
	*next = (usec)t * USEC_PER_SEC;
	return true;
}
