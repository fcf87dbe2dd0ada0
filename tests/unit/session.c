/* Sessions without a transport: modes, prompts, refusals, filters, waiting, questions, help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "clihost.h"
#include "core/files.h"
#include "core/settings.h"

struct fixture {
	void *ctx;
	struct engine *e;
	struct session *s;
	struct text *out, *json, *asked;
	enum ask_kind kind;
	unsigned ready;
	bool accepted, interrupted;
	struct err err;
	char dir[64];
};

static void
on_output(void *arg, bool is_json, const char *s, size_t n)
{
	struct fixture *f = arg;

	text_addn(is_json ? f->json : f->out, s, n);
}

static void
on_question(void *arg, enum ask_kind kind, const char *prompt)
{
	struct fixture *f = arg;

	f->kind = kind;
	text_add(f->asked, prompt);
}

static void
on_ready(void *arg, const struct outcome *o)
{
	struct fixture *f = arg;

	f->ready++;
	f->accepted = o->accepted;
	f->interrupted = o->interrupted;
	f->err = *o->err;
}

static void
on_monitor(void *arg, const char *line, size_t n)
{
	struct fixture *f = arg;

	text_add(f->out, "monitor: ");
	text_addn(f->out, line, n);
	text_addc(f->out, '\n');
}

static const struct session_ops ops = { on_output, on_question, on_ready, on_monitor };

static void
open_session(struct fixture *f, const struct session_spec *spec)
{
	struct err err = ERR_INIT;

	mem_free(f->s);
	f->s = session_open(f->ctx, f->e->cli, spec, &ops, f, &err);
	assert_non_null(f->s);
}

static const struct session_spec admin = {
	.user = "ann", .location = "127.0.0.1", .level = 15, .echoes = true
};

static int
setup(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct fixture *f = mem_new(ctx, struct fixture);

	f->ctx = ctx;
	f->e = host_new(ctx);
	f->out = text_new(f);
	f->json = text_new(f);
	f->asked = text_new(f);
	open_session(f, &admin);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char cmd[128];

	if (f->dir[0] != '\0') {
		snprintf(cmd, sizeof cmd, "rm -rf %s", f->dir);
		assert_int_equal(system(cmd), 0);
	}
	mem_free(f->s);
	mem_free(f->ctx);
	return 0;
}

/* Types a line and returns what it printed. */
static const char *
type(struct fixture *f, const char *line)
{
	text_clear(f->out);
	text_clear(f->json);
	text_clear(f->asked);
	session_line(f->s, line);
	return f->out->s;
}

static void
expect(struct fixture *f, const char *line, const char *printed)
{
	assert_string_equal(type(f, line), printed);
	assert_true(f->accepted);
}

static void
expect_refused(struct fixture *f, const char *line, const char *printed)
{
	assert_string_equal(type(f, line), printed);
	assert_false(f->accepted);
}

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

/* The password of bob is "opensesame", that of ann "secret". */
static const char users[] = "cli: { users: { bob: "
			    "'$6$rounds=1000$salt$4PwMH.l76aglkPK/"
			    "aeqHiY2ZVhugCtCOQrAKBCsf1AqGUt3I.YojJd9v108BhAxmOi8KFuHxHlyB0DiylyYgN.', ann: "
			    "'$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2' } }";

static struct settings *
with_users(struct fixture *f, const char *yaml)
{
	f->e->settings = settings_parse(f->ctx, yaml, strlen(yaml), NULL, NULL);
	assert_non_null(f->e->settings);
	return f->e->settings;
}

static void
answer(struct fixture *f, const char *password)
{
	assert_int_equal(f->kind, ASK_SECRET);
	session_answer(f->s, password);
	loop_settle(f->e->loop);
}

