/*
 * action LABEL increment VAR [N] and decrement VAR [N]: counting in a variable that holds an
 * integer. Integers are signed 64-bit (eem-language 2.6); leaving their range is an error.
 */
#include <inttypes.h>

#include "actions/action.h"
#include "actions/data/data.h"

struct count_args {
	struct kw_variable variable;
	struct kw_template by;
};

static const struct kw increment_kw[] = {
	{ .help = "Name of variable to increment",
		.type = &kw_variable,
		KW_AT(struct count_args, variable),
		.flags = KW_REQ },
	{ .help = "Value to increment by", .type = &kw_operand, KW_AT(struct count_args, by) },
	KW_END,
};

static const struct kw decrement_kw[] = {
	{ .help = "Name of variable to decrement",
		.type = &kw_variable,
		KW_AT(struct count_args, variable),
		.flags = KW_REQ },
	{ .help = "Value to decrement by", .type = &kw_operand, KW_AT(struct count_args, by) },
	KW_END,
};

static enum step
not_an_integer(struct run *run, const char *action, const char *what)
{
	return run_fail(run, "FH_EBADFMT", SEV_INFORMATIONAL, "FMPD_OPERAND_INVALID",
		"Invalid operand in arithmetic %s, value must be within range of long integer: %s", action,
		what);
}

static enum step
count(struct run *run, const struct count_args *a, const char *action, bool down)
{
	int64_t value, by = 1, sum;
	const char *s;
	size_t n;

	if (a->by.set) {
		s = run_expand(run, &a->by, &n);
		if (s == NULL)
			return STEP_FAIL;
		if (!parse_integer(s, n, &by))
			return not_an_integer(run, action, s);
	}
	s = run_var(run, &a->variable.v, &n);
	if (s == NULL)
		return run_fail(run, "FH_EMEMORY", SEV_ERRORS, "FMPD_UNKNOWN_ENV",
			"fh_parse_var: could not find environment variable: %s", a->variable.v.name);
	if (!parse_integer(s, n, &value))
		return not_an_integer(run, action, s);
	if (down ? __builtin_sub_overflow(value, by, &sum) : __builtin_add_overflow(value, by, &sum))
		return not_an_integer(run, action, "the result is out of range");
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
	.exec = increment_exec,
};

const struct action action_decrement = {
	.name = "decrement",
	.help = "Decrement a variable",
	.kw = decrement_kw,
	.args_size = sizeof(struct count_args),
	.exec = decrement_exec,
};
