/* The ring of received messages, against a plain list. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "syslog/received.h"

#define MANY 3000

struct expect {
	usec next; /* the wall stamp that must come; stamps count up from 0 */
	const size_t *len;
	size_t n;
};

static void
check(void *arg, usec wall, struct slice source, struct slice raw)
{
	struct expect *e = arg;

	assert_int_equal(wall, e->next);
	assert_true(slice_is(source, wall % 2 == 0 ? "udp 192.0.2.1" : "log"));
	assert_int_equal(raw.n, e->len[wall]);
	for (size_t i = 0; i < raw.n; i++)
		assert_int_equal(raw.s[i], (char)('a' + wall % 26));
	e->next++;
	e->n++;
}

static void
test_against_a_list(void **state)
{
	static size_t len[MANY];
	char text[700];

	srand(5);
	for (unsigned round = 0; round < 20; round++) {
		struct received *r = received_new(NULL, 1024 + (size_t)rand() % 8192);

		for (usec i = 0; i < MANY; i++) {
			struct expect e = { .len = len };

			len[i] = (size_t)rand() % (round % 2 == 0 ? 60 : 400);
			memset(text, (char)('a' + i % 26), len[i]);
			received_add(
				r, i, i % 2 == 0 ? "udp 192.0.2.1" : "log", (struct slice){ text, len[i] });
			e.next = i + 1 - (usec)received_count(r);
			received_each(r, 0, check, &e);
			assert_int_equal(e.n, received_count(r));
			assert_true(received_count(r) >= 1);
			assert_int_equal(received_total(r), i + 1);
		}
		assert_true(received_count(r) > 1);
		if (received_count(r) >= 2) {
			struct expect e = { .len = len, .next = MANY - 2 };

			received_each(r, 2, check, &e);
			assert_int_equal(e.n, 2);
		}
		received_clear(r);
		assert_int_equal(received_count(r), 0);
		mem_free(r);
	}
}

static void
see(void *arg, usec wall, struct slice source, struct slice raw)
{
	size_t *n = arg;

	*n = raw.n;
}

static void
test_too_long_is_cut(void **state)
{
	struct received *r = received_new(NULL, 1024);
	char text[4096];
	size_t n = 0;

	memset(text, 'x', sizeof text);
	for (unsigned i = 0; i < 5; i++)
		received_add(r, i, "log", (struct slice){ text, sizeof text });
	received_each(r, 1, see, &n);
	assert_true(n > 400 && n < 512);
	mem_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_list),
		cmocka_unit_test(test_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
