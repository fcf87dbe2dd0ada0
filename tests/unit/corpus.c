/* The corpus: configurations as people write them, accepted and refused (tests/corpus/README.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "applets/check/check.h"
#include "core/paths.h"
#include "core/text.h"
#include "virtual.h"

#define CORPUS     "tests/corpus/"
#define LINTS_LINE "! lints: "
#define HINT_LINE  "! hint: "

/* One file under test. */
struct reading {
	const char *name, *text;
	struct engine *engine;
	struct text codes; /* of the lints, each once, sorted, with blanks between */
	size_t expected;   /* hints in the file */
	size_t errors;
	unsigned wrong;
};

static struct engine *
checking_engine(const void *ctx)
{
	struct err err = ERR_INIT;
	struct setup how = { .clock = clock_new_virtual(ctx, VIRTUAL_START), .seed = 1, .is_check = true };
	struct engine *e = engine_new(ctx, &how, &err);

	assert_non_null(e);
	return e;
}

/* Calls f for each file of a folder; the folder must not be empty. */
static void
each_file(const char *pattern, size_t at_least, void (*f)(struct reading *))
{
	glob_t files;

	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= at_least);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		void *ctx = mem_ctx(NULL, "file");
		struct err err = ERR_INIT;
		struct reading r = { .name = files.gl_pathv[i] };

		r.text = path_read_file(ctx, r.name, 1 << 20, NULL, &err);
		assert_non_null(r.text);
		r.engine = checking_engine(ctx);
		text_init(&r.codes, ctx);
		f(&r);
		if (r.wrong > 0)
			fail_msg("%s: %u wrong", r.name, r.wrong);
		mem_free(r.engine);
		mem_free(ctx);
	}
	globfree(&files);
}

/* The beginning of line `number`, which counts from 1. */
static const char *
line_at(const char *text, int number)
{
	while (number-- > 1 && (text = strchr(text, '\n')) != NULL)
		text++;
	return text != NULL ? text : "";
}

/* ---- accepted ---- */

static void
on_lint(void *arg, const struct check_finding *f)
{
	struct reading *r = arg;

	assert_true(f->line > 0 && f->column > 0);
	if (strstr(r->codes.s, f->lint->code) == NULL)
		text_printf(&r->codes, "%s%s", r->codes.len > 0 ? " " : "", f->lint->code);
}

static void
on_accepted(void *arg, const struct conf_node *root)
{
	struct reading *r = arg;

	assert_true(check_configuration(r->engine, root, r->text, NULL, on_lint, r));
}

static void
on_error(void *arg, const char *file, const struct err *err, bool is_error)
{
	struct reading *r = arg;

	print_error("%s:%d:%d: %s (%s)\n", r->name, err->line, err->column, err->text, err->hint);
	r->wrong++;
}

static void
accept_file(struct reading *r)
{
	const char *line = strstr(r->text, LINTS_LINE);
	char *expected = mem_strndup(r->codes.s, line != NULL ? line + strlen(LINTS_LINE) : "",
		line != NULL ? strcspn(line + strlen(LINTS_LINE), "\r\n") : 0);

	assert_true(conf_inspect(r->engine->conf, r->name, r->text, on_error, on_accepted, r));
	if (strcmp(r->codes.s, expected) == 0)
		return;
	print_error("%s: wanted \"%s\", found \"%s\"\n", r->name, expected, r->codes.s);
	r->wrong++;
}

static void
configurations_are_accepted_with_their_findings(void **state)
{
	each_file(CORPUS "accepted/*.cfg", 40, accept_file);
}

/* In the place of all that was there, as a reload does. */
static char *
loaded_and_printed(struct reading *r, struct engine *e, const char *text)
{
	struct err err = ERR_INIT;
	struct text *out = text_new(r->text);

	assert_true(conf_load(e->conf, r->name, text, true, true, on_error, r, &err));
	conf_print_running(e->conf, out);
	return out->s;
}

static void
print_file(struct reading *r)
{
	struct engine *e = virtual_engine(r->text);
	char *once = loaded_and_printed(r, e, r->text), *twice = loaded_and_printed(r, e, once);

	assert_true(strlen(once) > strlen("version 17.9\n!\nend\n"));
	assert_string_equal(once, twice);
	mem_free(e);
}

static void
configurations_print_and_load_and_print_the_same(void **state)
{
	each_file(CORPUS "accepted/*.cfg", 40, print_file);
}

/* ---- refused ---- */

static void
on_refused(void *arg, const char *file, const struct err *err, bool is_error)
{
	struct reading *r = arg;
	const char *before = err->line > 1 ? line_at(r->text, err->line - 1) : "";
	size_t head = strlen(HINT_LINE), n = strcspn(before, "\n");

	r->errors++;
	if (strncmp(before, HINT_LINE, head) == 0 && strncmp(before + head, err->hint, n - head) == 0)
		return;
	print_error("%s:%d: %s (%s)\n", r->name, err->line, err->text, err->hint);
	r->wrong++;
}

static void
refuse_file(struct reading *r)
{
	for (const char *at = r->text; (at = strstr(at, HINT_LINE)) != NULL; at++)
		r->expected++;
	assert_true(r->expected > 0);
	assert_false(conf_check(r->engine->conf, r->name, r->text, on_refused, r));
	assert_int_equal(r->errors, r->expected);
}

static void
other_dialects_are_refused_with_a_hint_that_names_them(void **state)
{
	each_file(CORPUS "refused/*.cfg", 6, refuse_file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configurations_are_accepted_with_their_findings),
		cmocka_unit_test(configurations_print_and_load_and_print_the_same),
		cmocka_unit_test(other_dialects_are_refused_with_a_hint_that_names_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
