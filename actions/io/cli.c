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
#include "core/mem.h"
#include "core/regex.h"
#include "core/text.h"
#include "core/tty.h"

struct cli_args {
	struct kw_template command, pattern;
};

static const struct kw cli_kw[] = {
	{ .word = "command",
		.help = "CLI command to execute",
		.type = &kw_template,
		KW_AT(struct cli_args, command),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	/* NX-OS has no word `command`, and its texts are pasted (eem-language 6.3). */
	{ .help = "CLI command to execute",
		.type = &kw_template_rest,
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
	struct cli_port *port;
	struct text typed;     /* lines still to be typed, each ended by LF */
	struct text read;      /* what came since the command, CR LF line ends */
	size_t shown;          /* bytes of `read` already in the debug */
	struct regex *pattern; /* NULL: until the prompt */
	struct regex_scratch *scratch;
	bool is_waiting; /* the session wants input ... */
	bool at_prompt;  /* ... at its prompt, not at a question */
	bool is_reading; /* an action is parked for the result */
	bool has_typed;  /* a line was typed: what came before it, the first prompt, is nobody's result */
};

static const char cli_key; /* its address names the session among the run's things */

static const struct cli_port_ops *
ops(const struct cli_run *c)
{
	return run_engine(c->run)->cli_port;
}

/* `debug event manager action cli`: one OUT line an output line, as the router prints it. */
static void
show_output(struct cli_run *c, bool all)
{
	if ((log_debugs(run_engine(c->run)->log) & DEBUG_BIT(DEBUG_EEM_CLI)) == 0) {
		c->shown = c->read.len;
		return;
	}
	while (c->shown < c->read.len) {
		const char *at = c->read.s + c->shown, *end = memchr(at, '\n', c->read.len - c->shown);
		size_t n = end == NULL ? c->read.len - c->shown : (size_t)(end - at);

		if (end == NULL && !all)
			break;
		c->shown += n + (end != NULL);
		if (n > 0 && at[n - 1] == '\r')
			n--;
		run_debug(c->run, DEBUG_BIT(DEBUG_EEM_CLI), "cli_lib", ": OUT : %.*s", (int)n, at);
	}
}

static void
finish(struct cli_run *c)
{
	c->is_reading = false;
	show_output(c, true);
	run_var_set(c->run, "_cli_result", c->read.s, c->read.len);
	run_resume(c->run, NULL);
}

static void
type_line(struct cli_run *c)
{
	char *end = memchr(c->typed.s, '\n', c->typed.len);
	size_t n = (size_t)(end - c->typed.s);
	char *line = mem_strndup(run_ctx(c->run), c->typed.s, n);

	text_drop(&c->typed, n + 1);
	show_output(c, true);
	run_debug(c->run, DEBUG_BIT(DEBUG_EEM_CLI), "cli_lib", ": IN  : %s%s", ops(c)->prompt(c->port), line);
	c->is_waiting = false;
	if (!c->has_typed) {
		text_clear(&c->read);
		c->shown = 0;
	}
	c->has_typed = true;
	ops(c)->send(c->port, line);
	mem_free(line);
}

/* Types what is left to type, then looks whether the end has been read. */
static void
advance(struct cli_run *c)
{
	if (!c->is_reading)
		return;
	if (c->typed.len > 0) {
		if (c->is_waiting)
			type_line(c);
		return;
	}
	if (c->pattern == NULL) {
		if (c->is_waiting && c->at_prompt)
			finish(c);
		return;
	}
	if (c->read.len > 0 && regex_match(c->pattern, c->scratch, c->read.s, c->read.len, NULL) == REGEX_YES)
		finish(c);
}

static void
on_output(void *arg, const char *s, size_t n)
{
	struct cli_run *c = arg;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n' && (c->read.len == 0 || c->read.s[c->read.len - 1] != '\r'))
			text_addc(&c->read, '\r');
		text_addc(&c->read, s[i]);
	}
	show_output(c, false);
	if (c->typed.len == 0)
		advance(c);
}

static void
on_waiting(void *arg, int is_prompt)
{
	struct cli_run *c = arg;

	c->is_waiting = true;
	c->at_prompt = is_prompt != 0;
	advance(c);
}

static void
on_failed(void *arg, enum cli_port_failure what, const char *why)
{
	/* ORDER: enum cli_port_failure */
	static const struct {
		const char *mnemonic, *text;
	} failures[] = {
		{ "FMPD_CLI_CONNECT", "Unable to establish CLI session" },
		{ "FMPD_CLI_READ", "Unable to read CLI response" },
		{ "FMPD_CLI_WRITE", "Unable to send CLI command" },
	};
	struct cli_run *c = arg;

	if (!c->is_reading)
		return;
	c->is_reading = false;
	c->is_waiting = c->at_prompt = true;
	text_clear(&c->typed);
	show_output(c, true);
	run_var_set(c->run, "_cli_result", c->read.s, c->read.len);
	run_resume_failed(
		c->run, "FH_ECLI", SEV_ERRORS, failures[what].mnemonic, "%s: %s", failures[what].text, why);
}

static const struct cli_port_events port_events = {
	.output = on_output,
	.waiting = on_waiting,
	.failed = on_failed,
};

static int
cli_run_free(void *p)
{
	struct cli_run *c = p;

	run_debug(c->run, DEBUG_BIT(DEBUG_EEM_CLI), "cli_lib", ": CTL : cli_close called.");
	return 0;
}

static struct cli_run *
open_session(struct run *run)
{
	const struct cli_port_ops *o = run_engine(run)->cli_port;
	struct cli_run *c = mem_new(run_ctx(run), struct cli_run);

	c->run = run;
	text_init(&c->typed, c);
	text_init(&c->read, c);
	c->scratch = regex_scratch_new(c, REGEX_JIT);
	run_debug(run, DEBUG_BIT(DEBUG_EEM_CLI), "cli_lib", ": CTL : cli_open called.");
	if (o != NULL)
		c->port = o->open(run_engine(run), c, run_policy(run), run_cause(run), &port_events, c);
	if (c->port == NULL) {
		mem_free(c);
		return NULL;
	}
	mem_on_free(c, cli_run_free);
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
		return run_fail(run, "FH_EFDUNAVAIL", SEV_ERRORS, "FMPD_CLI_CONNECT",
			"Unable to establish CLI session: no tty lines available, minimum of 2 required by "
			"EEM");
	}
	text_clear(&c->typed);
	text_addn(&c->typed, typing.text.s, typing.text.len);
	if (c->typed.len == 0 || c->typed.s[c->typed.len - 1] != '\n')
		text_addc(&c->typed, '\n');
	mem_free(typing.text.s);
	if (!set_pattern(run, c, a))
		return STEP_FAIL;
	show_output(c, true);
	text_clear(&c->read);
	c->shown = 0;
	c->is_reading = true;
	c->is_waiting = c->is_waiting || ops(c)->takes_answer(c->port);
	step = run_wait(run, NULL, NULL);
	advance(c);
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
