/* The keyword table: words, parsing, refusals, `?`, Tab, the canonical line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/kw/kw.h"
#include "core/mem.h"
#include "core/rng.h"

/* ---- tables of our own ---- */

struct mail {
	struct kw_str server, to, cc, subject, ifname, address;
	struct kw_int port;
	struct kw_enum secure;
	struct kw_flag queue;
};
struct say {
	struct kw_enum priority;
	struct kw_str msg;
};
struct cond {
	struct kw_str left, right, target;
	struct kw_enum op;
};
struct action {
	struct kw_str label;
	struct kw_sub what;
};
static const struct kw_alternative secures[] = {
	{ .word = "tls", .help = "Encrypted", .value = 1 },
	{ .word = "none", .help = "Plain", .value = 0 },
	{ .word = "ssl", .value = 1, .hidden = true },
	{ .word = NULL },
};
static const struct kw_alternative ops[] = {
	{ .word = "eq", .help = "Equal", .value = 0 },
	{ .word = "ge", .help = "Not less", .value = 1 },
	{ .word = "gt", .help = "Greater", .value = 2 },
	{ .word = NULL },
};
static const struct kw_alternative priorities[] = {
	{ .word = "errors", .help = "Errors", .value = 3 },
	{ .word = "emergencies", .help = "The end", .value = 0 },
	{ .word = "warnings", .help = "Warnings", .value = 4 },
	{ .word = NULL },
};
static const struct kw mail_kw[] = {
	{ "server", "Server to use", &kw_string, KW_AT(struct mail, server), .flags = KW_REQ },
	{ "to", "Recipients", &kw_string, KW_AT(struct mail, to), .flags = KW_REQ },
	{ "cc", "More recipients", &kw_string, KW_AT(struct mail, cc) },
	{ "subject", "Subject", &kw_string, KW_AT(struct mail, subject), .flags = KW_REQ },
	{ "source-interface", "Interface to send from", &kw_ifname, KW_AT(struct mail, ifname), .group = 1 },
	{ "source-address", "Address to send from", &kw_ip, KW_AT(struct mail, address), .group = 1 },
	{ "port", "Port of the server", &kw_number, KW_AT(struct mail, port), .min = 1, .max = 65535,
		.dflt = 25, .has_dflt = true },
	{ "secure", "Encryption", &kw_choice, KW_AT(struct mail, secure), .choices = secures },
	{ "queue", "Keep it", NULL, KW_AT(struct mail, queue) },
	KW_END,
};
static const struct kw say_kw[] = {
	{ "priority", "Severity", &kw_choice, KW_AT(struct say, priority), .choices = priorities },
	{ "msg", "Text", &kw_words, KW_AT(struct say, msg), .flags = KW_REQ },
	KW_END,
};
static const struct kw if_kw[] = {
	{ NULL, "Left operand", &kw_string, KW_AT(struct cond, left), .flags = KW_REQ },
	{ NULL, "Operator", &kw_choice, KW_AT(struct cond, op), .flags = KW_REQ, .choices = ops },
	{ NULL, "Right operand", &kw_string, KW_AT(struct cond, right), .flags = KW_REQ },
	{ "goto", "Jump", &kw_word, KW_AT(struct cond, target) },
	KW_END,
};
static const struct kw text_kw[] = {
	{ NULL, "Text", &kw_text, KW_AT(struct say, msg), .flags = KW_REQ },
	KW_END,
};
#define WHAT(word_, help_, kw_, size_)                                                                \
	{                                                                                             \
		word_, help_, NULL, KW_AT(struct action, what), .flags = KW_SEQ | KW_REQ, .group = 1, \
								.sub = kw_, .sub_size = size_         \
	}
static const struct kw action_kw[] = {
	{ NULL, "Label", &kw_word, KW_AT(struct action, label), .flags = KW_REQ | KW_KEY },
	WHAT("comment", "Add comment", text_kw, sizeof(struct say)),
	WHAT("else", "Else", NULL, 1),
	WHAT("if", "Condition", if_kw, sizeof(struct cond)),
	WHAT("mail", "Send an e-mail", mail_kw, sizeof(struct mail)),
	WHAT("syslog", "Log a syslog message", say_kw, sizeof(struct say)),
	KW_END,
};