static void
enable_asks_three_times(void **state)
{
	struct fixture *f = *state;
	struct session_spec guest = { .user = "bob", .level = 1, .echoes = true };

	with_users(f, users);
	open_session(f, &guest);
	type(f, "enable");
	answer(f, "one");
	answer(f, "secret"); /* of somebody else */
	assert_false(session_is_ready(f->s));
	answer(f, "");
	assert_string_equal(f->out->s, "% Bad secrets\n");
	type(f, "enable");
	answer(f, "opensesame");
	assert_true(f->accepted);
	assert_string_equal(session_prompt(f->s), "R1#");
	type(f, "disable");
	assert_string_equal(session_prompt(f->s), "R1>");
	type(f, "enable 15");
	answer(f, "wrong");
	answer(f, "opensesame");
	assert_string_equal(session_prompt(f->s), "R1#");
	assert_non_null(strstr(type(f, "show logging"),
		"PRIV_AUTH_FAIL: Authentication to Privilege level 15 failed by bob on vty0"));
	assert_non_null(strstr(f->out->s, "PRIV_AUTH_PASS: Privilege level set to 15 by bob on vty0"));
}

static void
enable_knows_both_hashes_and_no_other_names(void **state)
{
	static const struct {
		const char *user, *password;
		bool right;
	} rows[] = { { "ann", "secret", true }, { "ann", "opensesame", false }, { "eve", "secret", false },
		{ "eve", "opensesame", false }, { "", "secret", false } };
	struct fixture *f = *state;

	with_users(f, users);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct session_spec guest = { .user = rows[i].user, .level = 1 };

		open_session(f, &guest);
		type(f, "enable");
		answer(f, rows[i].password);
		assert_int_equal(session_level(f->s), rows[i].right ? 15 : 1);
		assert_int_equal(session_is_ready(f->s), rows[i].right);
	}
}

static void
enable_ends_with_its_session(void **state)
{
	struct fixture *f = *state;
	struct session_spec guest = { .user = "bob", .level = 1 };

	with_users(f, users);
	open_session(f, &guest);
	type(f, "enable");
	session_answer(f->s, "opensesame");
	session_interrupt(f->s);
	loop_settle(f->e->loop);
	assert_false(f->accepted);
	assert_int_equal(session_level(f->s), 1);
	type(f, "enable");
	session_answer(f->s, NULL); /* nothing to answer from */
	assert_int_equal(session_level(f->s), 1);
	assert_true(session_is_ready(f->s));
}

/* ---- filters ---- */

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

/* ---- waiting ---- */

static void
a_parked_command_ends_later(void **state)
{
	struct fixture *f = *state;
	unsigned before = f->ready;

	type(f, "test wait");
	assert_false(session_is_ready(f->s));
	loop_advance(f->e->loop, 4 * USEC_PER_SEC);
	assert_int_equal(f->ready, before);
	session_print(f->s, "news\n");
	session_done(f->s);
	assert_int_equal(f->ready, before + 1);
	assert_true(f->accepted);
	assert_string_equal(f->out->s, "news\n");
	loop_advance(f->e->loop, 10 * USEC_PER_SEC);
	assert_false(host_wait.over);
}

static void
the_deadline_ends_a_wait(void **state)
{
	struct fixture *f = *state;

	type(f, "test wait");
	loop_advance(f->e->loop, 6 * USEC_PER_SEC);
	assert_true(host_wait.over);
	assert_int_equal(host_wait.why, SESSION_DEADLINE);
	assert_string_equal(f->out->s, "% Timed out\n");
	type(f, "test wait");
	host_wait.print_done = true;
	loop_advance(f->e->loop, 6 * USEC_PER_SEC);
	assert_true(f->accepted);
	assert_string_equal(f->out->s, "");
}

static void
ctrl_c_ends_a_wait_a_question_and_configuration(void **state)
{
	struct fixture *f = *state;

	type(f, "test wait");
	session_interrupt(f->s);
	assert_int_equal(host_wait.why, SESSION_INTERRUPTED);
	assert_true(f->interrupted);
	assert_true(session_is_ready(f->s));
	type(f, "test ask line");
	session_interrupt(f->s);
	assert_true(session_is_ready(f->s));
	assert_string_equal(f->out->s, "");
	type(f, "conf t");
	session_interrupt(f->s);
	assert_string_equal(session_prompt(f->s), "R1#");
}

