/* Templates: escapes and variables of action arguments, numbers, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "applets/compile.h"
#include "applets/expand.h"
#include "core/mem.h"
#include "core/text.h"

static uint32_t
one_symbol(void *arg, const char *name, size_t n)
{
	return 7;
}

/* Literals in < >, variables in { }. */
static void
expect_pieces(const char *typed, const char *expected)
{
	void *ctx = mem_ctx(NULL, "template");
	struct template *t = template_new(ctx, typed, one_symbol, NULL);
	struct text *out = text_new(ctx);

	for (size_t i = 0; i < t->n; i++) {
		const struct template_piece *p = &t->pieces[i];

		assert_int_equal(p->symbol, p->is_variable ? 7 : PROGRAM_NOWHERE);
		text_addc(out, p->is_variable ? '{' : '<');
		text_addn(out, p->s, p->n);
		text_addc(out, p->is_variable ? '}' : '>');
	}
	assert_string_equal(out->s, expected);
	if (t->is_literal)
		assert_int_equal(t->len, t->n ? t->pieces[0].n : 0);
	mem_free(ctx);
}

static void
escapes_are_worked_off_once(void **state)
{
	expect_pieces("", "");
	expect_pieces("plain", "<plain>");
	expect_pieces("a\\nb\\tc\\rd", "<a\nb\tc\rd>");
	expect_pieces("\\\\", "<\\>");
	expect_pieces("\\\"q\\\"", "<\"q\">");
	expect_pieces("\\$x", "<$x>");
	expect_pieces("\\[confirm\\]", "<\\[confirm\\]>");
	expect_pieces("\\\\[y\\\\/n\\\\]|#", "<\\[y\\/n\\]|#>");
	expect_pieces("\\\\n", "<\\n>");
	expect_pieces("end\\", "<end\\>");
	expect_pieces("\\s\\d", "<\\s\\d>");
}

static void
variables_have_the_longest_name(void **state)
{
	expect_pieces("$x", "{x}");
	expect_pieces("$host_x.", "{host_x}<.>");
	expect_pieces("a$b$c", "<a>{b}{c}");
	expect_pieces("$_cli_result", "{_cli_result}");
	expect_pieces("$1 $ $$x $-", "<$1 $ $>{x}< $->");
	expect_pieces("${x}", "<${x}>");
	expect_pieces("$x\\$y", "{x}<$y>");
	expect_pieces("\\\\$x", "<\\>{x}");
}

static void
integers_have_64_bits(void **state)
{
	static const struct {
		const char *s;
		bool good;
		int64_t v;
	} rows[] = {
		{ "0", true, 0 },
		{ " 42\n", true, 42 },
		{ "-7", true, -7 },
		{ "+7", true, 7 },
		{ "007", true, 7 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "", false, 0 },
		{ " ", false, 0 },
		{ "-", false, 0 },
		{ "1.0", false, 0 },
		{ "1 2", false, 0 },
		{ "0x10", false, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t v = 0;

		if (parse_integer(rows[i].s, strlen(rows[i].s), &v) != rows[i].good || v != rows[i].v)
			fail_msg("'%s': %lld", rows[i].s, (long long)v);
	}
}

static void
names_begin_with_a_letter(void **state)
{
	assert_true(variable_name_valid("_x9", 3));
	assert_true(variable_name_valid("Z", 1));
	assert_false(variable_name_valid("9x", 2));
	assert_false(variable_name_valid("a-b", 3));
	assert_false(variable_name_valid("", 0));
}

static void
labels_compare_as_bytes(void **state)
{
	static const char *const sorted[] = { "008", "008.1", "1", "1.0", "1.10", "1.2", "10.0", "120", "13",
		"2.0", "4.1", "4.11", "4.2", "4.21", "9.0", "B", "a1" };

	for (size_t i = 1; i < sizeof sorted / sizeof *sorted; i++)
		assert_true(label_compare(sorted[i - 1], sorted[i]) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_worked_off_once),
		cmocka_unit_test(variables_have_the_longest_name),
		cmocka_unit_test(integers_have_64_bits),
		cmocka_unit_test(names_begin_with_a_letter),
		cmocka_unit_test(labels_compare_as_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
