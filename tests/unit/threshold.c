/* Samples against entry and exit criteria: eem-language 4.9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/threshold.h"

#define N(a) (sizeof(a) / sizeof *(a))

struct step {
	int64_t value;
	enum threshold_verdict verdict;
	int64_t delta;
};

static void
feed(const struct threshold_rule *r, const struct step *steps, size_t n)
{
	struct threshold_state st = { 0 };

	for (size_t i = 0; i < n; i++) {
		int64_t delta = -1;

		assert_int_equal(threshold_sample(&st, r, steps[i].value, (usec)i * USEC_PER_SEC, &delta),
			steps[i].verdict);
		assert_int_equal(delta, steps[i].delta);
	}
}

static void
without_exit_every_sample_that_fits_fires(void **state)
{
	const struct threshold_rule r = { .entry_op = COMPARE_GE, .entry_val = 10, .average = 1 };
	const struct step steps[] = { { 10, THRESHOLD_ENTRY, 0 }, { 12, THRESHOLD_ENTRY, 2 },
		{ 9, THRESHOLD_NOTHING, -3 }, { 11, THRESHOLD_ENTRY, 2 } };

	feed(&r, steps, N(steps));
}

static void
an_exit_value_arms_again(void **state)
{
	const struct threshold_rule r = { .entry_op = COMPARE_GT,
		.entry_val = 100,
		.has_exit_val = true,
		.exit_op = COMPARE_LT,
		.exit_val = 50,
		.average = 1 };
	const struct step steps[] = { { 101, THRESHOLD_ENTRY, 0 }, { 200, THRESHOLD_NOTHING, 99 },
		{ 60, THRESHOLD_NOTHING, -140 }, { 49, THRESHOLD_EXIT, -11 }, { 300, THRESHOLD_ENTRY, 251 } };

	feed(&r, steps, N(steps));
}

static void
increments_count_from_the_last_trigger(void **state)
{
	const struct threshold_rule r = {
		.entry_op = COMPARE_GE, .entry_type = VALUE_INCREMENT, .entry_val = 5, .average = 1
	};
	const struct step steps[] = { { 1000, THRESHOLD_NOTHING, 0 }, { 1003, THRESHOLD_NOTHING, 3 },
		{ 1005, THRESHOLD_ENTRY, 5 }, { 1009, THRESHOLD_NOTHING, 4 }, { 1010, THRESHOLD_ENTRY, 5 } };

	feed(&r, steps, N(steps));
}

static void
a_negative_increment_is_a_decrease(void **state)
{
	const struct threshold_rule r = {
		.entry_op = COMPARE_LE, .entry_type = VALUE_INCREMENT, .entry_val = -3, .average = 1
	};
	const struct step steps[] = { { 20, THRESHOLD_NOTHING, 0 }, { 18, THRESHOLD_NOTHING, -2 },
		{ 17, THRESHOLD_ENTRY, -3 } };

	feed(&r, steps, N(steps));
}

static void
a_rate_is_the_average_of_changes(void **state)
{
	const struct threshold_rule r = {
		.entry_op = COMPARE_GE, .entry_type = VALUE_RATE, .entry_val = 10, .average = 2
	};
	/* The changes 4 and 16, then 16 and 2 upwards or downwards alike. */
	const struct step steps[] = { { 100, THRESHOLD_NOTHING, 0 }, { 104, THRESHOLD_NOTHING, 4 },
		{ 120, THRESHOLD_ENTRY, 10 }, { 118, THRESHOLD_NOTHING, 9 }, { 98, THRESHOLD_ENTRY, 11 } };

	feed(&r, steps, N(steps));
}

static void
exit_by_time(void **state)
{
	const struct threshold_rule r = {
		.entry_op = COMPARE_EQ, .entry_val = 1, .exit_time = 2 * USEC_PER_SEC, .average = 1
	};
	const struct step steps[] = { { 1, THRESHOLD_ENTRY, 0 }, { 1, THRESHOLD_NOTHING, 0 },
		{ 1, THRESHOLD_EXIT, 0 }, { 1, THRESHOLD_ENTRY, 0 } };

	feed(&r, steps, N(steps));
}

static void
both_exits_when_combined_by_and(void **state)
{
	const struct threshold_rule r = { .entry_op = COMPARE_GT,
		.entry_val = 10,
		.has_exit_val = true,
		.exit_op = COMPARE_LE,
		.exit_val = 10,
		.exit_time = 2 * USEC_PER_SEC,
		.comb = COMB_AND,
		.average = 1 };
	const struct step steps[] = { { 11, THRESHOLD_ENTRY, 0 }, { 5, THRESHOLD_NOTHING, -6 },
		{ 12, THRESHOLD_NOTHING, 7 }, { 6, THRESHOLD_EXIT, -6 } };
	struct threshold_rule either = r;
	const struct step sooner[] = { { 11, THRESHOLD_ENTRY, 0 }, { 5, THRESHOLD_EXIT, -6 } };

	feed(&r, steps, N(steps));
	either.comb = COMB_OR;
	feed(&either, sooner, N(sooner));
}

static void
a_counter_that_begins_anew_overflows_nothing(void **state)
{
	const struct threshold_rule r = {
		.entry_op = COMPARE_LT, .entry_type = VALUE_INCREMENT, .entry_val = 0, .average = 1
	};
	const struct step steps[] = { { INT64_MAX, THRESHOLD_NOTHING, 0 },
		{ INT64_MIN, THRESHOLD_ENTRY, INT64_MIN } };

	feed(&r, steps, N(steps));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_exit_every_sample_that_fits_fires),
		cmocka_unit_test(an_exit_value_arms_again),
		cmocka_unit_test(increments_count_from_the_last_trigger),
		cmocka_unit_test(a_negative_increment_is_a_decrease),
		cmocka_unit_test(a_rate_is_the_average_of_changes),
		cmocka_unit_test(exit_by_time),
		cmocka_unit_test(both_exits_when_combined_by_and),
		cmocka_unit_test(a_counter_that_begins_anew_overflows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
