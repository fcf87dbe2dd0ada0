/* Terminal output as text: echoes, control sequences, the line that may be a prompt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/device/screen.h"
#include "core/mem.h"
#include "core/text.h"

static const struct {
	const char *echo, *printed, *read, *line;
} rows[] = {
	{ NULL, "one\r\ntwo\r\nbox#", "one\r\ntwo\r\nbox#", "box#" },
	{ "show x", "show x\r\none\r\nbox#", "one\r\nbox#", "box#" },
	{ "show x", "\rshow x\r\nbox#", "box#", "box#" },
	{ "show x", "show y\r\nbox#", "show y\r\nbox#", "box#" },
	{ "show x", "sho", "", "" },
	{ "show x", "shell\r\n", "shell\r\n", "" },
	{ "show x", "show x\rbox#", "show x\rbox#", "box#" },
	{ "", "\r\nbox#", "box#", "box#" },
	{ "", "box#", "box#", "box#" },
	{ NULL, "\x1b[1mbox#\x1b[0m", "box#", "box#" },
	{ NULL, "\x1b]0;title\abox#", "box#", "box#" },
	{ NULL, "\x1b]0;title\x1b\\box#", "box#", "box#" },
	{ NULL, "\x1b(Bbox\x1b=#\a", "box#", "box#" },
	{ NULL, "loading 10%\rloading 20%\rbox#", "loading 10%\rloading 20%\rbox#", "box#" },
	{ NULL, "--More--\b\b\b\b\b\b\b\bbox#", "--More--\b\b\b\b\b\b\b\bbox#", "box#" },
	{ NULL, "\b\bx", "\b\bx", "x" },
	{ "a", "\x1b[?2004la\r\nbox#", "box#", "box#" },
};

static const char *
read_back(const char *echo, const char *printed, size_t pieces, struct text *out, char line[300])
{
	void *ctx = mem_ctx(NULL, "screen");
	struct screen *s = screen_new(ctx);

	text_clear(out);
	screen_typed(s, echo);
	for (size_t n = strlen(printed); n > 0;) {
		size_t part = n < pieces ? n : pieces;

		screen_feed(s, printed, part, out);
		printed += part;
		n -= part;
	}
	snprintf(line, 300, "%s", screen_line(s));
	mem_free(ctx);
	return out->s;
}

static void
output_is_read(void **state)
{
	struct text *out = text_new(NULL);
	char line[300];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t pieces = 1; pieces < 40; pieces += 13) {
			assert_string_equal(
				read_back(rows[i].echo, rows[i].printed, pieces, out, line), rows[i].read);
			assert_string_equal(line, rows[i].line);
		}
	mem_free(out);
}

static void
a_long_line_is_no_prompt(void **state)
{
	struct text *out = text_new(NULL);
	char line[300], printed[1000];

	memset(printed, 'x', sizeof printed - 1);
	printed[sizeof printed - 1] = '\0';
	assert_string_equal(read_back(NULL, printed, sizeof printed, out, line), printed);
	assert_string_equal(line, "");
	memcpy(printed + 990, "\r\nbox#", 7);
	read_back(NULL, printed, sizeof printed, out, line);
	assert_string_equal(line, "box#");
	mem_free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_read),
		cmocka_unit_test(a_long_line_is_no_prompt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
