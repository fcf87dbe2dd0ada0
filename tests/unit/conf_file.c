/* Whole configurations: what is printed loads, what replaces tells the difference, and what a boot makes of bad lines. */
#include "confhost.h"

struct findings {
	struct text *t;
};

static void
finding(void *arg, const char *file, const struct err *err, bool is_error)
{
	text_printf(((struct findings *)arg)->t, "%s:%d:%d: %s\n", file, err->line, err->column, err->text);
}

static const char router[] = "Building configuration...\r\n"
			     "\n"
			     "Current configuration : 3144 bytes\n"
			     "!\n"
			     "version 17.9\n"
			     "!\n"
			     "hostname r1\n"
			     "!\n"
			     "no ip domain lookup\n"
			     "crypto pki trustpoint T\n"
			     "enrollment terminal\n" /* indentation lost, as in a paste from a page */
			     "crypto pki certificate chain T\n"
			     " certificate ca 01\n"
			     "  3082\n"
			     "  \tquit\n"
			     "event manager environment x y\n"
			     "event manager applet A\n"
			     " event none\n"
			     " trigger\n"
			     "  correlate x\n"
			     " action 1 puts \"a\n"
			     "!\n"
			     "event manager applet B\n"
			     " event none\n"
			     "end\n";

static void
loads_what_it_prints(void **state)
{
	struct world *w = *state;
	struct findings f = { text_new(w) };
	struct err err = ERR_INIT;
	const char *once;

	assert_true(conf_load(w->conf, "startup", router, true, true, finding, &f, &err));
	assert_string_equal(f.t->s, "");
	assert_applied("+hostname/0;+ip domain lookup (no)/0;+crypto pki trustpoint T/1;+certificate ca 01/0;"
		       "+event manager environment x/0;+event manager applet A/3;+event manager applet B/1;");
	once = running(w);
	assert_non_null(
		strstr(once, " trigger\n  correlate x\n action 1 puts \"a\"\n!\nevent manager applet B\n"));

	/* The same again: nothing is touched, and nothing moves. */
	assert_true(conf_load(w->conf, "startup", once, true, true, finding, &f, &err));
	assert_applied("");
	assert_string_equal(running(w), once);
	assert_true(conf_check(w->conf, "startup", once, finding, &f));
	assert_string_equal(f.t->s, "");
}

static void
replacing_tells_the_difference(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;

	assert_true(conf_load(w->conf, "startup", router, true, true, NULL, NULL, &err));
	text_clear(applied);
	assert_true(conf_load(w->conf, "startup",
		"event manager applet C\n event none\n"
		"event manager applet B\n event none\n action 1 puts x\n"
		"hostname r1\ncrypto pki trustpoint T\n enrollment terminal\n",
		true, true, NULL, NULL, &err));
	assert_applied("-ip domain lookup (no)/0;-certificate ca 01/0;-event manager environment x/0;"
		       "-event manager applet A/3;+event manager applet C/1;~event manager applet B/2;");

	/* The same line with another body is another line. */
	assert_true(conf_load(w->conf, "f", with_chain, false, true, NULL, NULL, &err));
	text_clear(applied);
	assert_true(conf_load(w->conf, "f", with_chain, false, true, NULL, NULL, &err));
	assert_applied("");
	assert_true(conf_load(w->conf, "f", "crypto pki certificate chain T\ncertificate ca 01\n41\nquit\n",
		false, true, NULL, NULL, &err));
	assert_applied("~certificate ca 01/0;");

	/* Added to what is there: lines that are not named stay. */
	assert_true(conf_load(w->conf, "paste",
		"no event manager applet C\nevent manager applet B\n no action 1\n", false, true, NULL, NULL,
		&err));
	assert_applied("-event manager applet C/1;~event manager applet B/1;");
	assert_non_null(conf_find(w->conf, "hostname"));
}

static const char wrong[] = "hostname r1\n"
			    "event manager aplet A\n"
			    "event manager applet A\n"
			    " event nine\n"
			    " action 1 puts x\n"
			    " action BAD puts x\n"
			    "crypto pki trustpoint BAD\n"
			    "crypto pki certificate chain T\n"
			    " certificate ca 01\n"
			    "  zz\n"
			    "  3082\n"
			    "  quit\n"
			    "event manager environment y z\n";
static const char wrong_findings[] = "f:2:15: Invalid input detected at '^' marker.\n"
				     "f:4:8: Invalid input detected at '^' marker.\n"
				     "f:10:3: not hex\n"
				     "f:7:1: bad as a whole\n"
				     "f:6:1: bad as a whole\n";

static void
boot_takes_what_is_good(void **state)
{
	struct world *w = *state;
	struct findings f = { text_new(w) };
	struct err err = ERR_INIT;

	assert_true(conf_load(w->conf, "f", wrong, true, false, finding, &f, &err));
	assert_string_equal(f.t->s, wrong_findings);
	assert_running(w,
		"!\nhostname r1\n!\ncrypto pki certificate chain T\n"
		"!\nevent manager environment y z\n!\nevent manager applet A\n action 1 puts \"x\"\n");
}

static void
reload_takes_all_or_nothing(void **state)
{
	struct world *w = *state;
	struct findings f = { text_new(w) };
	struct err err = ERR_INIT;

	type(w, "hostname before");
	text_clear(applied);
	assert_false(conf_load(w->conf, "f", wrong, true, true, finding, &f, &err));
	assert_int_equal(err.line, 2);
	assert_false(conf_load(w->conf, "f", "crypto pki trustpoint BAD\n", true, true, NULL, NULL, &err));
	assert_int_equal(err.line, 1);
	assert_false(conf_check(w->conf, "f", wrong, NULL, NULL));
	assert_applied("");
	/* Refused while it is applied: what was done is undone. */
	assert_false(conf_load(w->conf, "f", "event manager environment a b\nevent manager applet FAIL\n",
		true, true, NULL, NULL, &err));
	assert_string_equal(err.text, "cannot apply");
	assert_applied(
		"-hostname/0;+event manager environment a/0;-event manager environment a/0;+hostname/0;");
	assert_running(w, "!\nhostname before\n");
}

static void
many_applets(void **state)
{
	struct world *w = *state;
	struct text *t = text_new(w);
	struct err err = ERR_INIT;

	for (unsigned i = 0; i < 5000; i++)
		text_printf(t, "event manager applet A%u\n event none\n action 1 puts \"x\"\n", i);
	assert_true(conf_load(w->conf, "f", t->s, true, true, NULL, NULL, &err));
	assert_non_null(conf_find(w->conf, "event manager applet A4999"));
	for (unsigned i = 0; i < 5000; i += 2) {
		char line[64];

		snprintf(line, sizeof line, "no event manager applet A%u", i);
		type(w, line);
	}
	assert_null(conf_find(w->conf, "event manager applet A4998"));
	assert_non_null(conf_find(w->conf, "event manager applet A4999"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loads_what_it_prints, setup, teardown),
		cmocka_unit_test_setup_teardown(replacing_tells_the_difference, setup, teardown),
		cmocka_unit_test_setup_teardown(boot_takes_what_is_good, setup, teardown),
		cmocka_unit_test_setup_teardown(reload_takes_all_or_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(many_applets, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