struct spec {
	struct kw_str pattern, name;
	struct kw_int occurs;
	struct kw_time period;
	struct kw_enum kind;
};
struct event {
	struct kw_str tag;
	struct kw_sub spec;
	struct kw_time maxrun;
	struct kw_flag trap;
};
static const struct kw syslog_kw[] = {
	{ "occurs", "Number of matches", &kw_number, KW_AT(struct spec, occurs), .min = 1, .max = 32 },
	{ "pattern", "Regular expression", &kw_pattern, KW_AT(struct spec, pattern), .flags = KW_REQ },
	{ "period", "Window", &kw_seconds, KW_AT(struct spec, period), .max = 4294967295999000 },
	KW_END,
};
static const struct kw track_kw[] = {
	{ NULL, "Object", &kw_number, KW_AT(struct spec, occurs), .flags = KW_REQ, .min = 1, .max = 1000 },
	{ "operator", "How", &kw_choice, KW_AT(struct spec, kind), .choices = ops },
	{ "op", "How, as older releases wrote it", &kw_choice, KW_AT(struct spec, kind), .choices = ops,
		.flags = KW_HIDDEN },
	KW_END,
};
#define SPEC(word_, help_, kw_)                                                                            \
	{                                                                                                  \
		word_, help_, NULL, KW_AT(struct event, spec), .flags = KW_SEQ | KW_REQ, .group = 1,       \
							       .sub = kw_, .sub_size = sizeof(struct spec) \
	}
static const struct kw event_kw[] = {
	{ "tag", "Name of the event", &kw_word, KW_AT(struct event, tag), .flags = KW_SEQ | KW_KEY },
	SPEC("syslog", "Syslog event", syslog_kw),
	SPEC("track", "Tracking object event", track_kw),
	{ "maxrun", "Longest run", &kw_seconds, KW_AT(struct event, maxrun), .max = 31536000999000,
		.dflt = 20 * USEC_PER_SEC, .has_dflt = true },
	{ "trap", "Send a trap", NULL, KW_AT(struct event, trap) },
	KW_END,
};

struct names {
	struct kw_str name, value;
	struct kw_list args;
	struct kw_int size;
	struct kw_enum level;
};
static const struct kw environment_kw[] = {
	{ NULL, "Name", &kw_word, KW_AT(struct names, name), .flags = KW_REQ | KW_KEY },
	{ NULL, "Value", &kw_line, KW_AT(struct names, value), .flags = KW_REQ },
	KW_END,
};
static const struct kw run_kw[] = {
	{ NULL, "Policy", &kw_word, KW_AT(struct names, name), .flags = KW_REQ },
	{ NULL, "Argument", &kw_word, KW_AT(struct names, args), .flags = KW_MANY },
	KW_END,
};
static const struct kw name_kw[] = {
	{ NULL, "Name", &kw_word, KW_AT(struct names, name) },
	KW_END,
};
static const struct kw buffered_kw[] = {
	{ NULL, "Bytes", &kw_number, KW_AT(struct names, size), .min = 4096, .max = 2147483647 },
	{ NULL, "Level", &kw_choice, KW_AT(struct names, level), .choices = priorities },
	KW_END,
};
static const struct kw_cmd cmds[] = {
	{ "action", "Action", action_kw, .size = sizeof(struct action) },
	{ "event", "Event", event_kw, .size = sizeof(struct event) },
	{ "event manager environment", "Variable", environment_kw, .size = sizeof(struct names) },
	{ "event manager run", "Run", run_kw, .size = sizeof(struct names) },
	{ "show environment", "Variables", name_kw, .size = sizeof(struct names) },
	{ .words = "show environment all", .help = "Everything" },
	{ .words = "show interfaces", .help = "Interfaces" },
	{ .words = "show secrets", .help = "Secrets", .level = 15 },
	{ .words = "show internal", .help = "Internals", .hidden = true },
	{ .words = "shutdown", .help = "Off" },
	{ "logging buffered", "Ring", buffered_kw, .size = sizeof(struct names) },
	{ .words = "configure terminal", .help = "Terminal" },
};

static struct kw_tree *
tree_of_ours(const void *ctx)
{
	struct kw_tree *t = kw_tree_new(ctx, "test");

	for (size_t i = 0; i < sizeof cmds / sizeof *cmds; i++)
		kw_tree_add(t, &cmds[i]);
	kw_tree_absent(t, &(struct kw_absent){ "show interfaces metric", "nothing is measured here" }, 1);
	kw_tree_word(t, "event manager", "Event manager");
	kw_tree_word(t, "show", "Show");
	kw_tree_word(t, "logging", "Logging");
	kw_tree_word(t, "configure", "Configure");
	return t;
}

