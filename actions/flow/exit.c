/* exit [N]: ends the run well; N becomes its exit status. */
#include "actions/flow/flow.h"

struct exit_args {
	struct kw_template status;
};

static bool
exit_status(const char *s, size_t n, int64_t *status)
{
	return parse_integer(s, n, status) && *status >= INT32_MIN && *status <= INT32_MAX;
}

static bool
exit_check(struct compile *c, void *args, struct err *err)
{
	const struct exit_args *a = args;
	int64_t status;

	if (!a->status.set || !a->status.t->is_literal ||
		exit_status(a->status.t->text, a->status.t->len, &status))
		return true;
	return err_set(err, ERR_RANGE, "action %s: exit takes an integer", c->label);
}

static enum step
exit_exec(struct run *run, const void *args)
{
	const struct exit_args *a = args;
	int64_t status;
	size_t n;

	if (!a->status.set)
		return STEP_EXIT;

	const char *s = run_expand(run, &a->status, &n);
	if (s == NULL)
		return STEP_FAIL;
	if (!exit_status(s, n, &status))
		return run_fail(run, "FH_EINVAL", SEV_INFORMATIONAL, "FMPD_OPERAND_INVALID",
			"Invalid exit status, it must be an integer");
	run_set_exit_status(run, (int)status);
	return STEP_EXIT;
}

static const struct kw exit_kw[] = {
	{ .help = "Exit status", .type = &kw_operand, KW_AT(struct exit_args, status) },
	KW_END,
};

const struct action action_exit = {
	.name = "exit",
	.help = "Exit from applet run",
	.kw = exit_kw,
	.args_size = sizeof(struct exit_args),
	.check = exit_check,
	.exec = exit_exec,
	.flags = ACTION_ENDS,
};
