/* The history of runs and the named counters, and how what an earlier start has left comes before what is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bus/counter.h"
#include "bus/history.h"
#include "core/mem.h"

static struct history_entry
entry(uint64_t no, const char *name)
{
	return (struct history_entry){ .no = no,
		.job_id = no,
		.status = "success",
		.type = "none",
		.kind = "applet",
		.name = name,
		.detail = "" };
}

static void
add(struct history *h, const char *name)
{
	struct history_entry e = entry(0, name);

	history_add(h, &e);
}

static void
assert_is(const struct history *h, size_t i, uint64_t no, const char *name)
{
	assert_int_equal(history_at(h, i)->no, no);
	assert_string_equal(history_at(h, i)->name, name);
}

static void
test_what_was_kept_comes_first(void **state)
{
	struct history_entry old[] = { entry(7, "a"), entry(8, "b"), entry(9, "c") };
	struct history *h = history_new(NULL);

	(void)state;
	add(h, "x");
	add(h, "y");
	history_restore(h, old, 3);
	assert_int_equal(history_count(h), 5);
	assert_is(h, 0, 7, "a");
	assert_is(h, 2, 9, "c");
	assert_is(h, 3, 10, "x");
	assert_is(h, 4, 11, "y");
	add(h, "z");
	assert_is(h, 5, 12, "z");
	assert_int_equal(history_last(h), 12);
	mem_free(h);
}

static void
test_of_more_than_there_is_room_for_the_newest(void **state)
{
	struct history_entry old[HISTORY_MAX];
	struct history *h = history_new(NULL);

	(void)state;
	for (unsigned i = 0; i < HISTORY_MAX; i++)
		old[i] = entry(i + 1, "old");
	history_resize(h, 3);
	add(h, "new");
	history_restore(h, old, HISTORY_MAX);
	assert_int_equal(history_count(h), 3);
	assert_is(h, 0, HISTORY_MAX - 1, "old");
	assert_is(h, 1, HISTORY_MAX, "old");
	assert_is(h, 2, HISTORY_MAX + 1, "new");
	history_restore(h, NULL, 0);
	assert_int_equal(history_count(h), 3);
	mem_free(h);
}

static void
test_in_a_ring_that_has_turned(void **state)
{
	struct history_entry old[] = { entry(1, "a"), entry(2, "b") };
	struct history *h = history_new(NULL);

	(void)state;
	history_resize(h, HISTORY_MAX);
	for (unsigned i = 0; i < HISTORY_MAX + 5; i++)
		add(h, "x");
	history_resize(h, 4);
	history_resize(h, 5);
	history_restore(h, old, 2);
	assert_int_equal(history_count(h), 5);
	assert_is(h, 0, 2, "b");
	assert_is(h, 1, HISTORY_MAX + 5 - 3 + 2, "x");
	mem_free(h);
}

/* ---- counters ---- */

static void
count_changed(void *arg, const char *name, int64_t value)
{
	(void)name;
	*(int64_t *)arg += 1000 + value;
}

static int64_t
changed(struct counters *all, bool again)
{
	int64_t sum = 0;

	counters_each_changed(all, again, count_changed, &sum);
	return sum;
}

static void
test_counters_go_on_from_where_they_were(void **state)
{
	struct counters *all = counters_new(NULL);
	struct err err = ERR_INIT;

	(void)state;
	assert_true(counter_change(all, "COUNTED", COUNTER_INC, 3, NULL, NULL, &err));
	assert_true(counter_change(all, "SET", COUNTER_SET, 3, NULL, NULL, &err));
	assert_true(counter_change(all, "FULL", COUNTER_INC, INT32_MAX, NULL, NULL, &err));
	counter_restore(all, "COUNTED", 10);
	counter_restore(all, "SET", 10);
	counter_restore(all, "NEW", 10);
	counter_restore(all, "FULL", 10); /* it would leave the range: what is counted now counts */
	assert_int_equal(counter_get(all, "COUNTED"), 13);
	assert_int_equal(counter_get(all, "SET"), 3);
	assert_int_equal(counter_get(all, "NEW"), 10);
	assert_int_equal(counter_get(all, "FULL"), INT32_MAX);
	mem_free(all);
}

static void
test_only_what_has_changed_is_told(void **state)
{
	struct counters *all = counters_new(NULL);
	struct err err = ERR_INIT;

	(void)state;
	assert_true(counter_change(all, "A", COUNTER_INC, 1, NULL, NULL, &err));
	assert_true(counter_change(all, "B", COUNTER_NOP, 0, NULL, NULL, &err));
	assert_int_equal(changed(all, false), 1001);
	assert_int_equal(changed(all, false), 0);
	assert_int_equal(changed(all, true), 2001);
	assert_true(counter_change(all, "B", COUNTER_DEC, 2, NULL, NULL, &err));
	assert_int_equal(changed(all, false), 998);
	mem_free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_kept_comes_first),
		cmocka_unit_test(test_of_more_than_there_is_room_for_the_newest),
		cmocka_unit_test(test_in_a_ring_that_has_turned),
		cmocka_unit_test(test_counters_go_on_from_where_they_were),
		cmocka_unit_test(test_only_what_has_changed_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