static void
a_closed_session_tells_what_waits(void **state)
{
	struct fixture *f = *state;

	type(f, "test wait");
	mem_free(f->s);
	f->s = NULL;
	assert_true(host_wait.over);
	assert_int_equal(host_wait.why, SESSION_GONE);
}

static const char *tty_line;
static unsigned tty_answers;

static void
tty_got(void *arg, const char *line)
{
	(void)arg;
	tty_line = line != NULL ? mem_strdup(arg, line) : NULL;
	tty_answers++;
}

static void
the_terminal_of_a_synchronous_policy(void **state)
{
	struct fixture *f = *state;
	struct tty *tty;

	type(f, "test wait");
	tty = session_tty(f->s);
	redact_learn(f->e->redact, "hunter2secret");
	tty->print(tty, "a\r\nb\033[2J hunter2secret\n", 23);
	assert_string_equal(f->out->s, "a\nb\\x1B[2J ********\n");
	tty_answers = 0;
	tty->ask(tty, "Name: ", tty_got, f);
	assert_string_equal(f->asked->s, "Name: ");
	session_answer(f->s, "joe");
	assert_string_equal(tty_line, "joe");
	tty->ask(tty, "Name: ", tty_got, f);
	session_done(f->s);
	assert_int_equal(tty_answers, 2);
	assert_null(tty_line);
	redact_forget(f->e->redact, "hunter2secret");
}

/* ---- questions ---- */

static void
questions(void **state)
{
	static const struct {
		const char *command, *answer, *printed;
	} rows[] = {
		{ "test ask line", "x y", "answer yes=0 given=1 [x y]\n" },
		{ "test ask line", NULL, "answer yes=0 given=0 []\n" },
		{ "test ask secret", "s", "answer yes=0 given=1 [s]\n" },
		{ "test ask yesno", "yes", "answer yes=1 given=1 [yes]\n" },
		{ "test ask yesno", "NO", "answer yes=0 given=1 [NO]\n" },
		{ "test ask yesno", "y", "answer yes=1 given=1 [y]\n" },
		{ "test ask yesno", " Ye\r", "answer yes=1 given=1 [ Ye\r]\n" },
		{ "test ask yesno", "n", "answer yes=0 given=1 [n]\n" },
		{ "test ask yesno", NULL, "answer yes=0 given=0 []\n" },
		{ "test ask confirm", "", "answer yes=1 given=1 []\n" },
		{ "test ask confirm", "y", "answer yes=1 given=1 [y]\n" },
		{ "test ask confirm", "n", "answer yes=0 given=1 [n]\n" },
		{ "test ask confirm", NULL, "answer yes=1 given=0 []\n" },
		{ "test ask collect", "\na\nb\n\n", "answer yes=0 given=1 [a\nb\n]\n" },
		{ "test ask collect", "a\r\nquit\r\n", "answer yes=0 given=1 [a\n]\n" },
		{ "test ask collect", NULL, "answer yes=0 given=0 []\n" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		type(f, rows[i].command);
		assert_string_equal(f->asked->s, "Well? ");
		session_answer(f->s, rows[i].answer);
		assert_string_equal(f->out->s, rows[i].printed);
		assert_true(session_is_ready(f->s));
	}
}

static void
yes_or_no_is_asked_again(void **state)
{
	static const char *const wrong[] = { "maybe", "", " ", "yess", "noo", "end" };
	struct fixture *f = *state;

	type(f, "test ask yesno");

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		text_clear(f->out);
		session_answer(f->s, wrong[i]);
		assert_string_equal(f->out->s, "% Please answer 'yes' or 'no'.\n");
		assert_true(session_is_asking(f->s));
	}
	session_answer(f->s, "yes");
	assert_true(session_is_ready(f->s));
}

static void
lines_are_collected_one_by_one(void **state)
{
	struct fixture *f = *state;

	type(f, "test ask collect");
	session_answer(f->s, "one\ntwo\n");
	assert_true(session_is_asking(f->s));
	session_answer(f->s, "three");
	session_answer(f->s, "");
	assert_string_equal(f->out->s, "answer yes=0 given=1 [one\ntwo\nthree\n]\n");
}

