/* Regular expressions and glob patterns: dialects, captures, limits, error columns. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/glob.h"
#include "core/mem.h"
#include "core/regex.h"

static enum regex_engine engines[] = { REGEX_JIT, REGEX_INTERPRET };

static enum regex_verdict
try(enum regex_dialect dialect, enum regex_engine engine, const char *pattern, const char *s, size_t n,
	struct regex_captures *out)
{
	void *ctx = mem_ctx(NULL, "test");
	struct regex *re = regex_new(ctx, pattern, dialect, NULL);
	enum regex_verdict v;

	assert_non_null(re);
	v = regex_match(re, regex_scratch_new(ctx, engine), s, n, out);
	mem_free(ctx);
	return v;
}

static void
test_dialects(void **state)
{
	static const struct {
		enum regex_dialect dialect;
		const char *pattern, *subject;
		enum regex_verdict want;
	} rows[] = {
		{ REGEX_EVENT, "UPDOWN", "%LINK-3-UPDOWN: x", REGEX_YES },
		{ REGEX_EVENT, "updown", "%LINK-3-UPDOWN: x", REGEX_NO },
		{ REGEX_EVENT, "a.b", "a\nb", REGEX_NO },
		{ REGEX_TCL, "a.b", "a\nb", REGEX_YES },
		{ REGEX_EVENT, "end$", "the end\n", REGEX_YES },
		{ REGEX_TCL, "end$", "the end\n", REGEX_NO },
		{ REGEX_TCL, "^two", "one\ntwo", REGEX_NO },
		{ REGEX_EVENT, "^two", "one\ntwo", REGEX_NO },
		{ REGEX_EVENT, "[[:digit:]]{2}\\s\\S", "42 x", REGEX_YES },
		/* Characters: "é" is one for regexp, and for a pattern that holds one itself. */
		{ REGEX_TCL, "^.$", "\xc3\xa9", REGEX_YES },
		{ REGEX_TCL, "^.$", "\xc3", REGEX_YES },
		{ REGEX_TCL, "^.$", "\xc3\x28", REGEX_NO },
		{ REGEX_EVENT, "^.$", "\xc3\xa9", REGEX_NO },
		{ REGEX_EVENT, "^[\xc3\xa9\xc3\xa8]$", "\xc3\xa9", REGEX_YES },
		{ REGEX_EVENT, "^[\xc3\xa9\xc3\xa8]$", "\xc3", REGEX_NO },
		{ REGEX_EVENT, "caf\xc3\xa9", "\xff caf\xc3\xa9 \xff", REGEX_YES },
	};

	for (size_t e = 0; e < 2; e++)
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			enum regex_verdict v = try(rows[i].dialect, engines[e], rows[i].pattern,
				rows[i].subject, strlen(rows[i].subject), NULL);

			if (v != rows[i].want)
				fail_msg("row %zu: /%s/ on \"%s\": %d", i, rows[i].pattern, rows[i].subject,
					v);
		}
}

static void
test_captures(void **state)
{
	const char *s = "Interface Gi0/1, changed state to down";
	struct regex_captures c;

	assert_int_equal(try(REGEX_EVENT, REGEX_JIT, "Interface ([^,]+), (x)?changed state to (up|down)", s,
				 strlen(s), &c),
		REGEX_YES);
	assert_int_equal(c.n, 4);
	assert_int_equal(c.group[0].len, strlen(s));
	assert_memory_equal(s + c.group[1].at, "Gi0/1", c.group[1].len);
	assert_int_equal(c.group[1].len, 5);
	assert_false(c.group[2].set);
	assert_int_equal(c.group[2].len, 0);
	assert_memory_equal(s + c.group[3].at, "down", 4);
}

static void
test_more_groups_than_reported(void **state)
{
	char pattern[256] = "";
	struct regex_captures c;

	for (unsigned i = 0; i < 40; i++)
		strcat(pattern, "(a)");
	assert_int_equal(
		try(REGEX_EVENT, REGEX_JIT, pattern, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 44, &c),
		REGEX_YES);
	assert_int_equal(c.n, REGEX_GROUPS);
	assert_int_equal(c.group[0].len, 40);
	assert_int_equal(c.group[31].at, 30);
}

static void
test_gives_up(void **state)
{
	const char *evil = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";

	for (size_t e = 0; e < 2; e++) {
		assert_int_equal(
			try(REGEX_EVENT, engines[e], "(a+)+$", evil, strlen(evil), NULL), REGEX_LIMIT);
		assert_int_equal(
			try(REGEX_TCL, engines[e], "^(a|aa)+$", evil, strlen(evil), NULL), REGEX_LIMIT);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *pattern;
		int column;
	} rows[] = {
		{ "abc(def", 8 },
		{ "*UPDOWN", 1 },
		{ "a[b", 4 },
		{ "ab\\", 4 },
		{ "x\\Cy", 4 },
		{ "(*UTF)a", 7 },
	};
	struct err err = ERR_INIT;
	char longest[REGEX_PATTERN_MAX + 2];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_false(regex_check(rows[i].pattern, REGEX_EVENT, &err));
		assert_int_equal(err.code, ERR_INVALID);
		if (err.column != rows[i].column)
			fail_msg("/%s/: column %d: %s", rows[i].pattern, err.column, err.text);
	}
	memset(longest, 'a', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	assert_false(regex_check(longest, REGEX_EVENT, &err));
	longest[REGEX_PATTERN_MAX] = '\0';
	assert_true(regex_check(longest, REGEX_EVENT, &err));
}

static void
test_jit_is_told(void **state)
{
	const char *why = NULL;

	regex_jit_works(&why);
	assert_non_null(why);
}

static void
test_glob(void **state)
{
	static const struct {
		const char *pattern, *s;
		bool nocase, want;
	} rows[] = {
		{ "*", "", false, true },
		{ "", "", false, true },
		{ "", "a", false, false },
		{ "a*c", "abbbc", false, true },
		{ "a*c", "abbbcd", false, false },
		{ "Gi*/?", "GigabitEthernet0/1", false, true },
		{ "gi*", "GigabitEthernet0/1", false, false },
		{ "gi*", "GigabitEthernet0/1", true, true },
		{ "[a-c]x", "bx", false, true },
		{ "[a-c]x", "dx", false, false },
		{ "[A-C]x", "bX", true, true },
		{ "\\*", "*", false, true },
		{ "\\*", "x", false, false },
		{ "?", "\xc3\xa9", false, true },
		{ "?", "\xc3", false, true },
		{ "??", "\xc3\xa9", false, false },
		{ "*a*b*c*", "xxaxxbxxcxx", false, true },
		{ "[abc", "a", false, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (glob_match(rows[i].pattern, strlen(rows[i].pattern), rows[i].s, strlen(rows[i].s),
			    rows[i].nocase) != rows[i].want)
			fail_msg("glob %s on %s", rows[i].pattern, rows[i].s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialects),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_more_groups_than_reported),
		cmocka_unit_test(test_gives_up),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_jit_is_told),
		cmocka_unit_test(test_glob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
