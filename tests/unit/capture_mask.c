/* What is left of a captured session, by what the client said; pieces in any order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture/mask.h"
#include "capture/segment.h"
#include "core/mem.h"

static const struct {
	const char *said, *left;
} sessions[] = {
	{ "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n",
		"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n" },
	{ "EHLO a\r\nAUTH PLAIN AGJvYgBwdw==\r\nMAIL FROM:<a>\r\n",
		"EHLO a\r\nAUTH PLAIN*************\r\nMAIL FROM:<a>\r\n" },
	{ "AUTH LOGIN\r\nYm9i\r\ncHc=\r\nQUIT\r\n", "AUTH LOGIN\r\n****\r\n****\r\nQUIT\r\n" },
	{ "auth plain AGJvYgBwdw==\r\n*\r\nquit\r\n", "auth plain*************\r\n*\r\nquit\r\n" },
	/* an empty answer, a word that is not known */
	{ "AUTH XOAUTH2 dQ==\r\n\r\nXYZZY secret\r\n", "AUTH XOAUTH2*****\r\n\r\n************\r\n" },
	/* mail text may say what it likes, up to the dot */
	{ "DATA\r\nAUTH me\r\nsecret\r\n..\r\n.\r\nsecret\r\n",
		"DATA\r\nAUTH me\r\nsecret\r\n..\r\n.\r\n******\r\n" },
	/* nobody can read TLS */
	{ "STARTTLS\r\n\x16\x03\x01 whatever \r\n is inside",
		"STARTTLS\r\n\x16\x03\x01 whatever \r\n is inside" },
	/* a line that was cut off */
	{ "AUTH PLAIN AGJv", "AUTH PLAIN*****" },
	{ "EHL", "***" },
};

static void
sessions_are_masked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sessions / sizeof sessions[0]; i++) {
		const char *said = sessions[i].said;
		size_t n = strlen(said);
		struct mask *m = mask_new(NULL, MASK_SMTP, NULL);
		unsigned char *copy = mem_dup(NULL, said, n + 1);

		mask_learn(m, 7, true, (const unsigned char *)said, 0);
		mask_learn(m, 8, false, (const unsigned char *)said, n);
		mask_apply(m, 8, false, copy, n);
		assert_string_equal((char *)copy, sessions[i].left);
		mem_free(copy);
		mem_free(m);
	}
}

/* One octet a segment, the last first, each twice; and a number that wraps around in the middle. */
static void
pieces_in_any_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sessions / sizeof sessions[0]; i++) {
		const char *said = sessions[i].said;
		size_t n = strlen(said);
		uint32_t first = UINT32_MAX - (uint32_t)n / 2;
		struct mask *m = mask_new(NULL, MASK_SMTP, NULL);
		char left[256] = "";

		mask_learn(m, first - 1, true, (const unsigned char *)said, 0);
		for (size_t k = n; k-- > 0;) {
			mask_learn(m, first + (uint32_t)k, false, (const unsigned char *)said + k, 1);
			mask_learn(m, first + (uint32_t)k, false, (const unsigned char *)said + k, 1);
		}
		for (size_t k = 0; k < n; k++) {
			unsigned char octet = (unsigned char)said[k];

			mask_apply(m, first + (uint32_t)k, false, &octet, 1);
			left[k] = (char)octet;
		}
		assert_string_equal(left, sessions[i].left);
		mem_free(m);
	}
}

/* The segment with AUTH was lost: what follows cannot be told, so it is not shown. */
static void
what_is_missing_hides_what_follows(void **state)
{
	struct mask *m = mask_new(NULL, MASK_SMTP, NULL);
	unsigned char answer[] = "c2VjcmV0\r\n", before[] = "stray";

	(void)state;
	mask_learn(m, 1, false, (const unsigned char *)"EHLO a\r\n", 8);
	mask_learn(m, 21, false, answer, 10);
	mask_apply(m, 21, false, answer, 10);
	assert_string_equal((char *)answer, "********\r\n");
	mask_apply(m, 1000, false, before, 5);
	assert_string_equal((char *)before, "*****");
	mem_free(m);
}

static void
ends_fit_patterns(void **state)
{
	struct segment_end a, b, any = { 0 };

	(void)state;
	assert_true(segment_end_parse(&a, "127.0.0.1", 25));
	assert_true(segment_end_parse(&b, "127.0.0.1", 0));
	assert_true(segment_end_fits(&a, &b));
	assert_true(segment_end_fits(&a, &any));
	assert_false(segment_end_fits(&b, &a));
	assert_true(segment_end_parse(&b, "fe80::1%eth0", 25));
	assert_false(segment_end_fits(&a, &b));
	assert_false(segment_end_parse(&b, "mail.example", 25));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_are_masked),
		cmocka_unit_test(pieces_in_any_order),
		cmocka_unit_test(what_is_missing_hides_what_follows),
		cmocka_unit_test(ends_fit_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
