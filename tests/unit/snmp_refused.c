/* Who is refused is told once in a while, and counted always. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/mem.h"
#include "snmp/refused.h"

struct heard {
	unsigned events, hosts;
	json_int_t communities, users;
};

static void
on_event(void *arg, json_t *j)
{
	struct heard *h = arg;

	h->events++;
	h->hosts += json_object_get(j, "source") != NULL;
	h->communities += json_integer_value(json_object_get(j, "communities"));
	h->users += json_integer_value(json_object_get(j, "users"));
	json_decref(j);
}

static void
a_host_is_told_of_once_in_ten_seconds(void **state)
{
	struct heard h = { 0 };
	struct refused *r = refused_new(NULL, on_event, &h);

	(void)state;
	refused_add(r, "192.0.2.1", REFUSED_COMMUNITY, 50000);
	assert_int_equal(h.hosts, 1);
	assert_int_equal(refused_patience(r, 50000), -1);
	for (int64_t at = 50001; at < 50100; at++)
		refused_add(r, "192.0.2.1", REFUSED_USER, at);
	assert_int_equal(h.events, 1);
	assert_int_equal(refused_patience(r, 50100), 900);
	refused_turn(r, 50999);
	assert_int_equal(h.events, 1);
	refused_turn(r, 51000);
	assert_int_equal(h.events, 2);
	assert_int_equal(h.hosts, 1);
	assert_int_equal(h.communities, 1);
	assert_int_equal(h.users, 99);
	refused_add(r, "192.0.2.1", REFUSED_COMMUNITY, 60000);
	assert_int_equal(h.hosts, 2);
	mem_free(r);
}

static void
many_hosts_do_not_flood(void **state)
{
	struct heard h = { 0 };
	struct refused *r = refused_new(NULL, on_event, &h);
	char host[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(host, sizeof host, "10.0.%d.%d", i / 256, i % 256);
		refused_add(r, host, REFUSED_COMMUNITY, 50000 + i);
	}
	refused_turn(r, 60000);
	assert_int_equal(h.hosts, 32);
	assert_true(h.events < 40);
	assert_int_equal(h.communities, 5000);
	mem_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_told_of_once_in_ten_seconds),
		cmocka_unit_test(many_hosts_do_not_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
