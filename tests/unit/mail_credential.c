/* The pieces of the credential store that are pure: type 7, first lines, command words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "actions/mail/password7.h"
#include "actions/mail/token.h"
#include "core/mem.h"
#include "core/text.h"

static void
type_7_is_read(void **state)
{
	void *ctx = mem_ctx(NULL, "test");

	(void)state;
	assert_string_equal(password7_decode(ctx, "0822455D0A16"), "cisco");
	assert_string_equal(password7_decode(ctx, "094f471a1a0a"), "cisco");
	assert_string_equal(password7_decode(ctx, "045802150C2E"), "cisco");
	mem_free(ctx);
}

static void
what_is_no_type_7_is_refused(void **state)
{
	static const char *const bad[] = { "", "08", "0822455D0A1", "9922", "0xyz12", "08ZZ", "-822", "53AA",
		"0841" /* a NUL */ };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_null(password7_decode(NULL, bad[i]));
}

static void
the_first_line_is_the_token(void **state)
{
	static const struct {
		const char *text, *token;
	} rows[] = {
		{ "ya29.a0Af_H-6/+~==\n", "ya29.a0Af_H-6/+~==" },
		{ "abc", "abc" },
		{ "abc\r\nsecond\n", "abc" },
		{ "", NULL },
		{ "\n", NULL },
		{ " abc\n", NULL },
		{ "two words\n", NULL },
		{ "<html>\n", NULL },
		{ "a\001b\n", NULL },
		{ "t\xc3\xa4\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *token = token_first_line(NULL, rows[i].text, strlen(rows[i].text));

		if (rows[i].token == NULL)
			assert_null(token);
		else
			assert_string_equal(token, rows[i].token);
		mem_free(token);
	}
	assert_null(token_first_line(NULL, "a\0b\n", 4));
}

static void
commands_are_words_and_no_shell(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	const char *const *argv = token_argv(ctx, "/usr/bin/token --user \"a b\" $HOME; ls");

	(void)state;
	assert_string_equal(argv[0], "/usr/bin/token");
	assert_string_equal(argv[1], "--user");
	assert_string_equal(argv[2], "a b");
	assert_string_equal(argv[3], "$HOME;");
	assert_string_equal(argv[4], "ls");
	assert_null(argv[5]);
	assert_null(token_argv(ctx, "  ")[0]);
	mem_free(ctx);
}

static void
escapes_between_quotes(void **state)
{
	char *s = text_unquote(NULL, "a\\\"b\\\\c\\$d\\ne\\");

	(void)state;
	assert_string_equal(s, "a\"b\\c$d\\ne\\");
	mem_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(type_7_is_read),
		cmocka_unit_test(what_is_no_type_7_is_refused),
		cmocka_unit_test(the_first_line_is_the_token),
		cmocka_unit_test(commands_are_words_and_no_shell),
		cmocka_unit_test(escapes_between_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