static void
no_may_ask(void **state)
{
	struct fixture *f = *state;

	type(f, "conf t");
	type(f, "service x");
	type(f, "no service x");
	assert_int_equal(f->kind, ASK_YESNO);
	session_answer(f->s, "no");
	assert_non_null(conf_find(f->e->conf, "service x"));
	type(f, "no service x");
	session_answer(f->s, "yes");
	assert_true(f->accepted);
	assert_null(conf_find(f->e->conf, "service x"));
}

/* ---- help ---- */

static const char *
help(struct fixture *f, const char *line)
{
	struct text *t = text_new(f);

	session_help(f->s, line, t);
	return t->s;
}

static const char *
complete(struct fixture *f, const char *line)
{
	struct text *t = text_new(f);

	session_complete(f->s, line, t);
	return t->s;
}

static void
help_of_all_sources(void **state)
{
	struct fixture *f = *state;

	assert_non_null(strstr(help(f, ""), "  configure             Enter configuration mode\n"));
	assert_string_equal(help(f, "te"), "terminal  test\n");
	assert_string_equal(help(f, "show rows "), "  |                     Output modifiers\n  <cr>\n");
	assert_non_null(
		strstr(help(f, "show rows | "), "  include               Include lines that match\n"));
	assert_string_equal(help(f, "show rows | inc"), "include\n");
	assert_string_equal(help(f, "show rows | include "), "  LINE                  Regular Expression\n");
	assert_string_equal(help(f, "nonsense "), "% Unrecognized command\n");
	type(f, "conf t");
	assert_non_null(strstr(help(f, ""), "  do                    To run exec commands in config mode\n"));
	assert_non_null(strstr(help(f, ""), "  service               Service\n"));
	assert_non_null(strstr(help(f, ""), "  crypto                "));
	assert_string_equal(help(f, "no serv"), "service\n");
	assert_string_equal(help(f, "do show ro"), "rows\n");
	type(f, "applet A");
	assert_null(strstr(help(f, ""), "service"));
	assert_non_null(strstr(help(f, ""), "  description           Text\n"));
	assert_string_equal(help(f, "step "), "  <1-32>                Number\n");
}

static void
completion(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(complete(f, "show ro"), "ws ");
	assert_string_equal(complete(f, "te"), "");
	assert_string_equal(complete(f, "show rows | inc"), "lude ");
	assert_string_equal(complete(f, "show zz"), "");
	type(f, "conf t");
	assert_string_equal(complete(f, "ser"), "vice ");
	assert_string_equal(complete(f, "no ser"), "vice ");
	assert_string_equal(complete(f, "do show ro"), "ws ");
}

static void
a_question_mark_at_the_end_of_a_line(void **state)
{
	struct fixture *f = *state;
	struct session_spec spec = admin;

	spec.help_by_line = true;
	open_session(f, &spec);
	expect(f, "show rows ?", "  |                     Output modifiers\n  <cr>\n");
}

/* ---- history, monitor, hook ---- */

static void
history_hides_passwords(void **state)
{
	struct fixture *f = *state;

	type(f, "conf t");
	type(f, "alias m joe:s3cret@mail and http://u:pw@h/");
	type(f, "end");
	type(f, "show history");
	assert_non_null(strstr(f->out->s, "  alias m joe:********@mail and http://u:********@h/\n"));
	type(f, "terminal history size 1");
	expect(f, "show history", "  terminal history size 1\n");
}

static void
terminal_monitor(void **state)
{
	struct fixture *f = *state;

	type(f, "terminal monitor");
	type(f, "send log errors something happened");
	assert_non_null(strstr(f->out->s, "monitor: "));
	assert_non_null(strstr(
		f->out->s, "%SYS-3-USERLOG_ERR: Message from tty0(user id: ann): something happened\n"));
	type(f, "terminal no monitor");
	expect(f, "send log quiet", "");
}

