/* The head of SNMPv3 messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "snmp/v3head.h"

/* Engine 80 00 1f 88 05, user "fred", and the first octets of what follows. */
static const uint8_t message[] = { 0x30, 0x2d, 0x02, 0x01, 0x03, 0x30, 0x0f, 0x02, 0x02, 0x11, 0x22, 0x02,
	0x03, 0x00, 0xff, 0xe3, 0x04, 0x01, 0x04, 0x02, 0x01, 0x03, 0x04, 0x17, 0x30, 0x15, 0x04, 0x05, 0x80,
	0x00, 0x1f, 0x88, 0x05, 0x02, 0x01, 0x01, 0x02, 0x01, 0x00, 0x04, 0x04, 'f', 'r', 'e', 'd', 0x04,
	0x00 };

static void
engine_and_user_are_found(void **state)
{
	static const uint8_t engine[] = { 0x80, 0x00, 0x1f, 0x88, 0x05 };
	struct v3_head head;

	(void)state;
	assert_true(v3_head_read(message, sizeof message, &head));
	assert_int_equal(head.engine_len, sizeof engine);
	assert_memory_equal(head.engine, engine, sizeof engine);
	assert_int_equal(head.user_len, 4);
	assert_memory_equal(head.user, "fred", 4);
}

static void
a_message_cut_short_is_none(void **state)
{
	struct v3_head head;

	(void)state;
	for (size_t n = 0; n < sizeof message; n++)
		assert_false(v3_head_read(message, n, &head));
}

static void
other_versions_types_and_lengths_are_none(void **state)
{
	static const struct {
		size_t at;
		uint8_t octet;
	} changes[] = {
		{ 0, 0x31 },                /* no sequence */
		{ 1, 0x85 },                /* a length of five octets */
		{ 1, 0x80 },                /* no definite length */
		{ 1, 0x7f },                /* longer than the message */
		{ 4, 0x01 },                /* SNMPv2c */
		{ 22, 0x05 },               /* no security parameters */
		{ 24, 0x04 }, { 27, 0x7f }, /* an engine that does not end */
		{ 40, 0x60 },               /* a name that does not end */
	};
	uint8_t copy[sizeof message];
	struct v3_head head;

	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		memcpy(copy, message, sizeof copy);
		copy[changes[i].at] = changes[i].octet;
		assert_false(v3_head_read(copy, sizeof copy, &head));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engine_and_user_are_found),
		cmocka_unit_test(a_message_cut_short_is_none),
		cmocka_unit_test(other_versions_types_and_lengths_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