struct world {
	struct kw_tree *tree;
};

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	w->tree = tree_of_ours(w);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	mem_free(*state);
	return 0;
}

/* ---- the tests ---- */

static void
words_and_quotes(void **state)
{
	static const struct {
		const char *line, *word[4];
		size_t start, end; /* of the last word */
	} rows[] = {
		{ "a  bb\tc", { "a", "bb", "c" }, 6, 7 },
		{ "x \"y z\"", { "x", "y z" }, 2, 7 },
		{ "\"a \\\" b\" c", { "a \\\" b", "c" }, 9, 10 },
		{ "\"open to the end", { "open to the end" }, 0, 16 },
		{ "\"open\\", { "open\\\\" }, 0, 6 },
		{ "\"back\\\\\" w", { "back\\\\", "w" }, 9, 10 },
		{ "in\"side word", { "in\"side", "word" }, 8, 12 },
		{ "\"\"", { "" }, 0, 2 },
		{ "\"", { "" }, 0, 1 },
	};
	struct kw_token *t;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = kw_split(*state, rows[i].line, &t);

		for (size_t k = 0; k < n; k++)
			assert_string_equal(t[k].text, rows[i].word[k]);
		assert_null(n < 4 ? rows[i].word[n] : NULL);
		assert_int_equal(t[n - 1].start, rows[i].start);
		assert_int_equal(t[n - 1].end, rows[i].end);
	}
	assert_int_equal(kw_split(*state, "  \t ", &t), 0);
}

