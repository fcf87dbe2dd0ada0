/* set VAR VALUE: gives a variable of this run a value; `_exit_status` is the run's exit status. */
#include "actions/data/data.h"

struct set_args {
	struct kw_variable name;
	struct kw_template value;
};

static enum step
set_exec(struct run *run, const void *args)
{
	const struct set_args *a = args;
	const struct template *t = a->value.t;
	const char *s;
	int64_t number;
	size_t n;

	if (t != NULL && t->is_variable && run_var_is_int(run, &t->variable, &number))
		return run_set_int(run, &a->name.v, number) ? STEP_NEXT : STEP_FAIL;
	s = run_expand(run, &a->value, &n);
	return s && run_set(run, &a->name.v, s, n) ? STEP_NEXT : STEP_FAIL;
}

static const struct kw set_kw[] = {
	{ .help = "Variable name", .type = &kw_variable, KW_AT(struct set_args, name), .flags = KW_REQ },
	{ .help = "Value", .type = &kw_template, KW_AT(struct set_args, value), .flags = KW_REQ },
	KW_END,
};

const struct action action_set = {
	.name = "set",
	.help = "Set a variable",
	.kw = set_kw,
	.args_size = sizeof(struct set_args),
	.exec = set_exec,
};
