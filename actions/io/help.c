/*
 * action LABEL help read VAR, help set TEXT: what `?` is about to show to somebody who waits for this
 * policy, by `event cli ... questionmark sync yes` (eem-language 6.5).
 */
#include "actions/action.h"
#include "actions/io/io.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/tty.h"

struct help_args {
	struct kw_variable read;
	struct kw_template set;
};

static const struct kw help_kw[] = {
	{ .word = "read",
		.help = "Read the parser help buffer",
		.type = &kw_variable,
		KW_AT(struct help_args, read),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .word = "set",
		.help = "Set the parser help buffer",
		.type = &kw_template,
		KW_AT(struct help_args, set),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	KW_END,
};

static enum step
no_buffer(struct run *run)
{
	return run_fail(run, "FH_ENOTTY", SEV_ERRORS, "FMPD_HELP", "No ? waits for this policy");
}

static enum step
set_help(struct run *run, struct tty *tty, const struct kw_template *arg)
{
	const char *text = run_expand(run, arg, NULL);

	if (text == NULL)
		return STEP_FAIL;
	if (tty == NULL || tty->set_help == NULL || !tty->set_help(tty, text))
		return no_buffer(run);
	return STEP_NEXT;
}

static enum step
help_exec(struct run *run, const void *args)
{
	const struct help_args *a = args;
	struct tty *tty = run_tty(run);
	struct text help;
	enum step step;

	if (a->set.set)
		return set_help(run, tty, &a->set);
	text_init(&help, run_ctx(run));
	if (tty == NULL || tty->help == NULL || !tty->help(tty, &help))
		step = no_buffer(run);
	else
		step = run_set(run, &a->read.v, help.s, help.len) ? STEP_NEXT : STEP_FAIL;
	mem_free(help.s);
	return step;
}

const struct action action_help = {
	.name = "help",
	.help = "Read/Set parser help buffer",
	.kw = help_kw,
	.args_size = sizeof(struct help_args),
	.exec = help_exec,
};
