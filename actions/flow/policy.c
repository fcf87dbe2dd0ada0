/* action LABEL policy NAME: queues another policy that has `event none`, and goes on (eem-language 6.10). */
#include "actions/flow/flow.h"
#include "sched/manual.h"

struct policy_args {
	struct kw_str name;
};

static const struct kw policy_kw[] = {
	{ .help = "Name of policy to run",
		.type = &kw_word,
		KW_AT(struct policy_args, name),
		.flags = KW_REQ },
	KW_END,
};

static enum step
policy_exec(struct run *run, const void *args)
{
	const struct policy_args *a = args;
	struct err err = ERR_INIT;

	if (manual_run(run_engine(run),
		    &(struct manual_want){ .name = a->name.s, .cause = run_cause(run), .source = "policy" },
		    &err) ||
		err.code == ERR_NONE)
		return STEP_NEXT;
	return run_fail(run, err.code == ERR_NOT_FOUND ? "FH_ENOSUCHKEY" : "FH_ESYSERR", SEV_ERRORS,
		"FMPD_POLICY", "%s", err.text);
}

const struct action action_policy = {
	.name = "policy",
	.help = "Run a pre-registered policy",
	.kw = policy_kw,
	.args_size = sizeof(struct policy_args),
	.exec = policy_exec,
};
