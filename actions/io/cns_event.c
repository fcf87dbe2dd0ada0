/* action LABEL cns-event msg TEXT: there is no CNS event bus here, the text is logged (eem-language 6.5). */
#include "actions/action.h"
#include "actions/io/io.h"

struct cns_args {
	struct kw_template msg;
};

static const struct kw cns_kw[] = {
	{ .word = "msg",
		.help = "CNS event message",
		.type = &kw_template_rest,
		KW_AT(struct cns_args, msg),
		.flags = KW_REQ | KW_SEQ },
	KW_END,
};

static enum step
cns_exec(struct run *run, const void *args)
{
	const struct cns_args *a = args;
	const char *msg = run_expand(run, &a->msg, NULL);

	if (msg == NULL)
		return STEP_FAIL;
	run_log(run, "HA_EM", SEV_INFORMATIONAL, "LOG", "%s: CNS event: %s", run_policy(run), msg);
	return STEP_NEXT;
}

const struct action action_cns_event = {
	.name = "cns-event",
	.help = "Send a CNS event",
	.kw = cns_kw,
	.args_size = sizeof(struct cns_args),
	.exec = cns_exec,
};
