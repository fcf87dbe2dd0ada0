/* occurs, period and ratelimit, also against a plain list of stamps. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bus/occurs.h"
#include "core/mem.h"

static void
test_every_nth(void **state)
{
	struct occurs *o = occurs_new(NULL, 3, 0);
	usec day = 86400 * USEC_PER_SEC;

	for (usec i = 1; i <= 9; i++)
		assert_int_equal(occurs_add(o, i * day), i % 3 == 0);
	mem_free(o);
}

static void
test_one_is_always(void **state)
{
	struct occurs *o = occurs_new(NULL, 1, USEC_PER_SEC);

	for (usec i = 0; i < 5; i++)
		assert_true(occurs_add(o, i));
	mem_free(o);
}

static void
test_window_slides(void **state)
{
	struct occurs *o = occurs_new(NULL, 3, 10);

	assert_false(occurs_add(o, 0));
	assert_false(occurs_add(o, 8));
	assert_int_equal(occurs_pending(o, 10), 2);
	assert_int_equal(occurs_pending(o, 11), 1);
	assert_false(occurs_add(o, 11)); /* 0 is out */
	assert_true(occurs_add(o, 18));  /* 8, 11, 18: both ends count */
	assert_int_equal(occurs_pending(o, 18), 0);
	assert_false(occurs_add(o, 18));
	occurs_reset(o);
	assert_false(occurs_add(o, 18));
	assert_false(occurs_add(o, 18));
	assert_true(occurs_add(o, 18));
	mem_free(o);
}

/* What the words say: fire when the last n since the last firing lie within the period. */
static void
test_against_the_words(void **state)
{
	srand(1);
	for (unsigned round = 0; round < 200; round++) {
		unsigned n = 1 + (unsigned)rand() % (round % 4 == 0 ? 300 : 32);
		usec period = rand() % 3 == 0 ? 0 : 1 + rand() % 100, now = 0, stamp[500];
		struct occurs *o = occurs_new(NULL, n, period);
		size_t since = 0;

		for (size_t i = 0; i < 500; i++) {
			bool want;

			stamp[i] = now += rand() % 8;
			want = i + 1 - since >= n && (period == 0 || now - stamp[i + 1 - n] <= period);
			assert_int_equal(occurs_add(o, now), want);
			if (want)
				since = i + 1;
		}
		mem_free(o);
	}
}

static void
test_ratelimit(void **state)
{
	struct ratelimit r = { .every = 10 }, none = { .every = 0 };

	assert_true(ratelimit_pass(&r, -5));
	assert_false(ratelimit_pass(&r, 0));
	assert_false(ratelimit_pass(&r, 4));
	assert_true(ratelimit_pass(&r, 5));
	assert_false(ratelimit_pass(&r, 14));
	assert_true(ratelimit_pass(&r, 100));
	assert_true(ratelimit_pass(&none, 1));
	assert_true(ratelimit_pass(&none, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_nth),
		cmocka_unit_test(test_one_is_always),
		cmocka_unit_test(test_window_slides),
		cmocka_unit_test(test_against_the_words),
		cmocka_unit_test(test_ratelimit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
