/*
 * action LABEL add | subtract | multiply | divide A B: the result is $_result; divide truncates
 * toward zero and leaves $_remainder (eem-language 6.1). Leaving the range of integers is an error.
 */
#include "actions/data/data.h"
#include "actions/data/operand.h"

struct arithmetic_args {
	struct operand left, right;
	struct variable result, remainder;
};

static const struct kw arithmetic_kw[] = {
	{ .help = "First operand: an integer or a variable",
		.type = &kw_operand,
		KW_AT(struct arithmetic_args, left.text),
		.flags = KW_REQ },
	{ .help = "Second operand: an integer or a variable",
		.type = &kw_operand,
		KW_AT(struct arithmetic_args, right.text),
		.flags = KW_REQ },
	KW_END,
};

static bool
arithmetic_check(struct compile *c, void *args, struct err *err)
{
	struct arithmetic_args *a = args;

	operand_prepare(c, &a->left);
	operand_prepare(c, &a->right);
	a->result = compile_variable(c, "_result");
	return true;
}

static bool
divide_check(struct compile *c, void *args, struct err *err)
{
	((struct arithmetic_args *)args)->remainder = compile_variable(c, "_remainder");
	return arithmetic_check(c, args, err);
}

static bool
operands(struct run *run, const struct arithmetic_args *a, const char *operation, int64_t *x, int64_t *y)
{
	return operand_value(run, &a->left, operation, x) && operand_value(run, &a->right, operation, y);
}

static enum step
finish(struct run *run, const struct arithmetic_args *a, const char *operation, bool overflow, int64_t result)
{
	if (overflow)
		return operand_invalid(run, operation, "the result is out of range");
	run_set_result_int(run, &a->result, result);
	return STEP_NEXT;
}

static enum step
add_exec(struct run *run, const void *args)
{
	int64_t x, y, result;

	if (!operands(run, args, "addition", &x, &y))
		return STEP_FAIL;

	bool overflow = __builtin_add_overflow(x, y, &result);
	return finish(run, args, "addition", overflow, result);
}

static enum step
subtract_exec(struct run *run, const void *args)
{
	int64_t x, y, result;

	if (!operands(run, args, "subtraction", &x, &y))
		return STEP_FAIL;

	bool overflow = __builtin_sub_overflow(x, y, &result);
	return finish(run, args, "subtraction", overflow, result);
}

static enum step
multiply_exec(struct run *run, const void *args)
{
	int64_t x, y, result;

	if (!operands(run, args, "multiplication", &x, &y))
		return STEP_FAIL;

	bool overflow = __builtin_mul_overflow(x, y, &result);
	return finish(run, args, "multiplication", overflow, result);
}

static enum step
divide_exec(struct run *run, const void *args)
{
	const struct arithmetic_args *a = args;
	int64_t x, y;

	if (!operands(run, a, "division", &x, &y))
		return STEP_FAIL;
	if (y == 0)
		return run_fail(run, "FH_EDIVZERO", SEV_INFORMATIONAL, "FMPD_DIVIDE_ZERO",
			"Cannot divide by zero in arithmetic division");
	if (x == INT64_MIN && y == -1)
		return finish(run, a, "division", true, 0);
	run_set_result_int(run, &a->remainder, x % y);
	return finish(run, a, "division", false, x / y);
}

#define ARITHMETIC(name_, help_, check_, ...)                  \
	const struct action action_##name_ = { .name = #name_, \
		.help = help_,                                 \
		.kw = arithmetic_kw,                           \
		.args_size = sizeof(struct arithmetic_args),   \
		.check = check_,                               \
		.exec = name_##_exec,                          \
		.flags = ACTION_NAMES,                         \
		.sets = ACTION_VARIABLES(__VA_ARGS__) }

ARITHMETIC(add, "Add", arithmetic_check, "_result");
ARITHMETIC(divide, "Divide", divide_check, "_result", "_remainder");
ARITHMETIC(multiply, "Multiply", arithmetic_check, "_result");
ARITHMETIC(subtract, "Subtract", arithmetic_check, "_result");
