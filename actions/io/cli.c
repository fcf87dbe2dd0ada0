/*
 * action LABEL cli command TEXT [pattern RE]: types a command into the run's CLI session, which the
 * first such action opens and the end of the run closes (eem-language 6.3). Reads until the prompt
 * comes back, or with `pattern` until the expression fits what came. $_cli_result is everything
 * read, the prompt included, with CR LF line ends as IOS has them.
 */
#include <ctype.h>
#include <string.h>

#include "actions/action.h"
#include "actions/io/io.h"
#include "applets/vty.h"
#include "core/mem.h"
#include "core/regex.h"
#include "core/text.h"

struct cli_args {
	struct kw_template command, pattern;
};

/*
 * NX-OS has no word `command`, and its texts are pasted (eem-language 6.3). What stands behind `cli` there
 * may be more than a command.
 */
static const struct {
	const char *what, *hint;
} nxos_only[] = {
	{ " ; ", "NX-OS: there `;` stands between commands; here each has an action L cli command \"...\" of "
		 "its own" },
	{ "local ", "NX-OS: on IOS it is `action L cli command \"...\"`, without `local`" },
	{ "source ", "NX-OS: IOS has no `cli source`; it is `action L policy NAME` or a `cli command`" },
};

static bool
nxos_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	for (size_t i = 0; i < sizeof nxos_only / sizeof *nxos_only; i++) {
		const char *at = strstr(t->text, nxos_only[i].what);

		if (at != NULL && (at == t->text || nxos_only[i].what[0] == ' '))
			return err_set(err, ERR_INVALID, "%s", nxos_only[i].hint);
	}
	return kw_template_rest.parse(ctx, row, t, dst, err);
}

static void
nxos_print(const struct kw *row, const void *src, struct text *out)
{
	kw_template_rest.print(row, src, out);
}

static bool
nxos_equal(const void *a, const void *b)
{
	return kw_template_rest.equal(a, b);
}

static void
nxos_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	kw_template_rest.sample(row, rng, out);
}

static const struct kw_type kw_nxos_command = {
	.param = "LINE",
	.name = "text to the end of the line",
	.size = sizeof(struct kw_template),
	.join = true,
	.parse = nxos_parse,
	.print = nxos_print,
	.equal = nxos_equal,
	.sample = nxos_sample,
};

static const struct kw cli_kw[] = {
	{ .word = "command",
		.help = "CLI command to execute",
		.type = &kw_template,
		KW_AT(struct cli_args, command),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .help = "CLI command to execute",
		.type = &kw_nxos_command,
		KW_AT(struct cli_args, command),
		.flags = KW_HIDDEN,
		.group = 1 },
	{ .word = "pattern",
		.help = "Regular expression that ends the reading of output",
		.type = &kw_template_regex,
		KW_AT(struct cli_args, pattern) },
	KW_END,
};

/* The session of one run. */
struct cli_run {
	struct run *run;
	struct vty *vty;
	struct text typed;     /* lines still to be typed, each ended by LF */
	struct regex *pattern; /* NULL: until the prompt */
	struct regex_scratch *scratch;
	bool is_reading; /* an action is parked for the result */
	bool has_typed;  /* a line was typed: what came before it, the first prompt, is nobody's result */
};

static const char cli_key; /* its address names the session among the run's things */

/* Everything that came is the result. */
static void
take_result(struct cli_run *c)
{
	size_t n;
	const char *s = vty_text(c->vty, &n);

	c->is_reading = false;
	run_var_set(c->run, "_cli_result", s, n);
	vty_take(c->vty, n);
}

static void
type_line(struct cli_run *c)
{
	char *end = memchr(c->typed.s, '\n', c->typed.len);
	size_t n = (size_t)(end - c->typed.s);
	char *line = mem_strndup(run_ctx(c->run), c->typed.s, n);

	text_drop(&c->typed, n + 1);
	vty_type(c->vty, line);
	if (!c->has_typed)
		vty_clear(c->vty);
	c->has_typed = true;
	mem_free(line);
}

static bool
has_end(const struct cli_run *c)
{
	size_t n;
	const char *s = vty_text(c->vty, &n);

	if (c->pattern == NULL)
		return vty_at_prompt(c->vty);
	return n > 0 && regex_match(c->pattern, c->scratch, s, n, NULL) == REGEX_YES;
}

/* Types what is left to type, then looks whether the end has been read. */
static void
on_news(void *arg)
{
	struct cli_run *c = arg;

	if (!c->is_reading)
		return;
	if (c->typed.len > 0) {
		if (vty_wants_input(c->vty))
			type_line(c);
	} else if (has_end(c)) {
		take_result(c);
		run_resume(c->run, NULL);
	}
}