static void
debug_switches(void **state)
{
	struct fixture *f = *state;

	expect(f, "debug crypto pki api", "Crypto PKI API debugging is on\n");
	assert_int_equal(log_debugs(f->e->log), DEBUG_BIT(DEBUG_PKI_API));
	assert_non_null(strstr(type(f, "show debugging"), "PKI:\n  Crypto PKI API debugging is on\n"));
	expect(f, "no debug crypto pki API", "Crypto PKI API debugging is off\n");
	type(f, "debug all");
	session_answer(f->s, "");
	assert_int_equal(log_debugs(f->e->log), 0);
	type(f, "debug all");
	session_answer(f->s, "yes");
	assert_int_not_equal(log_debugs(f->e->log), 0);
	expect(f, "undebug all", "All possible debugging has been turned off\n");
	assert_int_equal(log_debugs(f->e->log), 0);
}

struct hook {
	enum cli_verdict verdict;
	char expanded[128], mode[32];
	enum session_end over;
};

static void
hook_over(void *arg, enum session_end why)
{
	((struct hook *)arg)->over = why;
}

static enum cli_verdict
hook(void *arg, struct session *s, const struct cli_line *line)
{
	struct hook *h = arg;

	snprintf(h->expanded, sizeof h->expanded, "%s", line->expanded);
	snprintf(h->mode, sizeof h->mode, "%s", line->mode);
	if (h->verdict == CLI_HOLD)
		session_wait(s, 30 * USEC_PER_SEC, hook_over, h);
	return h->verdict;
}

static void
the_hook_of_event_cli(void **state)
{
	struct fixture *f = *state;
	struct hook h = { .verdict = CLI_RUN };

	cli_set_hook(f->e->cli, hook, &h);
	expect(f, "tes ec x", "x\n");
	assert_string_equal(h.expanded, "test echo x");
	assert_string_equal(h.mode, "exec");
	h.verdict = CLI_SKIP;
	expect(f, "test echo x", "");
	h.verdict = CLI_HOLD;
	type(f, "test echo x");
	assert_false(session_is_ready(f->s));
	session_release(f->s, true);
	assert_string_equal(f->out->s, "x\n");
	type(f, "test echo x");
	session_release(f->s, false);
	assert_true(f->accepted);
	assert_string_equal(f->out->s, "");
	h.verdict = CLI_RUN;
	type(f, "conf t");
	type(f, "serv y");
	assert_string_equal(h.expanded, "service y");
	assert_string_equal(h.mode, "config");
	type(f, "do tes ec z");
	assert_string_equal(h.expanded, "do test echo z");
}

/* ---- lines ---- */

static void
lines_are_numbered_from_below(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct session *two = session_open(f->ctx, f->e->cli, &admin, &ops, f, &err);
	struct session *three = session_open(f->ctx, f->e->cli, &admin, &ops, f, &err);

	assert_string_equal(session_tty_name(f->s), "vty0");
	assert_string_equal(session_tty_name(three), "vty2");
	mem_free(two);
	two = session_open(f->ctx, f->e->cli, &admin, &ops, f, &err);
	assert_string_equal(session_tty_name(two), "vty1");
	type(f, "show users");
	assert_non_null(
		strstr(f->out->s, "*  1 vty 0     ann        idle                 00:00:00 127.0.0.1\n"));
	assert_non_null(strstr(f->out->s, "   3 vty 2     ann "));
	mem_free(two);
	mem_free(three);
}

/* ---- the port of policies ---- */

struct policy {
	struct text *out;
	int waiting; /* -1 not, 0 at a question, 1 at the prompt */
};

static void
policy_output(void *arg, const char *s, size_t n)
{
	text_addn(((struct policy *)arg)->out, s, n);
}

static void
policy_waiting(void *arg, int is_prompt)
{
	((struct policy *)arg)->waiting = is_prompt;
}

static const struct cli_port_events policy_events = { .output = policy_output, .waiting = policy_waiting };

static const char *
send(struct fixture *f, struct policy *p, struct cli_port *port, const char *line)
{
	text_clear(p->out);
	p->waiting = -1;
	f->e->cli_port->send(port, line);
	assert_int_equal(p->waiting, -1); /* nothing comes from inside send() */
	loop_settle(f->e->loop);
	return p->out->s;
}

