/* event manager scheduler clear | hold | release | modify, clear event manager: an operator's hand on jobs. */
#include "applets/rows.h"
#include "bus/bus.h"
#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/show/eem.h"
#include "core/engine.h"
#include "sched/control.h"
#include "sched/policy.h"

struct job_args {
	struct kw_flag all;
	struct kw_int job;
	struct kw_enum type, class;
	struct kw_enum processor;
	struct kw_enum new_class, priority;
};

enum { PRIMARY, STANDBY };

static const struct kw_alternative processors[] = {
	{ "rp_primary", "Primary route processor", PRIMARY, false },
	{ "rp_standby", "Standby route processor", STANDBY, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative priorities[] = {
	{ "high", "High priority", PRIORITY_HIGH, false },
	{ "last", "Behind all others", PRIORITY_LAST, false },
	{ "low", "Low priority", PRIORITY_LOW, false },
	{ "normal", "Normal priority", PRIORITY_NORMAL, false },
	{ NULL, NULL, 0, false },
};

static const struct kw class_kw[] = {
	{ .word = "class",
		.help = "Policies of one class",
		.type = &kw_choice,
		KW_AT(struct job_args, class),
		.choices = class_choices },
	KW_END,
};

#define CHOICE_ROWS(sub_)                                                                                 \
	{ .word = "all",                                                                                  \
		.help = "All policies",                                                                   \
		KW_AT(struct job_args, all),                                                              \
		.flags = KW_REQ | KW_SEQ,                                                                 \
		.group = 1 },                                                                             \
		{ .word = "policy",                                                                       \
			.help = "Policy with this job id",                                                \
			.type = &kw_number,                                                               \
			KW_AT(struct job_args, job),                                                      \
			.flags = KW_REQ | KW_SEQ,                                                         \
			.group = 1,                                                                       \
			.min = 1,                                                                         \
			.max = UINT32_MAX },                                                              \
		{ .word = "queue-type",                                                                   \
			.help = "Policies of one queue",                                                  \
			.type = &kw_choice,                                                               \
			KW_AT(struct job_args, type),                                                     \
			.flags = KW_REQ | KW_SEQ,                                                         \
			.group = 1,                                                                       \
			.choices = eem_queue_types,                                                       \
			.sub = sub_ },                                                                    \
	{                                                                                                 \
		.word = "processor", .help = "Processor on which they are scheduled", .type = &kw_choice, \
		KW_AT(struct job_args, processor), .choices = processors                                  \
	}

static const struct kw choice_kw[] = { CHOICE_ROWS(class_kw), KW_END };

static const struct kw modify_kw[] = {
	CHOICE_ROWS(NULL),
	{ .word = "class",
		.help = "Class that they change to",
		.type = &kw_choice,
		KW_AT(struct job_args, new_class),
		.choices = class_choices },
	{ .word = "queue-priority",
		.help = "Queue priority that they change to",
		.type = &kw_choice,
		KW_AT(struct job_args, priority),
		.choices = priorities },
	KW_END,
};

static struct sched_choice
choice_of(const struct job_args *a)
{
	return (struct sched_choice){
		.job = a->job.set ? (uint64_t)a->job.v : 0,
		.kind = a->type.set ? a->type.v : SCHED_ANY,
		.class = a->class.set ? a->class.v : SCHED_ANY,
	};
}

/* There is one processor. */
static bool
is_here(const struct job_args *a, struct err *err)
{
	return !a->processor.set || a->processor.v == PRIMARY ||
	       err_set(err, ERR_REFUSED, "There is no standby processor: policies run on rp_primary");
}

/* No job of that number is an error; an empty queue is none. */
static enum cmd_result
concerned(const struct job_args *a, size_t n, const char *where, struct err *err)
{
	if (n > 0 || !a->job.set)
		return CMD_DONE;
	err_set(err, ERR_NOT_FOUND, "There is no job %lld %s", (long long)a->job.v, where);
	return CMD_REFUSED;
}

static enum cmd_result
scheduler_clear(struct session *s, const void *args, struct err *err)
{
	struct sched_choice c = choice_of(args);

	if (!is_here(args, err))
		return CMD_REFUSED;
	return concerned(args, sched_clear(session_engine(s)->sched, &c), "pending or running", err);
}

static enum cmd_result
scheduler_hold(struct session *s, const void *args, struct err *err)
{
	struct sched_choice c = choice_of(args);

	if (!is_here(args, err))
		return CMD_REFUSED;
	return concerned(args, sched_hold(session_engine(s)->sched, &c), "pending", err);
}

static enum cmd_result
scheduler_release(struct session *s, const void *args, struct err *err)
{
	struct sched_choice c = choice_of(args);

	if (!is_here(args, err))
		return CMD_REFUSED;
	return concerned(args, sched_release(session_engine(s)->sched, &c), "pending", err);
}

static enum cmd_result
scheduler_modify(struct session *s, const void *args, struct err *err)
{
	const struct job_args *a = args;
	struct sched_choice c = choice_of(a);

	if (!is_here(a, err))
		return CMD_REFUSED;
	if (!a->new_class.set && !a->priority.set) {
		err_set(err, ERR_INCOMPLETE, "Incomplete command.");
		err_hint(err, "class or queue-priority says what is to change");
		return CMD_REFUSED;
	}
	return concerned(a,
		sched_modify(session_engine(s)->sched, &c, a->new_class.set ? a->new_class.v : SCHED_ANY,
			a->priority.set ? a->priority.v : SCHED_ANY),
		"pending", err);
}

/* ---- counters ---- */

static void
clear_specs(void *arg, struct policy *p)
{
	for (size_t i = 0; i < p->nspecs; i++)
		p->specs[i]->matched = p->specs[i]->triggered = p->specs[i]->suppressed = 0;
}

static enum cmd_result
clear_detector_counters(struct session *s, const void *args, struct err *err)
{
	bus_clear_stats(session_engine(s)->bus);
	policies_each(session_engine(s)->policies, clear_specs, NULL);
	return CMD_DONE;
}

static void
clear_policy(void *arg, struct policy *p)
{
	p->triggered = p->runs = 0;
	p->run_total = p->run_longest = 0;
}

static enum cmd_result
clear_server_counters(struct session *s, const void *args, struct err *err)
{
	sched_clear_stats(session_engine(s)->sched);
	policies_each(session_engine(s)->policies, clear_policy, NULL);
	return CMD_DONE;
}

#define JOBS(words_, help_, kw_, run_)                               \
	{                                                            \
		.cmd = { .words = "event manager scheduler " words_, \
			.help = help_,                               \
			.kw = kw_,                                   \
			.size = sizeof(struct job_args),             \
			.level = 15 },                               \
		.run = run_                                          \
	}

static const struct exec_cmd cmds[] = {
	JOBS("clear", "End pending and running policies", choice_kw, scheduler_clear),
	JOBS("hold", "Hold pending policies", choice_kw, scheduler_hold),
	JOBS("modify", "Change class or priority of pending policies", modify_kw, scheduler_modify),
	JOBS("release", "Release policies that are held", choice_kw, scheduler_release),
	{ .cmd = { .words = "clear event manager detector counters",
		  .help = "Clear the counters of event detectors",
		  .level = 15 },
		.run = clear_detector_counters },
	{ .cmd = { .words = "clear event manager server counters",
		  .help = "Clear the counters of the server",
		  .level = 15 },
		.run = clear_server_counters },
};

void
exec_scheduler_register(struct cli *cli)
{
	cli_word(cli, "clear event", "Event related counters");
	cli_word(cli, "clear event manager", "Event manager counters");
	cli_word(cli, "clear event manager detector", "Event detectors");
	cli_word(cli, "clear event manager server", "Event manager server");
	cli_word(cli, "event manager scheduler", "Scheduler of policies");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
