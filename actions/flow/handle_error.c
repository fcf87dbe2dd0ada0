/* handle-error type {exit | ignore | warn}: what a failing action does from here on. */
#include "actions/flow/flow.h"

struct handle_error_args {
	struct kw_enum type;
};

static enum step
handle_error_exec(struct run *run, const void *args)
{
	const struct handle_error_args *a = args;

	run_set_error_mode(run, (enum error_mode)a->type.v);
	return STEP_NEXT;
}

static const struct kw_alternative modes[] = {
	{ "exit", "Log the error and stop the applet", ERRORS_EXIT, false },
	{ "ignore", "Continue without a message", ERRORS_IGNORE, false },
	{ "warn", "Log the error and continue", ERRORS_WARN, false },
	{ NULL, NULL, 0, false },
};

static const struct kw handle_error_kw[] = {
	{ .word = "type",
		.help = "Type of error handling",
		.type = &kw_choice,
		KW_AT(struct handle_error_args, type),
		.flags = KW_REQ | KW_SEQ,
		.choices = modes },
	KW_END,
};

const struct action action_handle_error = {
	.name = "handle-error",
	.help = "On error action",
	.kw = handle_error_kw,
	.args_size = sizeof(struct handle_error_args),
	.exec = handle_error_exec,
	.sets = ACTION_VARIABLES("_error"),
};
