/* What a regular expression requires, as a table. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bus/literal.h"
#include "core/mem.h"
#include "core/text.h"

/* "MNEMONIC:run|run" per branch, branches separated by " / "; "-" = nothing. */
static void
describe(const struct literals *lit, struct text *out)
{
	if (lit->n == 0)
		text_add(out, "-");
	if (lit->nocase)
		text_add(out, "(i)");
	for (unsigned i = 0; i < lit->n; i++) {
		const struct literal_branch *b = &lit->branch[i];

		if (i > 0)
			text_add(out, " / ");
		if (b->mnemonic.n > 0)
			text_printf(out, "%.*s:", SLICE_FMT(b->mnemonic));
		for (unsigned k = 0; k < b->n; k++)
			text_printf(out, "%s%.*s", k > 0 ? "|" : "", SLICE_FMT(b->run[k]));
	}
}

static void
test_table(void **state)
{
	static const char *const rows[][2] = {
		{ "UPDOWN", "UPDOWN" },
		{ "^%LINK-3-UPDOWN: Interface Gi0/1, changed", "LINK-3-UPDOWN: Interface Gi0/1, changed" },
		{ "%LINK-3-UPDOWN:", "LINK-3-UPDOWN:" },
		{ ".*%LINK-3-UPDOWN.*Gi0/1", "%LINK-3-UPDOWN|Gi0/1" },
		{ "foo.*%A-1-B: x.*bar", "A-1-B: x|bar" },
		{ "%(LINK|LINEPROTO)-[35]-UPDOWN: Interface", "%|-|-UPDOWN: Interface" },
		{ "%LINK-3-UPDOWN|%BGP-5-ADJCHANGE: neighbor", "%LINK-3-UPDOWN / BGP-5-ADJCHANGE: neighbor" },
		{ "abc?d", "ab|d" },
		{ "abc*", "ab" },
		{ "abc+d", "abc|cd" },
		{ "abc{2,3}d", "abc|cd" },
		{ "abc{0,3}d", "ab|d" },
		{ "abc{,3}d", "-" },
		{ "a(bcd)e", "a|bcd|e" },
		{ "a(bcd)?e", "a|e" },
		{ "a(bcd)+e", "a|bcd|e" },
		{ "a(bcd|x)e", "a|e" },
		{ "a(?:b(c)d)e", "a|b|c|d|e" },
		{ "a(?<name>bc)d", "a|bc|d" },
		{ "a\\.b\\/c", "a.b/c" },
		{ "a[.]b[^x]c[]]d[x-z]e", "a.b|c]d|e" },
		{ "a[[:digit:]]b", "a|b" },
		{ "a\\db\\bc", "a|b|c" },
		{ "a\\nb", "a\nb" },
		{ "x?|y", "-" },
		{ "x|", "-" },
		{ ".*", "-" },
		{ "", "-" },
		{ "(?i)LINK.down", "(i)link|down" },
		{ "a(?i)b", "-" },
		{ "a(?=b)c", "-" },
		{ "a(?!b)c", "-" },
		{ "(a)\\1", "-" },
		{ "\\Qa.b\\E", "-" },
		{ "\\x41b", "-" },
		{ "(*COMMIT)ab", "-" },
		{ "a)b", "-" },
		{ "a(b", "-" },
		{ "a[b", "-" },
		{ "caf\xc3\xa9s", "caf\xc3\xa9s" },
		{ "caf\xc3\xa9?", "-" },
		{ "1|2|3|4|5|6|7|8", "1 / 2 / 3 / 4 / 5 / 6 / 7 / 8" },
		{ "1|2|3|4|5|6|7|8|9", "-" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct literals *lit = literal_find(NULL, rows[i][0]);
		struct text *got = text_new(lit);

		describe(lit, got);
		if (strcmp(got->s, rows[i][1]) != 0)
			fail_msg("/%s/: %s, not %s", rows[i][0], got->s, rows[i][1]);
		mem_free(lit);
	}
}

static void
test_explained(void **state)
{
	struct literals *lit = literal_find(NULL, "%LINK-3-UPDOWN: Interface .* down");
	const char *yes = "x%y %LINK-3-UPDOWN: Interface Gi0/1 is down",
		   *other = "%LINK-5-CHANGED: Interface x down",
		   *up = "%LINK-3-UPDOWN: Interface Gi0/1 is up";
	struct slice missing = SLICE_NONE;

	assert_true(literal_in(lit, 0, yes, strlen(yes), &missing));
	assert_false(literal_in(lit, 0, other, strlen(other), &missing));
	assert_true(slice_is(missing, "LINK-3-UPDOWN"));
	assert_false(literal_in(lit, 0, up, strlen(up), &missing));
	assert_true(slice_is(missing, " down"));
	mem_free(lit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
