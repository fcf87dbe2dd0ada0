/* Commands that take their time: they wait, they ask, and they are interrupted. */
#include "typist.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TYPED(a_parked_command_ends_later),
		TYPED(the_deadline_ends_a_wait),
		TYPED(ctrl_c_ends_a_wait_a_question_and_configuration),
		TYPED(a_closed_session_tells_what_waits),
		TYPED(the_terminal_of_a_synchronous_policy),
		TYPED(questions),
		TYPED(yes_or_no_is_asked_again),
		TYPED(lines_are_collected_one_by_one),
		TYPED(no_may_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
