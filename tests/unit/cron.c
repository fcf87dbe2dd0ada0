/* Cron entries: what is read and refused, and the next time, against a search minute by minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/cron.h"

/* Rules, not names: no time zone files are needed. */
static const char *const zones[] = { "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0",
	"LHST-10:30LHDT-11,M10.1.0,M4.1.0", "IST-5:30" };

static void
set_zone(const char *rule)
{
	setenv("TZ", rule, 1);
	tzset();
}

static usec
moment(int year, int month, int day, int hour, int minute, int isdst)
{
	struct tm tm = { .tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_isdst = isdst };

	return (usec)mktime(&tm) * USEC_PER_SEC;
}

static void
expect_next(const char *entry, usec after, usec expected)
{
	struct cron c;
	struct err err = ERR_INIT;
	usec next = 0;

	assert_true(cron_parse(entry, &c, &err));
	assert_true(cron_next(&c, after, &next));
	assert_int_equal(next / USEC_PER_SEC, expected / USEC_PER_SEC);
}

static void
entries_are_read(void **state)
{
	static const char *const good[] = { "* * * * *", " 0-59/2 0-23/1 * * 0-7", "5,10,15 1-3 1 jan mon",
		"0 0 1 DEC *", "@daily", "@REBOOT", " @hourly", "30 4 * * 7", "*/15 * * * *",
		"5/10 * * * *" };
	struct cron c;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!cron_parse(good[i], &c, &err))
			fail_msg("'%s': %s", good[i], err.text);
}