static void
a_policy_types(void **state)
{
	struct fixture *f = *state;
	struct policy p = { .out = text_new(f), .waiting = -1 };
	void *run = mem_ctx(f->ctx, "run");
	struct cli_port *port = f->e->cli_port->open(f->e, run, "LINK", NULL, &policy_events, &p);

	assert_int_equal(p.waiting, -1);
	loop_settle(f->e->loop);
	assert_string_equal(p.out->s, "\r\nR1>");
	assert_int_equal(p.waiting, 1);
	assert_string_equal(send(f, &p, port, "test echo x"), "x\r\nR1>");
	assert_string_equal(send(f, &p, port, "sho qux"),
		"       ^\r\n% Invalid input detected at '^' marker.\r\n\r\nR1>");
	assert_string_equal(send(f, &p, port, "enable"), "R1#");
	assert_string_equal(send(f, &p, port, "conf t"),
		"Enter configuration commands, one per line.  End with CNTL/Z.\r\nR1(config)#");
	assert_string_equal(send(f, &p, port, "end"), "R1#");
	assert_non_null(strstr(type(f, "show logging"), "Configured from console by  on vty1 (EEM:LINK)\n"));
	assert_string_equal(send(f, &p, port, "clear logging"), "Clear logging buffer [confirm]");
	assert_int_equal(p.waiting, 0);
	assert_string_equal(send(f, &p, port, ""), "R1#");
	assert_int_equal(p.waiting, 1);
	assert_string_equal(send(f, &p, port, "exit"), "R1#");
	mem_free(run);
	assert_null(strstr(type(f, "show users"), "EEM"));
}

static void
a_policy_is_not_seen_by_event_cli(void **state)
{
	struct fixture *f = *state;
	struct hook h = { .verdict = CLI_SKIP };
	struct policy p = { .out = text_new(f), .waiting = -1 };
	struct cli_port *port = f->e->cli_port->open(f->e, f->ctx, "A", NULL, &policy_events, &p);

	cli_set_hook(f->e->cli, hook, &h);
	loop_settle(f->e->loop);
	assert_string_equal(send(f, &p, port, "test echo x"), "x\r\nR1>");
	assert_string_equal(h.expanded, "");
	mem_free(port);
}

static void
tables_are_sound(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	if (!kw_check(cli_exec_tree(f->e->cli), &err) || !kw_check(cli_config_tree(f->e->cli), &err))
		fail_msg("%s", err.text);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(modes_and_prompts),
		T(a_global_line_leaves_the_submode),
		T(end_commits_and_says_so),
		T(closing_drops_what_is_open),
		T(who_leaves_a_bad_applet_is_told),
		T(a_monitoring_terminal_is_told_once),
		T(a_dropped_session_says_what_it_changed),
		T(do_runs_exec_commands),
		T(comments_and_blanks_do_nothing),
		T(the_marker_stands_under_the_word),
		T(other_refusals),
		T(two_trees_are_ambiguous_together),
		T(unknown_below_the_level),
		T(enable_asks_three_times),
		T(enable_knows_both_hashes_and_no_other_names),
		T(enable_ends_with_its_session),
		T(filters),
		T(filters_only_behind_show),
		T(filters_write_files),
		T(filtered_json_is_a_list_of_lines),
		T(a_parked_command_ends_later),
		T(the_deadline_ends_a_wait),
		T(ctrl_c_ends_a_wait_a_question_and_configuration),
		T(a_closed_session_tells_what_waits),
		T(the_terminal_of_a_synchronous_policy),
		T(questions),
		T(yes_or_no_is_asked_again),
		T(lines_are_collected_one_by_one),
		T(no_may_ask),
		T(help_of_all_sources),
		T(completion),
		T(a_question_mark_at_the_end_of_a_line),
		T(history_hides_passwords),
		T(terminal_monitor),
		T(debug_switches),
		T(the_hook_of_event_cli),
		T(lines_are_numbered_from_below),
		T(a_policy_types),
		T(a_policy_is_not_seen_by_event_cli),
		T(tables_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
