/*
 * action LABEL publish-event sub-system S type T arg1 TEXT [arg2 .. arg4]: an event for whoever has
 * `event application sub-system S type T` (eem-language 6.10).
 */
#include <string.h>

#include "actions/flow/flow.h"
#include "bus/application.h"

struct publish_args {
	struct kw_int sub_system, type;
	struct kw_template arg[APPLICATION_ARGS];
};

#define NUMBER(word_, help_, field_)                                                                  \
	{                                                                                             \
		.word = word_, .help = help_, .type = &kw_number, KW_AT(struct publish_args, field_), \
		.flags = KW_REQ, .min = 1, .max = UINT32_MAX                                          \
	}
#define ARG(word_, help_, n_, flags_)                                                                    \
	{                                                                                                \
		.word = word_, .help = help_, .type = &kw_template, KW_AT(struct publish_args, arg[n_]), \
		.flags = flags_                                                                          \
	}

static const struct kw publish_kw[] = {
	NUMBER("sub-system", "Sub-system identifier of the event", sub_system),
	NUMBER("type", "Type of the event", type),
	ARG("arg1", "First argument", 0, KW_REQ),
	ARG("arg2", "Second argument", 1, 0),
	ARG("arg3", "Third argument", 2, 0),
	ARG("arg4", "Fourth argument", 3, 0),
	KW_END,
};

/* All other ids belong to the operating system (eem-language 1). */
static bool
publish_typed(struct engine *engine, void *args, struct err *err)
{
	const struct publish_args *a = args;

	return a->sub_system.v == APPLICATION_POLICIES ||
	       err_set(err, ERR_REFUSED, "Policies publish for sub-system %d only", APPLICATION_POLICIES);
}

static enum step
publish_exec(struct run *run, const void *args)
{
	const struct publish_args *a = args;
	const char *texts[APPLICATION_ARGS] = { NULL };

	for (size_t i = 0; i < APPLICATION_ARGS; i++)
		if (a->arg[i].set && (texts[i] = run_expand(run, &a->arg[i], NULL)) == NULL)
			return STEP_FAIL;
	if (application_publish(
		    run_engine(run), (uint32_t)a->sub_system.v, (uint32_t)a->type.v, texts, run_cause(run)))
		return STEP_NEXT;
	return run_fail(
		run, "FH_ESYSERR", SEV_ERRORS, "FMPD_PUBLISH", "Event not published: the queue is full");
}

const struct action action_publish_event = {
	.name = "publish-event",
	.help = "Publish an application specific event",
	.kw = publish_kw,
	.args_size = sizeof(struct publish_args),
	.typed = publish_typed,
	.exec = publish_exec,
};
