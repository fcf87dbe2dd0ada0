/* Reactions of IP SLA, and what the wire brings: echo replies and answers of name servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/loop.h"
#include "probe/operation.h"
#include "probe/run.h"

#define N(a) (sizeof(a) / sizeof *(a))

struct step {
	int64_t value;
	enum reaction_verdict verdict;
	int64_t measured;
};

static void
feed(struct reaction r, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t measured = -1;

		assert_int_equal(reaction_take(&r, steps[i].value, &measured), steps[i].verdict);
		if (steps[i].verdict != REACTION_NONE)
			assert_int_equal(measured, steps[i].measured);
	}
}

static void
immediate(void **state)
{
	const struct step steps[] = { { 100, REACTION_NONE, 0 }, { 101, REACTION_OCCURRED, 101 },
		{ 500, REACTION_NONE, 0 }, { 50, REACTION_NONE, 0 }, { 49, REACTION_CLEARED, 49 } };

	feed((struct reaction){ .threshold = THRESHOLD_IMMEDIATE, .upper = 100, .lower = 50 }, steps,
		N(steps));
}

static void
consecutive(void **state)
{
	const struct step steps[] = { { 200, REACTION_NONE, 0 }, { 200, REACTION_NONE, 0 },
		{ 10, REACTION_NONE, 0 }, { 200, REACTION_NONE, 0 }, { 200, REACTION_NONE, 0 },
		{ 201, REACTION_OCCURRED, 201 }, { 10, REACTION_NONE, 0 }, { 10, REACTION_NONE, 0 },
		{ 10, REACTION_CLEARED, 10 } };

	feed((struct reaction){ .threshold = THRESHOLD_CONSECUTIVE, .x = 3, .upper = 100, .lower = 50 },
		steps, N(steps));
}

static void
x_of_y(void **state)
{
	const struct step steps[] = { { 200, REACTION_NONE, 0 }, { 10, REACTION_NONE, 0 },
		{ 200, REACTION_OCCURRED, 200 }, { 10, REACTION_CLEARED, 10 } };
	const struct step never[] = { { 200, REACTION_NONE, 0 }, { 200, REACTION_NONE, 0 } };

	feed((struct reaction){ .threshold = THRESHOLD_X_OF_Y, .x = 2, .y = 3, .upper = 100, .lower = 50 },
		steps, N(steps));
	feed((struct reaction){ .threshold = THRESHOLD_X_OF_Y, .x = 2, .y = 1, .upper = 100, .lower = 50 },
		never, N(never));
}

static void
averages(void **state)
{
	const struct step steps[] = { { 200, REACTION_NONE, 0 }, { 50, REACTION_OCCURRED, 125 },
		{ 40, REACTION_CLEARED, 45 } };

	feed((struct reaction){ .threshold = THRESHOLD_AVERAGE, .x = 2, .upper = 100, .lower = 50 }, steps,
		N(steps));
}

static void
never(void **state)
{
	const struct step steps[] = { { 100000, REACTION_NONE, 0 }, { 0, REACTION_NONE, 0 } };

	feed((struct reaction){ .threshold = THRESHOLD_NEVER, .upper = 1, .lower = 1 }, steps, N(steps));
}

static void
values(void **state)
{
	struct probe_answer a = { .code = PROBE_TCP_TIMEOUT, .rtt_us = -1 };
	int64_t v;

	assert_false(reaction_value(REACT_RTT, &a, 0, 0, &v));
	assert_true(reaction_value(REACT_TIMEOUT, &a, 0, 0, &v) && v == 1);
	assert_true(reaction_value(REACT_CONNECTION_LOSS, &a, 0, 0, &v) && v == 0);
	a = (struct probe_answer){ .code = PROBE_OK, .rtt_us = 12999 };
	assert_true(reaction_value(REACT_RTT, &a, 0, 0, &v) && v == 12);
	assert_true(reaction_value(REACT_VERIFY_ERROR, &a, 0, 0, &v) && v == 0);
}

static void
echo_replies(void **state)
{
	unsigned char packet[60] = { 0x45 };
	const unsigned char *payload;
	size_t n;

	packet[20] = 0; /* echo reply */
	packet[24] = 0x12;
	packet[25] = 0x34;
	packet[26] = 0x01;
	packet[27] = 0x02;
	assert_int_equal(echo_parse(packet, sizeof packet, false, true, 0x1234, &payload, &n), 0x0102);
	assert_ptr_equal(payload, packet + 28);
	assert_int_equal(n, 32);
	assert_int_equal(echo_parse(packet, sizeof packet, false, true, 0x4321, &payload, &n), -1);
	assert_int_equal(
		echo_parse(packet, 35, false, true, 0x1234, &payload, &n), -1); /* no room for a cookie */
	packet[20] = 8; /* our own request, on the loopback */
	assert_int_equal(echo_parse(packet, sizeof packet, false, true, 0x1234, &payload, &n), -1);
	packet[0] = 0x4f; /* an IP header longer than the packet */
	assert_int_equal(echo_parse(packet, 40, false, true, 0x1234, &payload, &n), -1);
	packet[20] = 129;
	assert_int_equal(echo_parse(packet + 20, 40, true, false, 0, &payload, &n), 0x0102);
}

static void
name_servers(void **state)
{
	unsigned char q[300], a[400];
	size_t n = dns_query(q, sizeof q, 0xbeef, "www.Example.test", DNS_A);

	assert_int_equal(n, 12 + 18 + 4);
	assert_memory_equal(q + 12, "\3www\7Example\4test", 18);
	memcpy(a, q, n);
	assert_int_equal(dns_answers(a, n, q, n), -1); /* a question is no answer */
	a[2] = 0x81;
	a[7] = 2;
	a[17] = 'e'; /* letters may change their case */
	assert_int_equal(dns_answers(a, n, q, n), 2);
	a[3] = 3;
	assert_int_equal(dns_answers(a, n, q, n), -2);
	a[3] = 0;
	a[13] = 'x';
	assert_int_equal(dns_answers(a, n, q, n), -1);
	assert_int_equal(dns_answers(a, 11, q, n), -1);
	assert_int_equal(dns_query(q, sizeof q, 1, "a..b", DNS_A), 0);
	assert_int_equal(dns_query(q, 20, 1, "www.example.test", DNS_A), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(immediate),
		cmocka_unit_test(consecutive),
		cmocka_unit_test(x_of_y),
		cmocka_unit_test(averages),
		cmocka_unit_test(never),
		cmocka_unit_test(values),
		cmocka_unit_test(echo_replies),
		cmocka_unit_test(name_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
