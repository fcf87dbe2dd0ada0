/* show event manager policy active | pending, scheduler: jobs and the threads that run them. */
#include <string.h>

#include "applets/rows.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/show/eem.h"
#include "core/engine.h"
#include "core/writer.h"
#include "sched/sched.h"

const struct kw_alternative eem_queue_types[] = {
	{ "applet", "Applet policies", POLICY_APPLET, false },
	{ "script", "Script policies", POLICY_SCRIPT, false },
	{ NULL, NULL, 0, false },
};

struct queue_args {
	struct kw_enum type, class;
	struct kw_flag detailed;
};

static const struct kw class_kw[] = {
	{ .word = "class",
		.help = "Policies of one class",
		.type = &kw_choice,
		KW_AT(struct queue_args, class),
		.choices = class_choices },
	KW_END,
};

static const struct kw queue_kw[] = {
	{ .word = "queue-type",
		.help = "Policies of one queue",
		.type = &kw_choice,
		KW_AT(struct queue_args, type),
		.choices = eem_queue_types,
		.sub = class_kw },
	{ .word = "detailed", .help = "Detailed content", KW_AT(struct queue_args, detailed) },
	KW_END,
};

static bool
is_asked_for(const struct queue_args *a, enum policy_kind kind, char class)
{
	return (!a->type.set || a->type.v == (int)kind) && (!a->class.set || a->class.v == class);
}

/* ---- policy active, pending ---- */

struct queue_view {
	struct writer *w;
	const struct sched *sched;
	const struct queue_args *args;
	unsigned no;
	bool running;
	int kind, class; /* whose heading was printed last; -1 = none yet */
};

static const char key[] = "Key: p - Priority        :L - Low, H - High, N - Normal, Z - Last\n"
			  "     s - Scheduling node :A - Active, S - Standby\n";

struct counted {
	enum policy_kind kind;
	char class;
	unsigned n;
};

static void
count_class(void *arg, const struct run_view *r)
{
	struct counted *c = arg;

	c->n += r->kind == c->kind && r->class == c->class;
}

static void
show_heading(struct queue_view *v, const struct run_view *r)
{
	struct counted c = { .kind = r->kind, .class = r->class };

	if (v->kind == (int)r->kind && v->class == (int)r->class)
		return;
	sched_each(v->sched, v->running, count_class, &c);
	if (v->class < 0)
		w_text(v->w, "%s", key);
	if (r->class)
		w_text(v->w, "\nclass %c - ", r->class);
	else
		w_text(v->w, "\ndefault class - ");
	w_text(v->w, "%u %s event%s\n", c.n, policy_kind_name(r->kind), c.n == 1 ? "" : "s");
	w_text(v->w, "No.  Job Id      p s Status  Time of Event             Event Type         Name\n");
	v->kind = (int)r->kind;
	v->class = r->class;
	v->no = 0;
}

static void
show_details(struct writer *w, const struct run_view *r)
{
	char waiting[32], running[32], maxrun[32];

	eem_seconds(r->waiting, waiting);
	eem_seconds(r->running, running);
	eem_seconds(r->maxrun, maxrun);
	if (r->is_running)
		w_text(w, " run time %s maxrun %s statement %s\n", running, maxrun, r->label);
	else
		w_text(w, " waiting %s maxrun %s\n", waiting, maxrun);
	w_str(w, r->is_running ? "run_time" : "waiting", r->is_running ? running : waiting);
	w_str(w, "maxrun", maxrun);
	if (r->is_running)
		w_str(w, "statement", r->label);
}

static void
show_run(void *arg, const struct run_view *r)
{
	struct queue_view *v = arg;
	const char *status = r->is_running ? "running" : r->is_held ? "held" : "pend";
	char date[40], class[8];
	unsigned at = 0;

	if (!is_asked_for(v->args, r->kind, r->class))
		return;
	show_heading(v, r);
	eem_glued_date(r->event_wall, date);
	v->no++;
	eem_cell(v->w, &at, 0, "%u", v->no);
	eem_cell(v->w, &at, 5, "%llu", (unsigned long long)r->job);
	eem_cell(v->w, &at, 17, "%c A %s", "ZLNH"[r->priority], status);
	eem_cell(v->w, &at, 29, "%s", date);
	eem_cell(v->w, &at, 55, "%s", r->type);
	eem_cell(v->w, &at, 74, "%s: %s\n", policy_kind_name(r->kind), r->policy);

	w_object(v->w, NULL);
	w_int(v->w, "no", v->no);
	w_int(v->w, "job_id", (int64_t)r->job);
	w_str(v->w, "priority", (const char[]){ "ZLNH"[r->priority], '\0' });
	w_str(v->w, "scheduling_node", "A");
	w_str(v->w, "status", status);
	w_str(v->w, "time_of_event", date);
	w_str(v->w, "event_type", r->type);
	w_str(v->w, "class", policy_kind_name(r->kind));
	w_str(v->w, "scheduler_class", eem_class(r->class, class));
	w_str(v->w, "name", r->policy);
	if (v->args->detailed.set)
		show_details(v->w, r);
	w_end(v->w);
}

static enum cmd_result
show_queue(struct session *s, const struct queue_args *args, bool running)
{
	struct queue_view v = { .w = session_writer(s),
		.sched = session_engine(s)->sched,
		.args = args,
		.running = running,
		.kind = -1,
		.class = -1 };

	w_list(v.w, "policies");
	sched_each(v.sched, running, show_run, &v);
	w_end(v.w);
	return CMD_DONE;
}

