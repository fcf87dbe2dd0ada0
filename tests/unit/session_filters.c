/* What stands behind `|`: filters, as text and as JSON, and where they write. */
#include "typist.h"

#include <unistd.h>

#include "core/files.h"

static void
filters(void **state)
{
	static const struct {
		const char *line, *printed;
	} rows[] = {
		{ "show rows | include ip", " ip 10.0.0.1\n ip 10.0.0.2 one\n" },
		{ "show rows | i ip|last", " ip 10.0.0.1\n ip 10.0.0.2 one\nlast _x line\n" },
		{ "show rows | exclude ip",
			"interface one\n  deep\n shutdown\ninterface two\nlast _x line\n" },
		{ "show rows | begin two", "interface two\n ip 10.0.0.2 one\nlast _x line\n" },
		{ "show rows | section one",
			"interface one\n ip 10.0.0.1\n  deep\n shutdown\n ip 10.0.0.2 one\n" },
		{ "show rows | section exclude interface", "last _x line\n" },
		{ "show rows | sec include last", "last _x line\n" },
		{ "show rows | count ip", "Number of lines which match regexp = 2\n" },
		{ "show rows | include ip | exclude one | count 10",
			"Number of lines which match regexp = 1\n" },
		{ "show rows | include interface one | two",
			"interface two\n" }, /* no filter word: an expression */
		{ "show rows | include _x_", "last _x line\n" },
		{ "show rows | include _one$", "interface one\n ip 10.0.0.2 one\n" },
		{ "show rows | include 10.0.0.1\\|", "" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		expect(f, rows[i].line, rows[i].printed);
}

static void
filters_only_behind_show(void **state)
{
	struct fixture *f = *state;

	expect(f, "test echo a | include b", "a | include b\n");
	expect_refused(f, "show rows | frobnicate x",
		"               ^\n% Invalid input detected at '^' marker.\n"
		"% a filter is append, begin, count, exclude, include, redirect, section or tee, with an "
		"expression or a file\n\n");
	expect_refused(f, "show rows |", "% Incomplete command.\n\n");
	assert_non_null(strstr(type(f, "show rows | include (x"), "% "));
	assert_false(f->accepted);
}

static void
filters_write_files(void **state)
{
	struct fixture *f = *state;

	snprintf(f->dir, sizeof f->dir, "/tmp/eventd-session-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->e->files = files_new(f->ctx);
	files_prefix(f->e->files, "flash:", f->dir);
	expect(f, "show rows | include last | redirect flash:a", "");
	expect(f, "show rows | include two | append flash:a", "");
	expect(f, "more flash:a", "last _x line\ninterface two\n");
	expect(f, "show rows | include deep | tee flash:b", "  deep\n");
	expect(f, "more b", "  deep\n");
	expect(f, "show rows | include last | tee /append flash:b", "last _x line\n");
	expect(f, "more b", "  deep\nlast _x line\n");
	expect_refused(
		f, "show rows | redirect flash:../x", "%Error opening flash:../x (Permission denied)\n");
	expect_refused(f, "show rows | redirect moon:x",
		"%Error opening moon:x (Invalid argument)\n% file names begin with a prefix such as "
		"flash:\n");
}

static void
filtered_json_is_a_list_of_lines(void **state)
{
	struct fixture *f = *state;
	struct session_spec spec = admin;

	spec.wants_json = true;
	open_session(f, &spec);
	expect(f, "show rows | include last", "");
	assert_string_equal(f->json->s, "{\"schema_version\":1,\"lines\":[\"last _x line\"]}\n");
	type(f, "show rows");
	assert_non_null(strstr(f->json->s, "\"rows\""));
	type(f, "sho qux");
	assert_string_equal(f->out->s, "");
	assert_string_equal(f->json->s, "");
	assert_false(f->accepted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TYPED(filters),
		TYPED(filters_only_behind_show),
		TYPED(filters_write_files),
		TYPED(filtered_json_is_a_list_of_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
