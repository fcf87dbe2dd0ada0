/* action LABEL append VAR [TEXT]: puts text behind a variable, making it when there is none. */
#include "actions/action.h"
#include "actions/data/data.h"

struct append_args {
	struct kw_variable variable;
	struct kw_template text;
};

static const struct kw append_kw[] = {
	{ .help = "Name of variable to append to",
		.type = &kw_variable,
		KW_AT(struct append_args, variable),
		.flags = KW_REQ },
	{ .help = "Value to append", .type = &kw_template, KW_AT(struct append_args, text) },
	KW_END,
};

static enum step
append_exec(struct run *run, const void *args)
{
	const struct append_args *a = args;
	const char *text = "";
	size_t n = 0;

	if (a->text.set && (text = run_expand(run, &a->text, &n)) == NULL)
		return STEP_FAIL;
	return run_append(run, &a->variable.v, text, n) ? STEP_NEXT : STEP_FAIL;
}

const struct action action_append = {
	.name = "append",
	.help = "Append to a variable",
	.kw = append_kw,
	.args_size = sizeof(struct append_args),
	.exec = append_exec,
};