static enum cmd_result
show_active(struct session *s, const void *args, struct err *err)
{
	return show_queue(s, args, true);
}

static enum cmd_result
show_pending(struct session *s, const void *args, struct err *err)
{
	return show_queue(s, args, false);
}

/* ---- scheduler ---- */

struct thread_args {
	struct kw_flag applet, script, detailed;
	struct kw_enum class;
};

#define CLASS_AND_DETAILED                                                                               \
	{ .word = "class",                                                                               \
		.help = "Threads of one class",                                                          \
		.type = &kw_choice,                                                                      \
		KW_AT(struct thread_args, class),                                                        \
		.choices = class_choices },                                                              \
	{                                                                                                \
		.word = "detailed", .help = "With the running jobs", KW_AT(struct thread_args, detailed) \
	}

static const struct kw thread_kw[] = {
	{ .word = "applet", .help = "Threads of applets", KW_AT(struct thread_args, applet), .group = 1 },
	{ .word = "script", .help = "Threads of scripts", KW_AT(struct thread_args, script), .group = 1 },
	CLASS_AND_DETAILED,
	KW_END,
};

static const struct kw kind_kw[] = { CLASS_AND_DETAILED, KW_END };

struct thread_view {
	struct writer *w;
	const struct sched *sched;
	const struct thread_args *args;
	enum policy_kind kind;
	char class;
	unsigned no;
};

static void
show_job(void *arg, const struct run_view *r)
{
	struct thread_view *v = arg;
	char running[32];

	if (r->kind != v->kind || r->class != v->class)
		return;
	eem_seconds(r->running, running);
	w_text(v->w, "       job %llu  %s: %s  run time %s\n", (unsigned long long)r->job,
		policy_kind_name(r->kind), r->policy, running);
	w_object(v->w, NULL);
	w_int(v->w, "job_id", (int64_t)r->job);
	w_str(v->w, "class", policy_kind_name(r->kind));
	w_str(v->w, "name", r->policy);
	w_str(v->w, "run_time", running);
	w_end(v->w);
}

static void
show_class(void *arg, char class, unsigned slots, unsigned running)
{
	static const char *const names[] = { "Applet", "Script" }; /* ORDER: enum policy_kind */
	struct thread_view *v = arg;
	unsigned idle = slots > running ? slots - running : 0;
	char name[8];

	if (v->args->class.set && v->args->class.v != class)
		return;
	v->class = class;
	v->no++;
	w_text(v->w, "%u  %s threads service class %s\n       total:  %u  running:  %u  idle:  %u\n", v->no,
		names[v->kind], eem_class(class, name), slots, running, idle);
	w_object(v->w, NULL);
	w_int(v->w, "no", v->no);
	w_str(v->w, "threads", names[v->kind]);
	w_str(v->w, "class", name);
	w_int(v->w, "total", slots);
	w_int(v->w, "running", running);
	w_int(v->w, "idle", idle);
	if (v->args->detailed.set) {
		w_list(v->w, "jobs");
		sched_each(v->sched, true, show_job, v);
		w_end(v->w);
	}
	w_end(v->w);
}

static enum cmd_result
show_threads(struct session *s, const struct thread_args *args, bool scripts, bool applets)
{
	struct thread_view v = { .w = session_writer(s), .sched = session_engine(s)->sched, .args = args };

	w_list(v.w, "schedulers");
	v.kind = POLICY_SCRIPT;
	if (scripts)
		sched_each_class(v.sched, v.kind, show_class, &v);
	v.kind = POLICY_APPLET;
	if (applets)
		sched_each_class(v.sched, v.kind, show_class, &v);
	w_end(v.w);
	return CMD_DONE;
}

static enum cmd_result
show_all_threads(struct session *s, const void *args, struct err *err)
{
	const struct thread_args *a = args;

	return show_threads(s, a, !a->applet.set, !a->script.set);
}

static enum cmd_result
show_applet_threads(struct session *s, const void *args, struct err *err)
{
	return show_threads(s, args, false, true);
}

static enum cmd_result
show_script_threads(struct session *s, const void *args, struct err *err)
{
	return show_threads(s, args, true, false);
}

/* ---- */

#define SHOW(words_, help_, kw_, type_, run_)                   \
	{                                                       \
		.cmd = { .words = "show event manager " words_, \
			.help = help_,                          \
			.kw = kw_,                              \
			.size = sizeof(type_),                  \
			.level = 1 },                           \
		.flags = EXEC_SHOW, .run = run_                 \
	}

static const struct exec_cmd cmds[] = {
	SHOW("policy active", "Policies that are running", queue_kw, struct queue_args, show_active),
	SHOW("policy pending", "Policies that wait for a thread", queue_kw, struct queue_args, show_pending),
	SHOW("scheduler thread", "Scheduler threads", thread_kw, struct thread_args, show_all_threads),
	SHOW("scheduler applet", "Threads of applets", kind_kw, struct thread_args, show_applet_threads),
	SHOW("scheduler script", "Threads of scripts", kind_kw, struct thread_args, show_script_threads),
};

void
show_eem_queue_register(struct cli *cli)
{
	cli_word(cli, "show event manager scheduler", "Scheduler of policies");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
