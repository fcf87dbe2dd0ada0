/* if, elseif, else, end: conditional blocks; `if ... goto LABEL` is a jump and opens none. */
#include "actions/flow/flow.h"

#include "actions/flow/condition.h"

struct if_args {
	struct condition condition;
	struct kw_str label; /* goto; never of an elseif */
};

/* Where a condition leads: into the block below it, or to the next branch. */
static enum step
branch(struct run *run, const struct condition *c)
{
	switch (condition_holds(run, c)) {
	case IS_TRUE:
		return STEP_NEXT;
	case IS_FALSE:
		return run_jump(run, run_step(run)->other, ARRIVE_BRANCH);
	default:
		return STEP_FAIL;
	}
}

static enum step
if_exec(struct run *run, const void *args)
{
	const struct if_args *a = args;

	if (!a->label.set)
		return branch(run, &a->condition);
	switch (condition_holds(run, &a->condition)) {
	case IS_TRUE:
		return run_jump(run, run_step(run)->target, ARRIVE_GOTO);
	case IS_FALSE:
		return STEP_NEXT;
	default:
		return STEP_FAIL;
	}
}

/* Fallen into from the block above: that block was the one that ran. */
static enum step
elseif_exec(struct run *run, const void *args)
{
	const struct if_args *a = args;

	if (run_arrival(run) == ARRIVE_NEXT)
		return run_jump(run, run_step(run)->end, ARRIVE_BRANCH);
	return branch(run, &a->condition);
}

static enum step
else_exec(struct run *run, const void *args)
{
	if (run_arrival(run) == ARRIVE_NEXT)
		return run_jump(run, run_step(run)->end, ARRIVE_BRANCH);
	return STEP_NEXT;
}

/* The end of a loop goes back to its head, unless the head itself sent us here. */
static enum step
end_exec(struct run *run, const void *args)
{
	uint32_t head = run_step(run)->loop;

	if (head == PROGRAM_NOWHERE || run_arrival(run) == ARRIVE_BRANCH)
		return STEP_NEXT;
	return run_jump(run, head, ARRIVE_BRANCH);
}

static bool
if_opens(const void *args)
{
	return !((const struct if_args *)args)->label.set;
}

static const char *
if_jumps_to(const void *args)
{
	const struct if_args *a = args;

	return a->label.set ? a->label.s : NULL;
}

static const struct kw if_kw[] = {
	CONDITION_ROWS(struct if_args),
	{ .word = "goto", .help = "Jump to a label", .type = &kw_word, KW_AT(struct if_args, label) },
	KW_END,
};
static const struct kw elseif_kw[] = {
	CONDITION_ROWS(struct if_args),
	KW_END,
};

const struct action action_if = {
	.name = "if",
	.help = "if conditional",
	.kw = if_kw,
	.args_size = sizeof(struct if_args),
	.exec = if_exec,
	.opens = if_opens,
	.jumps_to = if_jumps_to,
	.flags = ACTION_OPENS | ACTION_CONDITION,
};

const struct action action_elseif = {
	.name = "elseif",
	.help = "elseif conditional",
	.kw = elseif_kw,
	.args_size = sizeof(struct if_args),
	.exec = elseif_exec,
	.flags = ACTION_MIDDLE | ACTION_CONDITION,
};

const struct action action_else = {
	.name = "else",
	.help = "else conditional",
	.exec = else_exec,
	.flags = ACTION_MIDDLE | ACTION_LAST,
};

const struct action action_end = {
	.name = "end",
	.help = "end conditional block",
	.exec = end_exec,
	.flags = ACTION_CLOSES,
};
