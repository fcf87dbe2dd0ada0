/* The configuration: typing, modes, commits, removal, loading, printing, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

/* ---- rows of our own: they write down what is applied ---- */

struct args {
	struct kw_str name, value;
	struct kw_flag trap;
	struct kw_str class;
	struct text *hex;
};
static const struct kw name_kw[] = {
	{ NULL, "Name", &kw_word, KW_AT(struct args, name), .flags = KW_REQ | KW_KEY },
	KW_END,
};
static const struct kw environment_kw[] = {
	{ NULL, "Name", &kw_word, KW_AT(struct args, name), .flags = KW_REQ | KW_KEY },
	{ NULL, "Value", &kw_line, KW_AT(struct args, value), .flags = KW_REQ },
	KW_END,
};
static const struct kw applet_kw[] = {
	{ NULL, "Name", &kw_word, KW_AT(struct args, name), .flags = KW_REQ | KW_KEY },
	{ "class", "Class", &kw_word, KW_AT(struct args, class) },
	{ "trap", "Trap", NULL, KW_AT(struct args, trap) },
	KW_END,
};
static const struct kw action_kw[] = {
	{ NULL, "Label", &kw_word, KW_AT(struct args, name), .flags = KW_REQ | KW_KEY },
	{ "puts", "Print", &kw_string, KW_AT(struct args, value), .flags = KW_REQ },
	KW_END,
};
static const struct kw value_kw[] = {
	{ NULL, "Value", &kw_word, KW_AT(struct args, value), .flags = KW_REQ },
	KW_END,
};

static struct text *applied; /* reset by setup() */

static bool
apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct conf_node *any = new != NULL ? new : old;
	size_t n = 0;

	if (new != NULL && strstr(new->key, "FAIL") != NULL)
		return err_set(err, ERR_REFUSED, "cannot apply");
	for (const struct conf_node *c = any->first; c != NULL; c = c->next)
		n++;
	text_printf(applied, "%s%s%s%s/%zu;",
		old == NULL   ? "+"
		: new == NULL ? "-"
			      : "~",
		any->key, any->no ? " (no)" : "", "", n);
	return true;
}

static bool
check(struct engine *engine, const struct conf_node *n, struct err *err)
{
	if (strstr(n->key, "BAD") == NULL)
		return true;
	return err_set(err, ERR_REFUSED, "bad as a whole");
}

static bool
body(struct engine *engine, void *args, const char *line, bool *done, struct err *err)
{
	struct args *a = args;

	line += strspn(line, " \t");
	if (a->hex == NULL)
		a->hex = text_new(a);
	if (strcmp(line, "quit") == 0) {
		*done = true;
		return a->hex->len > 0 || err_set(err, ERR_INVALID, "an empty certificate");
	}
	if (strspn(line, "0123456789ABCDEF ") != strlen(line))
		return err_set(err, ERR_INVALID, "not hex");
	text_printf(a->hex, "%s\n", line);
	return true;
}

static void
print_body(struct engine *engine, const struct conf_node *n, struct text *out)
{
	text_add(out, ((const struct args *)n->args)->hex->s);
	text_add(out, "\tquit\n");
}

static const char *
confirm(struct engine *engine, const struct conf_node *n)
{
	return n->first == NULL ? NULL : "Are you sure?";
}

