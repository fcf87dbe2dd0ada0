/*
 * action LABEL increment VAR [N] and decrement VAR [N]: counting in a variable that holds an
 * integer. Integers are signed 64-bit (eem-language 2.6); leaving their range is an error.
 */
#include "actions/data/data.h"
#include "actions/data/operand.h"

struct count_args {
	struct kw_variable variable;
	struct operand by;
};

static const struct kw increment_kw[] = {
	{ .help = "Name of variable to increment",
		.type = &kw_variable,
		KW_AT(struct count_args, variable),
		.flags = KW_REQ },
	{ .help = "Value to increment by", .type = &kw_operand, KW_AT(struct count_args, by.text) },
	KW_END,
};

static const struct kw decrement_kw[] = {
	{ .help = "Name of variable to decrement",
		.type = &kw_variable,
		KW_AT(struct count_args, variable),
		.flags = KW_REQ },
	{ .help = "Value to decrement by", .type = &kw_operand, KW_AT(struct count_args, by.text) },
	KW_END,
};

static bool
count_check(struct compile *c, void *args, struct err *err)
{
	operand_prepare(c, &((struct count_args *)args)->by);
	return true;
}

static enum step
count(struct run *run, const struct count_args *a, const char *action, bool down)
{
	int64_t value, by = 1, sum;

	if (a->by.text.set && !operand_value(run, &a->by, action, &by))
		return STEP_FAIL;
	switch (run_var_int(run, &a->variable.v, &value)) {
	case IS_NUMBER:
		break;
	case IS_TEXT:
		return operand_invalid(run, action, run_var(run, &a->variable.v, NULL));
	case IS_MISSING:
		return run_fail(run, "FH_EMEMORY", SEV_ERRORS, "FMPD_UNKNOWN_ENV",
			"fh_parse_var: could not find environment variable: %s", a->variable.v.name);
	}
	if (down ? __builtin_sub_overflow(value, by, &sum) : __builtin_add_overflow(value, by, &sum))
		return operand_invalid(run, action, "the result is out of range");
	return run_set_int(run, &a->variable.v, sum) ? STEP_NEXT : STEP_FAIL;
}

static enum step
increment_exec(struct run *run, const void *args)
{
	return count(run, args, "increment", false);
}

static enum step
decrement_exec(struct run *run, const void *args)
{
	return count(run, args, "decrement", true);
}

const struct action action_increment = {
	.name = "increment",
	.help = "Increment a variable",
	.kw = increment_kw,
	.args_size = sizeof(struct count_args),
	.check = count_check,
	.exec = increment_exec,
	.flags = ACTION_COUNTS | ACTION_NAMES,
};

const struct action action_decrement = {
	.name = "decrement",
	.help = "Decrement a variable",
	.kw = decrement_kw,
	.args_size = sizeof(struct count_args),
	.check = count_check,
	.exec = decrement_exec,
	.flags = ACTION_COUNTS | ACTION_NAMES,
};
