/* Sessions without a transport: modes, prompts, refusals and lines. */
#include "typist.h"

/* ---- modes ---- */

static void
modes_and_prompts(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(session_prompt(f->s), "R1#");
	expect(f, "disable", "");
	assert_string_equal(session_prompt(f->s), "R1>");
	expect(f, "enable", "");
	expect(f, "conf t", "Enter configuration commands, one per line.  End with CNTL/Z.\n");
	assert_string_equal(session_prompt(f->s), "R1(config)#");
	expect(f, "applet A", "");
	assert_string_equal(session_prompt(f->s), "R1(config-applet)#");
	assert_string_equal(session_mode(f->s), "config-applet");
	expect(f, "exit", "");
	assert_string_equal(session_prompt(f->s), "R1(config)#");
	expect(f, "exit", "");
	assert_string_equal(session_prompt(f->s), "R1#");
	expect(f, "exit", "");
	assert_true(session_is_closing(f->s));
}

static void
a_global_line_leaves_the_submode(void **state)
{
	struct fixture *f = *state;

	type(f, "configure terminal");
	type(f, "applet A");
	type(f, " description one");
	expect(f, "service x", "");
	assert_string_equal(session_prompt(f->s), "R1(config)#");
	assert_non_null(conf_find(f->e->conf, "applet A"));
	type(f, "applet A");
	expect(f, "crypto echo hi there", "hi there\n");
	assert_string_equal(session_prompt(f->s), "R1(config)#");
}

static void
end_commits_and_says_so(void **state)
{
	struct fixture *f = *state;

	type(f, "conf t");
	type(f, "applet B");
	type(f, "description x");
	assert_null(conf_find(f->e->conf, "applet B"));
	expect(f, "end", "");
	assert_string_equal(session_prompt(f->s), "R1#");
	assert_non_null(conf_find(f->e->conf, "applet B"));
	assert_non_null(strstr(type(f, "show logging | include CONFIG_I"),
		"%SYS-5-CONFIG_I: Configured from console by ann on vty0 (127.0.0.1)\n"));
}

static void
closing_drops_what_is_open(void **state)
{
	struct fixture *f = *state;

	type(f, "conf t");
	type(f, "applet C");
	mem_free(f->s);
	f->s = NULL;
	assert_null(conf_find(f->e->conf, "applet C"));
}

static void
who_leaves_a_bad_applet_is_told(void **state)
{
	static const char *const leaving[] = { "exit", "end", "service x" };
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 3; i++) {
		type(f, "conf t");
		type(f, "applet BAD");
		type(f, mem_printf(f, "description %zu", i));
		expect(f, leaving[i], "% BAD: no good\n");
		type(f, "end");
	}
	type(f, "conf t");
	type(f, "applet BAD");
	type(f, "description by Ctrl-Z");
	text_clear(f->out);
	assert_true(session_end_config(f->s, &err));
	assert_string_equal(f->out->s, "% BAD: no good\n");
}

static void
a_monitoring_terminal_is_told_once(void **state)
{
	struct fixture *f = *state;
	const char *printed;

	type(f, "terminal monitor");
	type(f, "conf t");
	type(f, "applet BAD");
	printed = type(f, "exit");
	assert_non_null(strstr(printed, "%HA_EM-6-FMPD_EEM_CONFIG: BAD: no good\n"));
	assert_null(strstr(printed, "% BAD"));
}

static size_t
configured(struct fixture *f)
{
	open_session(f, &admin);
	return (size_t)strtoul(strstr(type(f, "show logging | count CONFIG_I"), "= ") + 2, NULL, 10);
}

static void
a_dropped_session_says_what_it_changed(void **state)
{
	struct fixture *f = *state;

	type(f, "conf t");
	type(f, "service x");
	assert_int_equal(configured(f), 1);
	type(f, "conf t");
	type(f, "applet C"); /* dropped with the session: nothing has changed */
	assert_int_equal(configured(f), 1);
}

static void
do_runs_exec_commands(void **state)
{
	struct fixture *f = *state;

	type(f, "conf t");
	type(f, "applet A");
	expect(f, "do test echo  two  blanks", "two  blanks\n");
	assert_string_equal(session_prompt(f->s), "R1(config-applet)#");
	expect(f, "do show rows | include last", "last _x line\n");
	expect_refused(
		f, "do sho qux", "                         ^\n% Invalid input detected at '^' marker.\n\n");
}