static void
the_wrong_field_is_named(void **state)
{
	static const struct {
		const char *entry, *says;
	} bad[] = {
		{ "60 * * * *", "minute '60' is not within 0-59" },
		{ "* 24 * * *", "hour '24' is not within 0-23" },
		{ "* * 0 * *", "day of month '0' is not within 1-31" },
		{ "* * * 13 *", "month '13' is not within 1-12" },
		{ "* * * * 8", "day of week '8' is not within 0-7" },
		{ "* * * foo *", "month 'foo'" },
		{ "* * * jan-mar *", "month 'jan-mar'" },
		{ "5-3 * * * *", "minute '5-3'" },
		{ "*/0 * * * *", "minute '*/0'" },
		{ ", * * * *", "minute ''" },
		{ "1, * * * *", "minute ''" },
		{ "1-2-3 * * * *", "minute '1-2-3'" },
		{ "99999999999999999999 * * * *", "minute" },
		{ "", "the minute is missing" },
		{ "* * *", "the month is missing" },
		{ "* * * * * *", "'*' behind the day of week" },
		{ "@never", "no word '@never'" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cron c;
		struct err err = ERR_INIT;

		if (cron_parse(bad[i].entry, &c, &err))
			fail_msg("'%s' was accepted", bad[i].entry);
		if (strstr(err.text, bad[i].says) == NULL)
			fail_msg("'%s': %s", bad[i].entry, err.text);
	}
}

static void
days_of_month_and_week_add_up(void **state)
{
	set_zone("UTC0");
	/* 1 March 2026 is a Sunday. */
	expect_next("0 0 13 * fri", moment(2026, 3, 1, 0, 0, 0), moment(2026, 3, 6, 0, 0, 0));
	expect_next("0 0 3 * fri", moment(2026, 3, 1, 0, 0, 0), moment(2026, 3, 3, 0, 0, 0));
	expect_next("0 0 * * 7", moment(2026, 3, 1, 0, 0, 0), moment(2026, 3, 8, 0, 0, 0));
	expect_next("0 0 29 2 *", moment(2026, 3, 1, 0, 0, 0), moment(2028, 2, 29, 0, 0, 0));
	expect_next("0 0 29 2 *", moment(2096, 2, 29, 0, 0, 0), moment(2104, 2, 29, 0, 0, 0));
}

static void
impossible_dates_have_no_next(void **state)
{
	struct cron c;
	usec next;

	assert_true(cron_parse("0 0 30 2 *", &c, NULL));
	assert_false(cron_next(&c, 0, &next));
}

static void
summer_time_runs_fixed_entries_once(void **state)
{
	set_zone(zones[1]);
	/* 29 March 2026: 02:00 becomes 03:00. */
	expect_next("30 2 * * *", moment(2026, 3, 28, 12, 0, 0), moment(2026, 3, 29, 3, 0, 1));
	expect_next("30 2 * * *", moment(2026, 3, 29, 3, 0, 1), moment(2026, 3, 30, 2, 30, 1));
	/* 25 October 2026: 03:00 becomes 02:00 again. */
	expect_next("30 2 * * *", moment(2026, 10, 24, 12, 0, 1), moment(2026, 10, 25, 2, 30, 1));
	expect_next("30 2 * * *", moment(2026, 10, 25, 2, 30, 1), moment(2026, 10, 26, 2, 30, 0));
	/* What repeats follows the clock on the wall, both times. */
	expect_next("*/30 * * * *", moment(2026, 10, 25, 2, 30, 1), moment(2026, 10, 25, 2, 0, 0));
	expect_next("*/30 * * * *", moment(2026, 10, 25, 2, 0, 0), moment(2026, 10, 25, 2, 30, 0));
	expect_next("*/30 * * * *", moment(2026, 3, 29, 1, 30, 0), moment(2026, 3, 29, 3, 0, 1));
}

/* ---- against brute force ---- */

/* Changes of offset in 2026. ORDER: zones */
static const time_t changes[][2] = { { 1774746000, 1792890000 }, { 1774746000, 1792890000 },
	{ 1772953200, 1793512800 }, { 1775314800, 1791043200 }, { 1774746000, 1792890000 } };

static bool
fits(const struct cron *c, time_t t)
{
	struct tm tm;
	bool day, weekday;

	localtime_r(&t, &tm);
	if (tm.tm_sec || !(c->minutes >> tm.tm_min & 1) || !(c->hours >> tm.tm_hour & 1) ||
		!(c->months >> (tm.tm_mon + 1) & 1))
		return false;
	day = c->days >> tm.tm_mday & 1;
	weekday = c->weekdays >> tm.tm_wday & 1;
	return c->any_day || c->any_weekday ? day && weekday : day || weekday;
}

static long
offset_of(time_t t)
{
	struct tm tm;

	localtime_r(&t, &tm);
	return tm.tm_gmtoff;
}

/* Has the wall shown this time before, within the last hours? */
static bool
is_repeated(time_t t)
{
	for (time_t back = 1800; back <= 7200; back += 1800)
		if (offset_of(t - back) - offset_of(t) == (long)back)
			return true;
	return false;
}

/* Does a gap end at t in which the entry's time was left out? */
static bool
fits_gap(const struct cron *c, time_t t)
{
	long gap = offset_of(t) - offset_of(t - 1);

	/* Each minute of the gap, as if the offset had not changed. */
	for (long s = 0; s < gap; s += 60) {
		time_t local = t + s + offset_of(t - 1);
		struct tm tm;

		gmtime_r(&local, &tm);
		if ((c->minutes >> tm.tm_min & 1) && (c->hours >> tm.tm_hour & 1))
			return true;
	}
	return false;
}

static time_t
brute_next(const struct cron *c, time_t after, time_t last)
{
	for (time_t t = (after / 60 + 1) * 60; t < last; t += 60) {
		if (fits(c, t) && (c->repeats || !is_repeated(t)))
			return t;
		if (!c->repeats && fits_gap(c, t))
			return t;
	}
	return 0;
}

static void
next_time_agrees_with_a_search(void **state)
{
	static const char *const minutes[] = { "*", "0", "30", "*/7", "15,45", "50-59" };
	static const char *const hours[] = { "*", "2", "1-3", "*/2", "23" };
	struct rng *rng = rng_new(NULL, 42);

	for (unsigned i = 0; i < 3000; i++) {
		char entry[64];
		struct cron c;
		usec next = 0;
		size_t zone = rng_below(rng, sizeof zones / sizeof *zones);
		time_t from = changes[zone][rng_below(rng, 2)] - 4 * 3600 + (time_t)rng_below(rng, 8 * 3600);

		if (rng_below(rng, 8) == 0)
			from = (time_t)rng_below(rng, 4000000000U);
		set_zone(zones[zone]);
		snprintf(entry, sizeof entry, "%s %s * * *", minutes[rng_below(rng, 6)],
			hours[rng_below(rng, 5)]);
		assert_true(cron_parse(entry, &c, NULL));

		time_t expected = brute_next(&c, from, from + 3 * 86400);
		assert_true(cron_next(&c, (usec)from * USEC_PER_SEC, &next));
		if (next / USEC_PER_SEC != expected)
			fail_msg("%s: '%s' after %lld: %lld, not %lld", getenv("TZ"), entry, (long long)from,
				(long long)(next / USEC_PER_SEC), (long long)expected);
	}
	mem_free(rng);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_read),
		cmocka_unit_test(the_wrong_field_is_named),
		cmocka_unit_test(days_of_month_and_week_add_up),
		cmocka_unit_test(impossible_dates_have_no_next),
		cmocka_unit_test(summer_time_runs_fixed_entries_once),
		cmocka_unit_test(next_time_agrees_with_a_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
