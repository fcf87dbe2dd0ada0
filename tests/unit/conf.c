/* Lines of a configuration: when they commit, what they replace, how they print, and who refuses them. */
#include "confhost.h"

static void
lines_commit_at_once(void **state)
{
	struct world *w = *state;

	type(w, "host r1");
	assert_applied("+hostname/0;");
	type(w, "hostname r1");
	assert_applied("");
	type(w, "hostname r2");
	assert_applied("~hostname/0;");
	assert_running(w, "!\nhostname r2\n");
	type(w, "no hostname whatever");
	assert_applied("-hostname/0;");
	assert_running(w, "");
	assert_true(conf_edit_changed(w->edit));
	assert_int_equal(conf_revision(w->conf)->number, 3);
	assert_string_equal(conf_revision(w->conf)->who, "test");
}

static void
order_of_lines(void **state)
{
	struct world *w = *state;

	type(w, "event manager environment b 2");
	type(w, "event manager environment a 1 \"one\"");
	type(w, "hostname r1");
	type(w, "event manager environment b 3");
	assert_running(w, "!\nhostname r1\n!\nevent manager environment b 3\n"
			  "event manager environment a 1 \"one\"\n");
}

static void
applets_commit_when_left(void **state)
{
	struct world *w = *state;

	type(w, "event manager applet A");
	assert_string_equal(conf_edit_mode(w->edit), "config-applet");
	type(w, "action 2.0 puts two");
	type(w, "action 10.0 puts ten");
	type(w, "! a comment");
	type(w, "");
	type(w, "event none");
	assert_applied("");
	assert_running(w, "");
	leave(w);
	assert_string_equal(conf_edit_mode(w->edit), "config");
	assert_applied("+event manager applet A/3;");
	assert_running(w, "!\nevent manager applet A\n event none\n action 10.0 puts \"ten\"\n"
			  " action 2.0 puts \"two\"\n");

	/* Entered again and left without a change: nothing happens. */
	type(w, "event manager applet A");
	type(w, "action 2.0 puts \"two\"");
	leave(w);
	assert_applied("");

	type(w, "event manager applet A");
	type(w, "no action 2.0 puts \"anything");
	refuse(w, "no action 7", "Action label not found");
	refuse(w, "action 3 puts", "Incomplete command.");
	type(w, "action 10.0 puts other");
	leave(w);
	assert_applied("~event manager applet A/2;");

	/* Self-removal from inside: the edits are committed, then the applet goes. */
	type(w, "event manager applet A");
	type(w, "no event manager applet A");
	assert_string_equal(conf_edit_mode(w->edit), "config");
	assert_applied("-event manager applet A/2;");
	assert_running(w, "");
}

static void
global_lines_leave_the_mode(void **state)
{
	struct world *w = *state;

	type(w, "event manager applet A");
	type(w, "event none");
	type(w, "trigger");
	assert_string_equal(conf_edit_mode(w->edit), "config-applet-trigger");
	type(w, "correlate x");
	type(w, "action 1 puts x"); /* of the applet: leaves the trigger only */
	assert_string_equal(conf_edit_mode(w->edit), "config-applet");
	assert_applied("");
	type(w, "event manager applet B trap");
	assert_applied("+event manager applet A/3;");
	type(w, "hostname r1");
	assert_applied("+event manager applet B/0;+hostname/0;");
	assert_string_equal(conf_edit_mode(w->edit), "config");
}

static void
options_are_kept_when_entered_again(void **state)
{
	struct world *w = *state;

	type(w, "event manager applet A class B");
	type(w, "event none");
	leave(w);
	type(w, "event manager applet A trap");
	leave(w);
	type(w, "event manager applet A class C");
	leave(w);
	assert_running(w, "!\nevent manager applet A class C trap\n event none\n");
	type(w, "no event manager applet A");
	type(w, "event manager applet A");
	leave(w);
	assert_running(w, "!\nevent manager applet A\n");
}

static void
other_modes_commit_each_line(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	const char *question = NULL;

	type(w, "crypto pki trustpoint T");
	assert_applied("+crypto pki trustpoint T/0;");
	type(w, "usage ssl");
	assert_applied("~crypto pki trustpoint T/1;");
	type(w, "enroll term");
	assert_running(w, "!\ncrypto pki trustpoint T\n enrollment terminal\n usage ssl\n");
	type(w, "no usage");
	assert_string_equal(conf_edit_mode(w->edit), "ca-trustpoint");
	assert_true(conf_edit_line(w->edit, "no crypto pki trustpoint T", false, &question, &err));
	assert_string_equal(question, "Are you sure?");
	assert_non_null(conf_find(w->conf, "crypto pki trustpoint T"));
	assert_true(conf_edit_line(w->edit, "no crypto pki trustpoint T", true, &question, &err));
	assert_null(conf_find(w->conf, "crypto pki trustpoint T"));
}

