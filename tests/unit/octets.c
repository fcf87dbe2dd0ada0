/* RFC 6587 framing: both forms mixed, hostile counts, long messages, and every way to split a stream. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/text.h"
#include "syslog/octets.h"

#define MAX 32

/* Feeds in pieces of `step` octets (0: all at once); messages as "[a][b]", "!" when refused. */
static char *
cut(const void *ctx, const char *s, size_t n, size_t step, uint64_t *cuts)
{
	struct text *out = text_new(ctx);
	struct octets o;
	char buf[4096];
	size_t have = 0, fed = 0;
	enum octets_result r = OCTETS_MORE;

	octets_init(&o, MAX);
	while (fed < n && r != OCTETS_REFUSED) {
		size_t take = step == 0 || step > n - fed ? n - fed : step, used;
		struct slice m;

		assert_true(step == 0 || have <= MAX + 16);
		memcpy(buf + have, s + fed, take);
		have += take;
		fed += take;
		while ((r = octets_next(&o, buf, have, fed == n, &m, &used)) == OCTETS_MESSAGE) {
			assert_true(m.n <= MAX);
			text_printf(out, "[%.*s]", SLICE_FMT(m));
			memmove(buf, buf + used, have -= used);
		}
		memmove(buf, buf + used, have -= used);
	}
	if (r == OCTETS_REFUSED)
		text_addc(out, '!');
	if (cuts != NULL)
		*cuts = o.cut;
	return out->s;
}

static const struct {
	const char *stream, *want;
} rows[] = {
	{ "<1>a\n<2>b\n", "[<1>a][<2>b]" },
	{ "4 <1>a5 <2>bb", "[<1>a][<2>bb]" },
	{ "4 <1>a<2>line\n4 <3>c", "[<1>a][<2>line][<3>c]" },
	{ "4 <1>a\n\n\r\n4 <2>b", "[<1>a][<2>b]" },
	{ "<1>crlf\r\n<2>x\n", "[<1>crlf][<2>x]" },
	{ "<1>no end", "[<1>no end]" },
	{ "9 <1>short", "" },
	{ "6 <1>a\nb", "[<1>a\nb]" },
	{ "000123: *Mar 1\n", "[000123: *Mar 1]" },
	{ "123: text\n", "[123: text]" },
	{ "12 drummers\n", "[12 drummers]" },
	{ "12", "[12]" },
	{ "12 ", "[12 ]" },
	{ "0 <1>a\n", "[0 <1>a]" },
	{ "99999999999 <1>a", "!" },
	{ "1048577 <1>a", "!" },
	{ "99999999999999999999999 <1>a\n", "[99999999999999999999999 <1>a]" },
	{ "99999999999 text\n<1>b\n", "[99999999999 text][<1>b]" },
	{ "<1>0123456789012345678901234567890123456789\n<2>b\n", "[<1>01234567890123456789012345678][<2>b]" },
	{ "43 <1>01234567890123456789012345678901234567894 <2>b",
		"[<1>01234567890123456789012345678][<2>b]" },
	{ "<1>01234567890123456789012345678\n<2>b\n", "[<1>01234567890123456789012345678][<2>b]" },
	{ "", "" },
	{ "\n\n\n", "" },
};

static void
test_table_split_everywhere(void **state)
{
	void *ctx = mem_ctx(NULL, "test");

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t step = 0; step < 20; step++) {
			char *got = cut(ctx, rows[i].stream, strlen(rows[i].stream), step, NULL);

			if (strcmp(got, rows[i].want) != 0)
				fail_msg("\"%s\" by %zu: %s", rows[i].stream, step, got);
		}
	mem_free(ctx);
}

static void
test_random_streams_split_everywhere(void **state)
{
	static const char *const bits[] = { "<1>", "4 ", "7 <2>abcd", "\n", "\r\n", "x", "12: ", "123456789 ",
		"99999999999 ", "40 <", "aaaaaaaaaaaaaaaaaaaa", " " };

	srand(3);
	for (unsigned round = 0; round < 3000; round++) {
		void *ctx = mem_ctx(NULL, "test");
		struct text *s = text_new(ctx);
		char *whole;
		uint64_t cuts, whole_cuts;

		for (int i = rand() % 20; i > 0; i--)
			text_add(s, bits[(size_t)rand() % (sizeof bits / sizeof bits[0])]);
		whole = cut(ctx, s->s, s->len, 0, &whole_cuts);
		for (size_t step = 1; step < 8; step += 2) {
			char *got = cut(ctx, s->s, s->len, step, &cuts);

			if (strcmp(got, whole) != 0)
				fail_msg("\"%s\" by %zu: %s, whole: %s", s->s, step, got, whole);
			assert_int_equal(cuts, whole_cuts);
		}
		mem_free(ctx);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_split_everywhere),
		cmocka_unit_test(test_random_streams_split_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
