/*
 * Every registered command and configuration line: its table passes the self-check, and random valid
 * lines of it, parsed and printed, are read back and printed the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/kw/kw.h"
#include "conf/conf.h"
#include "core/clock.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"
#include "setup.h"

enum { LINES_EACH = 300, HELPED_EACH = 20 };

struct world {
	struct engine *engine;
	struct rng *rng;
	unsigned commands;
};

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);
	const struct setup how = {
		.clock = clock_new_virtual(w, 1779041202 * USEC_PER_SEC), .seed = 1, .is_check = true
	};
	struct err err = ERR_INIT;

	w->rng = rng_new(w, 20260517);
	w->engine = engine_new(w, &how, &err);
	if (w->engine == NULL)
		fail_msg("%s", err.text);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	mem_free(*state);
	return 0;
}

/* ---- every tree ---- */

static void
check_tree(void *arg, const char *name, const struct kw_tree *tree)
{
	struct err err = ERR_INIT;

	if (!kw_check(tree, &err))
		fail_msg("%s", err.text);
}

struct subject {
	struct world *w;
	const struct kw_tree *tree;
};

static void
one_line(const struct subject *s, const struct kw_cmd *cmd)
{
	void *ctx = mem_ctx(s->w, "line");
	struct text *line = text_new(ctx), *once = text_new(ctx), *twice = text_new(ctx);
	struct err err = ERR_INIT;
	struct kw_parsed a, b;

	kw_sample(cmd, s->w->rng, line);
	if (!kw_parse(ctx, s->tree, line->s, 15, 0, &a, &err))
		fail_msg("%s\n  column %d: %s (%s)", line->s, err.column, err.text, err.hint);
	kw_print(a.cmd, a.args, once);
	if (!kw_parse(ctx, s->tree, once->s, 15, 0, &b, &err))
		fail_msg("%s\n%s\n  column %d: %s (%s)", line->s, once->s, err.column, err.text, err.hint);
	kw_print(b.cmd, b.args, twice);
	if (strcmp(once->s, twice->s) != 0)
		fail_msg("%s\n%s\n%s", line->s, once->s, twice->s);
	assert_true(kw_equal(a.cmd->kw, a.args, a.args));
	mem_free(ctx);
}

static void
many_lines(void *arg, const struct kw_cmd *cmd)
{
	struct subject *s = arg;

	s->w->commands++;
	for (unsigned i = 0; i < LINES_EACH; i++)
		one_line(s, cmd);
}

static void
sample_tree(void *arg, const char *name, const struct kw_tree *tree)
{
	struct subject s = { arg, tree };

	kw_tree_each(tree, many_lines, &s);
}

/* ---- what `?` says at every place of a line ---- */

static void
offers_have_help(const struct subject *s, void *ctx, const char *before)
{
	struct kw_offer *offers = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;

	if (!kw_offers(ctx, s->tree, before, 15, &offers, &n, &err))
		fail_msg("%s?\n  %s (%s)", before, err.text, err.hint);
	if (n == 0)
		fail_msg("%s?\n  nothing", before);
	for (size_t i = 0; i < n; i++) {
		bool is_end = strcmp(offers[i].word, "<cr>") == 0;

		if (offers[i].word[0] == '\0' || (!is_end && (offers[i].help == NULL || !offers[i].help[0])))
			fail_msg("%s?\n  '%s' has no help", before, offers[i].word);
	}
}

static void
help_line(const struct subject *s, const struct kw_cmd *cmd)
{
	void *ctx = mem_ctx(s->w, "help");
	struct text *line = text_new(ctx);
	struct kw_token *tokens;
	size_t n;

	kw_sample(cmd, s->w->rng, line);
	n = kw_split(ctx, line->s, &tokens);
	for (size_t i = 0; i < n; i++)
		offers_have_help(s, ctx, mem_strndup(ctx, line->s, tokens[i].start));
	text_addc(line, ' ');
	offers_have_help(s, ctx, line->s);
	mem_free(ctx);
}

static void
help_lines(void *arg, const struct kw_cmd *cmd)
{
	for (unsigned i = 0; i < HELPED_EACH && !cmd->hidden; i++)
		help_line(arg, cmd);
}

static void
help_tree(void *arg, const char *name, const struct kw_tree *tree)
{
	struct subject s = { arg, tree };

	kw_tree_each(tree, help_lines, &s);
}

/* ---- the tests ---- */

static void
tables_are_sound(void **state)
{
	struct world *w = *state;

	conf_each_tree(w->engine->conf, check_tree, NULL);
	check_tree(NULL, "exec", cli_exec_tree(w->engine->cli));
	check_tree(NULL, "config", cli_config_tree(w->engine->cli));
}

static void
lines_print_stably(void **state)
{
	struct world *w = *state;

	conf_each_tree(w->engine->conf, sample_tree, w);
	sample_tree(w, "exec", cli_exec_tree(w->engine->cli));
	sample_tree(w, "config", cli_config_tree(w->engine->cli));
	print_message("%u commands, %d lines of each\n", w->commands, LINES_EACH);
	assert_true(w->commands > 50);
}

static void
every_place_has_help(void **state)
{
	struct world *w = *state;

	conf_each_tree(w->engine->conf, help_tree, w);
	help_tree(w, "exec", cli_exec_tree(w->engine->cli));
	help_tree(w, "config", cli_config_tree(w->engine->cli));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tables_are_sound, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_print_stably, setup, teardown),
		cmocka_unit_test_setup_teardown(every_place_has_help, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