#define SIZE .size = sizeof(struct args)
static const struct conf_mode modes[] = {
	{ .name = "config-applet", .parent = "config", .commit_on_exit = true },
	{ .name = "config-applet-trigger", .parent = "config-applet" },
	{ .name = "ca-trustpoint", .parent = "config" },
	{ .name = "config-cert-chain", .parent = "config" },
	{ .name = "config-pubkey", .parent = "config-cert-chain" },
};
static const struct conf_row rows[] = {
	{ .cmd = { "alias", "Alias", environment_kw, SIZE },
		.mode = "config",
		.order = 15,
		.whole_line_key = true,
		.apply = apply },
	{ .cmd = { "hostname", "Name", value_kw, SIZE }, .mode = "config", .order = 10, .apply = apply },
	{ .cmd = { .words = "ip domain lookup", .help = "DNS", SIZE },
		.mode = "config",
		.order = 20,
		.keep_no = true,
		.apply = apply },
	{ .cmd = { "crypto pki trustpoint", "Trustpoint", name_kw, SIZE },
		.mode = "config",
		.enters = "ca-trustpoint",
		.order = 30,
		.apply = apply,
		.check = check,
		.confirm_no = confirm },
	{ .cmd = { "usage", "Usage", value_kw, SIZE }, .mode = "ca-trustpoint", .order = 2 },
	{ .cmd = { .words = "enrollment terminal", .help = "Paste", SIZE },
		.mode = "ca-trustpoint",
		.order = 1 },
	{ .cmd = { "crypto pki certificate chain", "Chain", name_kw, SIZE },
		.mode = "config",
		.enters = "config-cert-chain",
		.order = 40 },
	{ .cmd = { "certificate ca", "Certificate", name_kw, SIZE },
		.mode = "config-cert-chain",
		.enters = "config-pubkey",
		.body = body,
		.print = print_body,
		.apply = apply },
	{ .cmd = { "event manager environment", "Variable", environment_kw, SIZE },
		.mode = "config",
		.order = 50,
		.apply = apply },
	{ .cmd = { "event manager applet", "Applet", applet_kw, SIZE },
		.mode = "config",
		.enters = "config-applet",
		.order = 60,
		.apply = apply },
	{ .cmd = { .words = "event none", .help = "None", SIZE }, .mode = "config-applet", .order = 1 },
	{ .cmd = { "trigger", "Trigger", NULL, SIZE },
		.mode = "config-applet",
		.order = 2,
		.enters = "config-applet-trigger" },
	{ .cmd = { "correlate", "Correlate", value_kw, SIZE }, .mode = "config-applet-trigger" },
	{ .cmd = { "action", "Action", action_kw, SIZE },
		.mode = "config-applet",
		.order = 3,
		.sorted = true,
		.missing = "Action label not found",
		.check = check },
};

struct world {
	struct engine engine;
	struct conf *conf;
	struct conf_edit *edit;
};

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	applied = text_new(w);
	w->conf = conf_new(w, &w->engine);
	conf_modes(w->conf, modes, sizeof modes / sizeof *modes);
	conf_rows(w->conf, rows, sizeof rows / sizeof *rows);
	w->edit = conf_edit_new(w, w->conf, "test");
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	mem_free(w->edit);
	mem_free(w);
	return 0;
}

/* ---- helpers ---- */

static void
type(struct world *w, const char *line)
{
	struct err err = ERR_INIT;

	if (!conf_edit_line(w->edit, line, true, NULL, &err))
		fail_msg("%s: %s (%s)", line, err.text, err.hint);
}

static void
refuse(struct world *w, const char *line, const char *why)
{
	struct err err = ERR_INIT;

	assert_false(conf_edit_line(w->edit, line, true, NULL, &err));
	assert_string_equal(err.text, why);
}

static void
leave(struct world *w)
{
	struct err err = ERR_INIT;
	bool left;

	assert_true(conf_edit_exit(w->edit, &left, &err));
}

/* What was applied since the last call. */
#define assert_applied(text_)                           \
	do {                                            \
		assert_string_equal(applied->s, text_); \
		text_clear(applied);                    \
	} while (0)

static const char *
running(struct world *w)
{
	struct text *t = text_new(w);

	conf_print_running(w->conf, t);
	return t->s;
}

static void
assert_running(struct world *w, const char *lines)
{
	char *all = mem_printf(w, "version 17.9\n%s!\nend\n", lines);

	assert_string_equal(running(w), all);
}

/* ---- the tests ---- */

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

static const char with_chain[] = "crypto pki certificate chain T\n"
				 " certificate ca 01\n"
				 "  30820596 3082037E \n"
				 "  40\n"
				 "  \tquit\n";

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

/* ---- whole configurations ---- */

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
#define TEST(f_) cmocka_unit_test_setup_teardown(f_, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(lines_commit_at_once),
		TEST(order_of_lines),
		TEST(applets_commit_when_left),
		TEST(global_lines_leave_the_mode),
		TEST(options_are_kept_when_entered_again),
		TEST(other_modes_commit_each_line),
		TEST(two_sessions),
		TEST(refused_commits_change_nothing),
		TEST(kept_negations),
		TEST(raw_bodies),
		TEST(whole_lines_as_keys),
		TEST(loads_what_it_prints),
		TEST(replacing_tells_the_difference),
		TEST(boot_takes_what_is_good),
		TEST(reload_takes_all_or_nothing),
		TEST(many_applets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