static void
comments_and_blanks_do_nothing(void **state)
{
	struct fixture *f = *state;

	expect(f, "", "");
	expect(f, "   ", "");
	expect(f, "! a comment", "");
	expect(f, "  ! another", "");
}

/* ---- refusals ---- */

static void
the_marker_stands_under_the_word(void **state)
{
	struct fixture *f = *state;
	struct session_spec silent = admin;

	expect_refused(f, "show qux", "        ^\n% Invalid input detected at '^' marker.\n\n");
	assert_int_equal(f->err.column, 6);
	type(f, "conf t");
	type(f, "applet A");
	expect_refused(f, "step 40",
		"                       ^\n% Invalid input detected at '^' marker.\n"
		"% expected a number from 1 to 32 (Number)\n\n");
	silent.echoes = false;
	open_session(f, &silent);
	expect_refused(f, "show\tqux", "show\tqux\n    \t^\n% Invalid input detected at '^' marker.\n\n");
}

static void
other_refusals(void **state)
{
	struct fixture *f = *state;

	assert_non_null(strstr(type(f, "e"), "% Ambiguous command:  \"e\"\n"));
	assert_false(f->accepted);
	assert_int_equal(f->err.code, ERR_AMBIGUOUS);
	assert_non_null(strstr(type(f, "show"), "% Incomplete command.\n"));
	assert_int_equal(f->err.code, ERR_INCOMPLETE);
	expect_refused(f, "test refuse", "EEM policy X not registered\n");
}

static void
two_trees_are_ambiguous_together(void **state)
{
	struct fixture *f = *state;

	type(f, "conf t");
	expect_refused(f, "cry", "% Incomplete command.\n\n");
	type(f, "applet A");
	expect_refused(f, "e", "% Ambiguous command:  \"e\"\n");
}

static void
unknown_below_the_level(void **state)
{
	struct fixture *f = *state;
	struct session_spec guest = { .user = "bob", .level = 1, .echoes = true };

	open_session(f, &guest);
	expect_refused(f, "configure terminal", "   ^\n% Invalid input detected at '^' marker.\n\n");
	expect_refused(f, "enable", "% No password set\n");
	assert_int_equal(session_level(f->s), 1);
}
/* ---- lines ---- */

static void
lines_are_numbered_from_below(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct session *two = session_open(f->ctx, f->e->cli, &admin, &typist_ops, f, &err);
	struct session *three = session_open(f->ctx, f->e->cli, &admin, &typist_ops, f, &err);

	assert_string_equal(session_tty_name(f->s), "vty0");
	assert_string_equal(session_tty_name(three), "vty2");
	mem_free(two);
	two = session_open(f->ctx, f->e->cli, &admin, &typist_ops, f, &err);
	assert_string_equal(session_tty_name(two), "vty1");
	type(f, "show users");
	assert_non_null(
		strstr(f->out->s, "*  1 vty 0     ann        idle                 00:00:00 127.0.0.1\n"));
	assert_non_null(strstr(f->out->s, "   3 vty 2     ann "));
	mem_free(two);
	mem_free(three);
}
static void
tables_are_sound(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	if (!kw_check(cli_exec_tree(f->e->cli), &err) || !kw_check(cli_config_tree(f->e->cli), &err))
		fail_msg("%s", err.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TYPED(modes_and_prompts),
		TYPED(a_global_line_leaves_the_submode),
		TYPED(end_commits_and_says_so),
		TYPED(closing_drops_what_is_open),
		TYPED(who_leaves_a_bad_applet_is_told),
		TYPED(a_monitoring_terminal_is_told_once),
		TYPED(a_dropped_session_says_what_it_changed),
		TYPED(do_runs_exec_commands),
		TYPED(comments_and_blanks_do_nothing),
		TYPED(the_marker_stands_under_the_word),
		TYPED(other_refusals),
		TYPED(two_trees_are_ambiguous_together),
		TYPED(unknown_below_the_level),
		TYPED(lines_are_numbered_from_below),
		TYPED(tables_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
