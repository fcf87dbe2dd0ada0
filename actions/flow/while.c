/* while A OP B ... end: the block runs as long as the condition holds; break and continue. */
#include "actions/flow/flow.h"

#include "actions/flow/condition.h"

struct while_args {
	struct condition condition;
};

static enum step
while_exec(struct run *run, const void *args)
{
	switch (condition_holds(run, &((const struct while_args *)args)->condition)) {
	case IS_TRUE:
		return STEP_NEXT;
	case IS_FALSE:
		return run_jump(run, run_step(run)->other, ARRIVE_BRANCH);
	default:
		return STEP_FAIL;
	}
}

/* What follows the block is arrived at as if it had been fallen into. */
static enum step
break_exec(struct run *run, const void *args)
{
	return run_jump(run, run_step(run)->leave, ARRIVE_NEXT);
}

/* Real applets have it in an `if` with no loop around: it leaves the `if` (rulings 5). */
static enum step
continue_exec(struct run *run, const void *args)
{
	const struct program_step *step = run_step(run);

	if (step->loop == PROGRAM_NOWHERE)
		return run_jump(run, step->leave, ARRIVE_NEXT);
	return run_jump(run, step->loop, ARRIVE_BRANCH);
}

static const struct kw while_kw[] = {
	CONDITION_ROWS(struct while_args),
	KW_END,
};

const struct action action_while = {
	.name = "while",
	.help = "while loop",
	.kw = while_kw,
	.args_size = sizeof(struct while_args),
	.exec = while_exec,
	.flags = ACTION_OPENS | ACTION_LOOP | ACTION_CONDITION,
};

const struct action action_break = {
	.name = "break",
	.help = "Break out of a conditional loop",
	.exec = break_exec,
	.flags = ACTION_LEAVES | ACTION_QUIET,
};

const struct action action_continue = {
	.name = "continue",
	.help = "Continue to next loop iteration",
	.exec = continue_exec,
	.flags = ACTION_LEAVES | ACTION_AGAIN | ACTION_QUIET,
};