static void
two_sessions(void **state)
{
	struct world *w = *state;
	struct conf_edit *other = conf_edit_new(w, w->conf, "other");
	struct err err = ERR_INIT;

	type(w, "crypto pki trustpoint T");
	assert_true(conf_edit_line(other, "crypto pki trustpoint T", true, NULL, &err));
	assert_true(conf_edit_line(other, "usage ike", true, NULL, &err));
	type(w, "enrollment terminal");
	assert_running(w, "!\ncrypto pki trustpoint T\n enrollment terminal\n usage ike\n");
	assert_true(conf_edit_line(other, "no crypto pki trustpoint T", true, NULL, &err));
	refuse(w, "usage ssl", "'crypto pki trustpoint T' was removed by somebody else");
	assert_string_equal(conf_edit_mode(w->edit), "config");
	mem_free(other);
}

static void
refused_commits_change_nothing(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	bool left;

	type(w, "hostname r1");
	text_clear(applied);
	type(w, "event manager applet A");
	type(w, "action BAD puts x");
	assert_false(conf_edit_exit(w->edit, &left, &err));
	assert_string_equal(err.text, "bad as a whole");
	assert_false(left);
	assert_string_equal(conf_edit_mode(w->edit), "config");
	type(w, "event manager applet FAIL");
	assert_false(conf_edit_exit(w->edit, &left, &err));
	assert_string_equal(err.text, "cannot apply");
	refuse(w, "crypto pki trustpoint BAD", "bad as a whole");
	assert_string_equal(conf_edit_mode(w->edit), "config");
	refuse(w, "event manager applet", "Incomplete command.");
	refuse(w, "nonsense", "Invalid input detected at '^' marker.");
	assert_applied("");
	assert_running(w, "!\nhostname r1\n");
}

static void
kept_negations(void **state)
{
	struct world *w = *state;

	type(w, "no ip domain lookup");
	assert_applied("+ip domain lookup (no)/0;");
	assert_running(w, "!\nno ip domain lookup\n");
	type(w, "ip domain lookup");
	assert_running(w, "!\nip domain lookup\n");
	type(w, "default ip domain lookup");
	assert_running(w, "");
}

static void
raw_bodies(void **state)
{
	struct world *w = *state;

	type(w, "crypto pki certificate chain T");
	type(w, "certificate ca 01");
	assert_string_equal(conf_edit_mode(w->edit), "config-pubkey");
	type(w, "  30820596 3082037E ");
	type(w, "  40");
	assert_applied("");
	type(w, "\tquit");
	assert_string_equal(conf_edit_mode(w->edit), "config-cert-chain");
	assert_applied("+certificate ca 01/0;");
	assert_string_equal(running(w), mem_printf(w, "version 17.9\n!\n%s!\nend\n", with_chain));
	type(w, "certificate ca 02");
	refuse(w, "hostname", "not hex");
	assert_string_equal(conf_edit_mode(w->edit), "config-cert-chain");
	type(w, "no certificate ca 01");
	assert_applied("-certificate ca 01/0;");
}

static void
whole_lines_as_keys(void **state)
{
	struct world *w = *state;

	type(w, "alias a one");
	type(w, "alias a two");
	type(w, "alias a one");
	assert_applied("+alias a one/0;+alias a two/0;");
	type(w, "no alias a one");
	assert_applied("-alias a one/0;");
	assert_running(w, "!\nalias a two\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_commit_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(order_of_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(applets_commit_when_left, setup, teardown),
		cmocka_unit_test_setup_teardown(global_lines_leave_the_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(options_are_kept_when_entered_again, setup, teardown),
		cmocka_unit_test_setup_teardown(other_modes_commit_each_line, setup, teardown),
		cmocka_unit_test_setup_teardown(two_sessions, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_commits_change_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(kept_negations, setup, teardown),
		cmocka_unit_test_setup_teardown(raw_bodies, setup, teardown),
		cmocka_unit_test_setup_teardown(whole_lines_as_keys, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
