/* Variables that one event alone has: the varbinds of a notification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/virtual.h"
#include "bus/bus.h"
#include "bus/detector.h"
#include "bus/event.h"

static void
count(void *arg, const char *name, const char *value, size_t n)
{
	*(unsigned *)arg += strncmp(name, "_1_3", 4) == 0;
}

static void
expect(const struct event *ev, const char *name, const char *value)
{
	struct text *t = text_new(NULL);

	assert_true(event_has(ev, name));
	assert_true(event_get(ev, name, t));
	assert_string_equal(t->s, value);
	mem_free(t);
}

static void
own_variables_are_found_listed_and_kept(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(ctx);
	struct event *ev = event_new(e, bus_detector_find(e->bus, "snmp-notification"), NULL, NULL), *back;
	unsigned seen = 0;
	json_t *j;

	(void)state;
	event_add(ev, "_1_3_6_1_1", "one");
	event_add(ev, "_1_3_6_1_2", "\xff\xfe");
	event_add(ev, "_1_3_6_1_1", "another"); /* the first of one name counts */
	expect(ev, "_1_3_6_1_1", "one");
	expect(ev, "_1_3_6_1_2", "\xff\xfe");
	assert_false(event_has(ev, "_1_3_6_1_3"));
	event_each(ev, count, &seen);
	assert_int_equal(seen, 3);
	j = event_to_json(ev);
	back = event_from_json(e, j, NULL);
	assert_non_null(back);
	expect(back, "_1_3_6_1_1", "one");
	expect(back, "_1_3_6_1_2", "\xff\xfe");
	event_unref(back);
	json_decref(j);
	event_unref(ev);
	mem_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_variables_are_found_listed_and_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
