/* Averages of how busy processors are, and prefixes of addresses: what the shows of the device compute. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "host/busy.h"
#include "net/routing_table.h"

static void
test_averages_decay_as_those_of_ios(void **state)
{
	struct busy_use use = { 0 };

	busy_average(&use, 40, 5, true);
	assert_true(use.five_seconds == 40 && use.one_minute == 40 && use.five_minutes == 40);
	/* A minute of nothing leaves 1/e of the minute's average, five minutes that of the five minutes'. */
	for (int i = 0; i < 12; i++)
		busy_average(&use, 0, 5, false);
	assert_true(use.five_seconds == 0);
	assert_true(fabs(use.one_minute - 40 * exp(-1)) < 0.01);
	assert_true(fabs(use.five_minutes - 40 * exp(-0.2)) < 0.01);
	/* The same time in one step is the same. */
	use.one_minute = 40;
	busy_average(&use, 0, 60, false);
	assert_true(fabs(use.one_minute - 40 * exp(-1)) < 0.01);
}

static void
test_prefixes_compare_to_the_bit(void **state)
{
	static const struct {
		unsigned char a[4], b[4];
		unsigned bits;
		bool same;
	} rows[] = {
		{ { 10, 0, 0, 1 }, { 192, 0, 2, 1 }, 0, true },
		{ { 10, 1, 0, 0 }, { 10, 200, 0, 0 }, 8, true },
		{ { 10, 1, 0, 0 }, { 10, 200, 0, 0 }, 9, false },
		{ { 10, 1, 0, 0 }, { 10, 127, 0, 0 }, 9, true },
		{ { 192, 0, 2, 4 }, { 192, 0, 2, 7 }, 30, true },
		{ { 192, 0, 2, 4 }, { 192, 0, 2, 7 }, 31, false },
		{ { 192, 0, 2, 4 }, { 192, 0, 2, 4 }, 32, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(routing_same_prefix(rows[i].a, rows[i].b, rows[i].bits), rows[i].same);
}

static int
by_hand(struct routing_table *t, const char *const *prefixes)
{
	for (; prefixes[t->n] != NULL; t->n++) {
		unsigned a, b, c, d, bits;

		assert_int_equal(sscanf(prefixes[t->n], "%u.%u.%u.%u/%u", &a, &b, &c, &d, &bits), 5);
		t->v[t->n] = (struct routing_entry){ .raw = { (unsigned char)a, (unsigned char)b,
							     (unsigned char)c, (unsigned char)d },
			.prefix = (unsigned char)bits };
	}
	return (int)t->n;
}

static void
test_the_longest_prefix_wins_and_the_default_never(void **state)
{
	static const char *const prefixes[] = { "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24",
		"10.1.2.3/32", NULL };
	static const struct {
		unsigned char address[16];
		int index; /* -1: none */
	} rows[] = { { { 10, 1, 2, 3 }, 4 }, { { 10, 1, 2, 4 }, 3 }, { { 10, 1, 3, 4 }, 2 },
		{ { 10, 9, 9, 9 }, 1 }, { { 11, 0, 0, 1 }, -1 }, { { 0 }, -1 } };
	struct routing_entry v[5];
	struct routing_table t = { .v = v, .family = AF_INET };

	assert_int_equal(by_hand(&t, prefixes), 5);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_ptr_equal(routing_table_lookup(&t, rows[i].address),
			rows[i].index < 0 ? NULL : &v[rows[i].index]);
	assert_ptr_equal(routing_table_find(&t, (unsigned char[16]){ 0 }, 0), &v[0]);
	assert_null(routing_table_find(&t, (unsigned char[16]){ 10 }, 9));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_averages_decay_as_those_of_ios),
		cmocka_unit_test(test_prefixes_compare_to_the_bit),
		cmocka_unit_test(test_the_longest_prefix_wins_and_the_default_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
