/* Pieces of foreign bytes: cut and trimmed; and hex digits read as octets. */
#include "core/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/text.h"

static void
assert_slice(struct slice s, const char *wanted)
{
	assert_true(slice_is(s, wanted));
}

static void
blanks_and_tabs_are_trimmed(void **state)
{
	(void)state;
	assert_slice(slice_trim(slice_of(" \t a b\t ")), "a b");
	assert_slice(slice_trim(slice_of("a")), "a");
	assert_slice(slice_trim(slice_of(" \t")), "");
	assert_slice(slice_trim(SLICE_NONE), "");
	assert_slice(slice_trim(slice_of("\na\n")), "\na\n");
}

static void
a_list_is_cut_piece_by_piece(void **state)
{
	struct slice rest = slice_of("v=1 ; rua=a;; b=c");

	(void)state;
	assert_slice(slice_cut(&rest, ';'), "v=1");
	assert_slice(slice_cut(&rest, ';'), "rua=a");
	assert_slice(slice_cut(&rest, ';'), "");
	assert_slice(slice_cut(&rest, ';'), "b=c");
	assert_int_equal(rest.n, 0);
	assert_slice(slice_cut(&rest, ';'), "");
	rest = SLICE_NONE;
	assert_slice(slice_cut(&rest, ';'), "");
}

static void
hex_digits_are_octets(void **state)
{
	unsigned char out[4] = { 0 };

	(void)state;
	assert_true(hex_read(out, "00fFA009", 8));
	assert_memory_equal(out, "\x00\xff\xa0\x09", 4);
	assert_true(hex_read(out, "", 0));
	assert_false(hex_read(out, "abc", 3));
	assert_false(hex_read(out, "0g", 2));
	assert_false(hex_read(out, "x0", 2));
	for (int c = 0; c < 256; c++)
		assert_int_equal(hex_digit((char)c) >= 0,
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_and_tabs_are_trimmed),
		cmocka_unit_test(a_list_is_cut_piece_by_piece),
		cmocka_unit_test(hex_digits_are_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