static void
on_failed(void *arg, enum cli_port_failure what, const char *why)
{
	struct cli_run *c = arg;

	if (!c->is_reading)
		return;
	text_clear(&c->typed);
	take_result(c);
	run_resume_failed(c->run, "FH_ECLI", SEV_ERRORS, vty_failure_mnemonic(what), "%s: %s",
		vty_failure_text(what), why);
}

static const struct vty_events vty_events = { .news = on_news, .failed = on_failed };

static struct cli_run *
open_session(struct run *run)
{
	struct cli_run *c = mem_new(run_ctx(run), struct cli_run);

	c->run = run;
	text_init(&c->typed, c);
	c->scratch = regex_scratch_new(c, REGEX_JIT);
	c->vty = vty_open(c, run, &vty_events, c);
	if (c->vty == NULL) {
		mem_free(c);
		return NULL;
	}
	run_put(run, &cli_key, c);
	return c;
}

/*
 * What is typed (rulings 3): the author's own line ends count; a value that a variable brings in loses
 * its leading line ends, is cut at the next one, and its other controls are dropped, so that foreign
 * text never starts a second command.
 */
struct typing {
	struct text text;
	bool was_cut;
};

static void
add_typed(void *arg, const char *s, size_t n, bool is_variable)
{
	struct typing *t = arg;

	if (!is_variable) {
		text_addn(&t->text, s, n);
		return;
	}
	while (n > 0 && (*s == '\r' || *s == '\n'))
		s++, n--;
	for (; n > 0; s++, n--) {
		if (*s == '\r' || *s == '\n') {
			t->was_cut = true;
			return;
		}
		if (iscntrl((unsigned char)*s) && *s != '\t')
			t->was_cut = true;
		else
			text_addc(&t->text, *s);
	}
}

static bool
set_pattern(struct run *run, struct cli_run *c, const struct cli_args *a)
{
	struct err err = ERR_INIT;
	const char *pattern;

	mem_free(c->pattern);
	c->pattern = NULL;
	if (!a->pattern.set)
		return true;
	pattern = run_expand(run, &a->pattern, NULL);
	if (pattern == NULL)
		return false;
	c->pattern = regex_new(c, pattern, REGEX_TCL, &err);
	if (c->pattern == NULL)
		run_fail(run, "FH_EBADFMT", SEV_ERRORS, "FMPD_CLI_READ", "Unable to read CLI response: %s",
			err.text);
	return c->pattern != NULL;
}

static enum step
cli_exec(struct run *run, const void *args)
{
	const struct cli_args *a = args;
	struct cli_run *c = run_get(run, &cli_key);
	struct typing typing = { .was_cut = false };
	enum step step;
	size_t unread;

	text_init(&typing.text, run_ctx(run));
	if (!run_expand_pieces(run, &a->command, add_typed, &typing)) {
		mem_free(typing.text.s);
		return STEP_FAIL;
	}
	if (typing.was_cut)
		run_log(run, "HA_EM", SEV_WARNINGS, "FMPD_CLI_CUT",
			"applet %s statement %s: the value of a variable was cut at its line end for the CLI",
			run_policy(run), run_label(run));
	if (c == NULL)
		c = open_session(run);
	if (c == NULL) {
		mem_free(typing.text.s);
		return run_fail(run, "FH_EFDUNAVAIL", SEV_ERRORS, "FMPD_CLI_CONNECT", VTY_NO_LINE);
	}
	text_clear(&c->typed);
	text_addn(&c->typed, typing.text.s, typing.text.len);
	if (c->typed.len == 0 || c->typed.s[c->typed.len - 1] != '\n')
		text_addc(&c->typed, '\n');
	mem_free(typing.text.s);
	if (!set_pattern(run, c, a))
		return STEP_FAIL;
	vty_text(c->vty, &unread);
	vty_take(c->vty, unread);
	c->is_reading = true;
	step = run_wait(run, NULL, NULL);
	if (vty_takes_line(c->vty))
		type_line(c);
	on_news(c);
	return step;
}

static bool
cli_check(struct compile *comp, void *args, struct err *err)
{
	const struct cli_args *a = args;

	(void)comp;
	if (!a->pattern.set || !a->pattern.t->is_literal)
		return true;
	return regex_check(a->pattern.t->text, REGEX_TCL, err);
}

const struct action action_cli = {
	.name = "cli",
	.help = "Execute a CLI command",
	.kw = cli_kw,
	.args_size = sizeof(struct cli_args),
	.check = cli_check,
	.exec = cli_exec,
	.sets = ACTION_VARIABLES("_cli_result"),
};