static void
canonical_lines(void **state)
{
	static const char *const rows[][2] = {
		{ "act 1 mail secure tls to b serv \"u:p@h\" port 25 subj \"a b\"",
			"action 1 mail server \"u:p@h\" to \"b\" subject \"a b\" secure tls" },
		{ "ACTION 1 MAIL Server s to t subject x secure ssl queue",
			"action 1 mail server \"s\" to \"t\" subject \"x\" secure tls queue" },
		{ "action 1 syslog msg Three plain   words", "action 1 syslog msg \"Three plain words\"" },
		{ "action 1 syslog msg \"quoted\" pri err",
			"action 1 syslog priority errors msg \"quoted\"" },
		{ "action 1 syslog msg a\\", "action 1 syslog msg \"a\\\\\"" },
		{ "action 1 syslog msg a\"b", "action 1 syslog msg \"a\\\"b\"" },
		{ "action 1 if $x eq \"\" goto 9.0", "action 1 if \"$x\" eq \"\" goto 9.0" },
		{ "action 1 if goto eq goto goto goto", "action 1 if \"goto\" eq \"goto\" goto goto" },
		{ "action \"a b\" else", "action \"a b\" else" },
		{ "action \"plain\" else", "action plain else" },
		{ "action 1 comment \"as typed\"", "action 1 comment \"as typed\"" },
		{ "action 1 comment as  typed \"too\"", "action 1 comment as  typed \"too\"" },
		{ "action 1 mail server s to t subject x source-int Gi 0/0/1 port 26",
			"action 1 mail server \"s\" to \"t\" subject \"x\" source-interface Gi0/0/1 port "
			"26" },
		{ "action 1 mail server s to t subject x source-int eth0 port 26",
			"action 1 mail server \"s\" to \"t\" subject \"x\" source-interface eth0 port 26" },
		{ "event syslog pattern x trap maxrun 20", "event syslog pattern \"x\" trap" },
		{ "event tag t syslog maxrun 90.5 pattern \"a\\\"b\" occurs 3",
			"event tag t syslog occurs 3 pattern \"a\\\"b\" maxrun 90.500" },
		{ "event track 7 op ge trap", "event track 7 operator ge trap" },
		{ "event manager environment q \"", "event manager environment q \"" },
		{ "event manager environment v  two  \"words\"",
			"event manager environment v two  \"words\"" },
		{ "event man run P a \"b c\" run", "event manager run P a \"b c\" run" },
		{ "show environment all", "show environment all" },
		{ "show environment \"all\"", "show environment \"all\"" },
		{ "show environment al", "show environment al" },
		{ "sho int", "show interfaces" },
		{ "logging buffered warnings", "logging buffered warnings" },
		{ "logging buffered 8192 e", NULL },
		{ "logging buffered 8192 em", "logging buffered 8192 emergencies" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = ERR_INIT;
		struct text *line = text_new(w);
		struct kw_parsed p;
		bool fine = kw_parse(w, w->tree, rows[i][0], 15, 0, &p, &err);

		if (!fine && rows[i][1] != NULL)
			print_error("%s: %s (%s)\n", rows[i][0], err.text, err.hint);
		assert_int_equal(fine, rows[i][1] != NULL);
		if (!fine)
			continue;
		kw_print(p.cmd, p.args, line);
		assert_string_equal(line->s, rows[i][1]);
	}
}

static void
refusals_point_at_the_word(void **state)
{
	static const struct {
		const char *line;
		enum err_code code;
		int column;
		const char *text, *hint;
	} rows[] = {
		{ "sho foo", ERR_INVALID, 5, "Invalid input detected at '^' marker.",
			"expected one of: environment, interfaces" },
		{ "s", ERR_AMBIGUOUS, 1, "Ambiguous command:  \"s\"", "'s' may be show, shutdown" },
		{ "show", ERR_INCOMPLETE, 5, "Incomplete command.", "" },
		{ "event manager run", ERR_INCOMPLETE, 18, "Incomplete command.",
			"a value is missing (Policy)" },
		{ "event syslog occurs 40 pattern x", ERR_RANGE, 21, "Invalid input detected at '^' marker.",
			"'occurs' takes a number from 1 to 32" },
		{ "event syslog occurs", ERR_INCOMPLETE, 20, "Incomplete command.",
			"the value of 'occurs' is missing (Number of matches)" },
		{ "event syslog occurs 3", ERR_INCOMPLETE, 22, "Incomplete command.",
			"'pattern' is missing (Regular expression)" },
		{ "event syslog patern x", ERR_INVALID, 14, "Invalid input detected at '^' marker.",
			"did you mean 'pattern'?" },
		{ "event syslog pattern \"(\"", ERR_INVALID, 22, "Invalid input detected at '^' marker.",
			NULL },
		{ "event syslog pattern x pattern y", ERR_INVALID, 24,
			"Invalid input detected at '^' marker.", NULL },
		{ "event \"syslog\" pattern x", ERR_INVALID, 7, "Invalid input detected at '^' marker.",
			NULL },
		{ "event syslog pattern x maxrun 1.2345", ERR_RANGE, 31,
			"Invalid input detected at '^' marker.",
			"'maxrun' takes seconds from 0 to 31536000.999, with up to three decimals" },
		{ "action 1 if $x contains y", ERR_RANGE, 16, "Invalid input detected at '^' marker.",
			"expected one of: eq, ge, gt (Operator)" },
		{ "action 1 if $x g y", ERR_AMBIGUOUS, 16, "Ambiguous command:  \"action 1 if $x g y\"",
			"'g' may be ge, gt" },
		{ "action 1 mail server x to y subject z source-interface eth0 source-address 1.2.3.4",
			ERR_INVALID, 61, "Invalid input detected at '^' marker.", NULL },
		{ "action 1 mail server \xe2\x80\x9cx\xe2\x80\x9d", ERR_INVALID, 22,
			"Invalid input detected at '^' marker.",
			"typographic quotes are not quotes: write \" instead" },
		{ "action 1 mail server x to y subject z port 0", ERR_RANGE, 44,
			"Invalid input detected at '^' marker.", "'port' takes a number from 1 to 65535" },
		{ "action 1 mail server x to y subject z secure tsl", ERR_RANGE, 46,
			"Invalid input detected at '^' marker.", "did you mean 'tls'?" },
		{ "show interfaces all", ERR_INVALID, 17, "Invalid input detected at '^' marker.",
			"the command is complete before this word" },
		{ "show interfaces metric of eth0", ERR_INVALID, 17, "Invalid input detected at '^' marker.",
			"nothing is measured here" },
		{ "show interfaces m", ERR_INVALID, 17, "Invalid input detected at '^' marker.",
			"nothing is measured here" },
		{ "show secrets", ERR_INVALID, 6, "Invalid input detected at '^' marker.", NULL },
		{ "", ERR_INCOMPLETE, 1, "Incomplete command.", "" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = ERR_INIT;
		struct kw_parsed p;

		assert_false(kw_parse(w, w->tree, rows[i].line, 1, 0, &p, &err));
		assert_string_equal(err.text, rows[i].text);
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(err.column, rows[i].column);
		if (rows[i].hint != NULL)
			assert_string_equal(err.hint, rows[i].hint);
	}
}

static void
keys_identify_a_line(void **state)
{
	static const char *const rows[][2] = {
		{ "action 1.0", "action 1.0" },
		{ "action 1.0 whatever follows \"here", "action 1.0" },
		{ "action", NULL },
		{ "event", NULL }, /* further words of the tree could follow */
		{ "event tag T syslog pattern x", "event tag T" },
		{ "event syslog nonsense", "event" },
		{ "event manager environment X", "event manager environment X" },
		{ "event manager environment X y z", "event manager environment X" },
		{ "event manager envirnment X", NULL },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = ERR_INIT;
		struct text *key = text_new(w);
		struct kw_parsed p;
		bool fine = kw_parse(w, w->tree, rows[i][0], 15, KW_PARSE_KEY, &p, &err);

		if (strcmp(rows[i][0], "event") == 0) {
			assert_true(fine);
			continue;
		}
		if (fine != (rows[i][1] != NULL))
			fail_msg("%s: %s", rows[i][0], err.text);
		if (!fine)
			continue;
		kw_print_key(p.cmd, p.args, key);
		assert_string_equal(key->s, rows[i][1]);
	}
}

static void
expanded_commands(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct kw_parsed p;

	assert_true(kw_parse(w, w->tree, " conf  t ", 15, 0, &p, &err));
	assert_string_equal(p.expanded, "configure terminal");
	assert_true(kw_parse(w, w->tree, "ev sys occ 3 patt \"a b\"", 15, 0, &p, &err));
	assert_string_equal(p.expanded, "event syslog occurs 3 pattern \"a b\"");
	assert_true(kw_parse(w, w->tree, "logging buff w", 15, 0, &p, &err));
	assert_string_equal(p.expanded, "logging buffered warnings");
}

static void
help_lists_what_may_follow(void **state)
{
	static const struct {
		const char *line, *help;
	} rows[] = {
		{ "s", "show      shutdown\n" },
		{ "show ", "  environment           Variables\n  interfaces            Interfaces\n" },
		{ "show e", "environment\n" },
		{ "show environment ",
			"  WORD                  Name\n  all                   Everything\n  <cr>\n" },
		{ "show nothing ", "% Unrecognized command\n" },
		{ "s ", "% Ambiguous command:  \"s \"\n" },
		{ "event syslog occurs ", "  <1-32>                Number of matches\n" },
		{ "event syslog occurs 3 ",
			"  maxrun                Longest run\n  pattern               Regular expression\n"
			"  period                Window\n  trap                  Send a trap\n" },
		{ "event syslog pattern x occurs 3 ",
			"  maxrun                Longest run\n  period                Window\n"
			"  trap                  Send a trap\n  <cr>\n" },
		{ "event track 7 op", "operator\n" },
		{ "event track ", "  <1-1000>              Object\n" },
		{ "event track 7 operator ", "  eq                    Equal\n  ge                    Not "
					     "less\n  gt                    Greater\n" },
		{ "event track 7 operator g", "ge  gt\n" },
		{ "event manager environment X ", "  LINE                  Value\n" },
		{ "event manager environment X some ", "  LINE                  Value\n  <cr>\n" },
		{ "action 1 mail server \"", "  WORD                  Server to use\n" },
		{ "event syslog occurs 3", "  <1-32>                Number of matches\n" },
		{ "event syslog pattern x maxrun ", "  <0-31536000.999>      Longest run\n" },
		{ "shutdown ", "  <cr>\n" },
		{ "action 1 mail source-address ", "  A.B.C.D               Address to send from\n  "
						   "X:X:X:X::X            Address to send from\n" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text *out = text_new(w);

		kw_help(w->tree, rows[i].line, 1, out);
		if (strcmp(out->s, rows[i].help) != 0)
			print_error("help of '%s'\n", rows[i].line);
		assert_string_equal(out->s, rows[i].help);
	}
}

static void
tab_completes_what_is_unique(void **state)
{
	static const char *const rows[][2] = {
		{ "sho", "w " },
		{ "s", "" },
		{ "show in", "terfaces " },
		{ "show ", "" },
		{ "event syslog pa", "ttern " },
		{ "event syslog pattern x tr", "ap " },
		{ "event track 7 operator e", "q " },
		{ "event syslog occurs 3", "" },
		{ "show interfaces", " " },
		{ "nothing", "" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text *out = text_new(w);

		kw_complete(w->tree, rows[i][0], 1, out);
		assert_string_equal(out->s, rows[i][1]);
	}
}

static void
tables_check_themselves(void **state)
{
	static const struct kw twice[] = {
		{ "a", "One", &kw_string, KW_AT(struct names, name) },
		{ "A", "Two", &kw_string, KW_AT(struct names, value) },
		KW_END,
	};
	static const struct kw no_help[] = { { "a", "", &kw_string, KW_AT(struct names, name) }, KW_END };
	static const struct kw outside[] = { { "a", "One", &kw_number, KW_AT(struct names, size), .min = 1,
						     .max = 5, .dflt = 6, .has_dflt = true },
		KW_END };
	static const struct kw behind[] = {
		{ NULL, "Rest", &kw_line, KW_AT(struct names, name) },
		{ NULL, "More", &kw_word, KW_AT(struct names, value) },
		KW_END,
	};
	static const struct kw *const wrong[] = { twice, no_help, outside, behind };
	struct world *w = *state;
	struct err err = ERR_INIT;

	if (!kw_check(w->tree, &err))
		print_error("%s\n", err.text);
	assert_true(kw_check(w->tree, &err));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct kw_cmd cmd = { "wrong", "Wrong", wrong[i], .size = sizeof(struct names) };
		struct kw_tree *t = kw_tree_new(w, "wrong");

		kw_tree_add(t, &cmd);
		assert_false(kw_check(t, &err));
	}
}

static const struct kw entry_kw[] = {
	{ NULL, "Entry", &kw_number, KW_AT(struct names, size), .flags = KW_REQ, .min = 1, .max = 99 },
	KW_END,
};
static const struct kw schedule_kw[] = {
	{ NULL, "Entry", &kw_number, KW_AT(struct names, size), .flags = KW_REQ, .min = 1, .max = 99 },
	{ "life", "Seconds", &kw_word, KW_AT(struct names, name) },
	KW_END,
};
static const struct kw_cmd entries[] = {
	{ "ip sla", "Entry", entry_kw, .size = sizeof(struct names) },
	{ "ip sla schedule", "When", schedule_kw, .size = sizeof(struct names) },
};

/* `sch` is no number of `ip sla`, and the beginning of a word behind it. */
static void
a_word_that_was_tried_as_a_value(void **state)
{
	struct kw_tree *t = kw_tree_new(*state, "entries");
	struct text *out = text_new(*state);
	struct kw_parsed p;

	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
		kw_tree_add(t, &entries[i]);
	assert_true(kw_parse(*state, t, "ip sla sch 7 li 5", 15, 0, &p, NULL));
	kw_print(p.cmd, p.args, out);
	assert_string_equal(out->s, "ip sla schedule 7 life 5");
	assert_true(kw_parse(*state, t, "ip sla 7", 15, 0, &p, NULL));
	assert_ptr_equal(p.cmd, &entries[0]);
}

static void
sampled_lines_print_stably(void **state)
{
	struct world *w = *state;
	struct rng *rng = rng_new(w, 7);

	for (unsigned i = 0; i < 20000; i++) {
		const struct kw_cmd *cmd = &cmds[rng_below(rng, sizeof cmds / sizeof *cmds)];
		void *ctx = mem_ctx(w, "line");
		struct text *line = text_new(ctx), *once = text_new(ctx), *twice = text_new(ctx);
		struct err err = ERR_INIT;
		struct kw_parsed a, b;

		kw_sample(cmd, rng, line);
		if (!kw_parse(ctx, w->tree, line->s, 15, 0, &a, &err))
			fail_msg("%s: %s (%s)", line->s, err.text, err.hint);
		kw_print(a.cmd, a.args, once);
		if (!kw_parse(ctx, w->tree, once->s, 15, 0, &b, &err))
			fail_msg("%s -> %s: %s (%s)", line->s, once->s, err.text, err.hint);
		kw_print(b.cmd, b.args, twice);
		assert_string_equal(once->s, twice->s);
		assert_true(kw_equal(a.cmd->kw, a.args, a.args));
		mem_free(ctx);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(words_and_quotes, setup, teardown),
		cmocka_unit_test_setup_teardown(canonical_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals_point_at_the_word, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_identify_a_line, setup, teardown),
		cmocka_unit_test_setup_teardown(expanded_commands, setup, teardown),
		cmocka_unit_test_setup_teardown(help_lists_what_may_follow, setup, teardown),
		cmocka_unit_test_setup_teardown(tab_completes_what_is_unique, setup, teardown),
		cmocka_unit_test_setup_teardown(tables_check_themselves, setup, teardown),
		cmocka_unit_test_setup_teardown(a_word_that_was_tried_as_a_value, setup, teardown),
		cmocka_unit_test_setup_teardown(sampled_lines_print_stably, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
