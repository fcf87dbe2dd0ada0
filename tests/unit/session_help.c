/* What a terminal has beside commands: help, completion, history, the monitor, switches of debugging. */
#include "typist.h"

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

/* ---- history, monitor, debugging ---- */

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TYPED(help_of_all_sources),
		TYPED(completion),
		TYPED(a_question_mark_at_the_end_of_a_line),
		TYPED(history_hides_passwords),
		TYPED(terminal_monitor),
		TYPED(debug_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
