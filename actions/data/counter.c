/*
 * action LABEL counter name N [value V] op {dec | inc | nop | set}: changes or reads one of the
 * server's counters; $_counter_value_remain is its value then. `op nop` needs no value (rulings 8).
 */
#include "actions/data/data.h"
#include "bus/counter.h"

struct counter_args {
	struct kw_template name, value;
	struct kw_enum op;
	struct variable result;
};

static const struct kw_alternative ops[] = {
	{ "dec", "Decrement counter", COUNTER_DEC, false },
	{ "inc", "Increment counter", COUNTER_INC, false },
	{ "nop", "No operation, get current counter value", COUNTER_NOP, false },
	{ "set", "Set counter", COUNTER_SET, false },
	{ NULL, NULL, 0, false },
};

static const struct kw counter_kw[] = {
	{ .word = "name",
		.help = "Counter name",
		.type = &kw_template,
		KW_AT(struct counter_args, name),
		.flags = KW_REQ },
	{ .word = "value",
		.help = "Counter value to set, or to change by",
		.type = &kw_operand,
		KW_AT(struct counter_args, value),
		.param = "<-2147483648 - 2147483647>" },
	{ .word = "op",
		.help = "Operation to perform on the counter",
		.type = &kw_choice,
		KW_AT(struct counter_args, op),
		.flags = KW_REQ,
		.choices = ops },
	KW_END,
};

static bool
counter_typed(struct engine *engine, void *args, struct err *err)
{
	const struct counter_args *a = args;

	if (a->op.v == COUNTER_NOP || a->value.set)
		return true;
	return err_set(err, ERR_INCOMPLETE, "Incomplete command.");
}

static bool
counter_check(struct compile *c, void *args, struct err *err)
{
	((struct counter_args *)args)->result = compile_variable(c, "_counter_value_remain");
	return true;
}

static enum step
counter_exec(struct run *run, const void *args)
{
	const struct counter_args *a = args;
	struct err err = ERR_INIT;
	int64_t by = 0, now;
	const char *name = run_expand(run, &a->name, NULL);

	if (name == NULL)
		return STEP_FAIL;
	if (a->value.set) {
		enum number is = run_expand_int(run, &a->value, &by);

		if (is == IS_MISSING)
			return STEP_FAIL;
		if (is == IS_TEXT)
			return run_fail(run, "FH_EBADFMT", SEV_INFORMATIONAL, "FMPD_OPERAND_INVALID",
				"Invalid operand of counter, value must be within range of long integer: %s",
				run_expand(run, &a->value, NULL));
	}
	if (!counter_change(run_engine(run)->counters, name, (enum counter_op)a->op.v, by, run_cause(run),
		    &now, &err))
		return run_fail(run, err.class, SEV_INFORMATIONAL, "FMPD_OPERAND_INVALID",
			"Invalid operand: %s", err.text);
	run_set_result_int(run, &a->result, now);
	return STEP_NEXT;
}

const struct action action_counter = {
	.name = "counter",
	.help = "Modify a counter value",
	.kw = counter_kw,
	.args_size = sizeof(struct counter_args),
	.typed = counter_typed,
	.check = counter_check,
	.exec = counter_exec,
	.sets = ACTION_VARIABLES("_counter_value_remain"),
};
