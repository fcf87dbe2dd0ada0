/* show event manager policy registered | active | pending. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "applets/applet.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/show/eem.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"
#include "sched/policy.h"
#include "sched/sched.h"

/* ---- registered ---- */

struct registered_args {
	struct kw_str event_type;
	struct kw_flag system, user, time_ordered, name_ordered;
	struct kw_str name;
};

static const struct kw registered_kw[] = {
	{ .word = "event-type",
		.help = "Policies of one event type",
		.type = &kw_string,
		KW_AT(struct registered_args, event_type) },
	{ .word = "system", .help = "System policies", KW_AT(struct registered_args, system), .group = 1 },
	{ .word = "user", .help = "User policies", KW_AT(struct registered_args, user), .group = 1 },
	{ .word = "name-ordered",
		.help = "Sort by name",
		KW_AT(struct registered_args, name_ordered),
		.group = 2 },
	{ .word = "time-ordered",
		.help = "Sort by time of registration",
		KW_AT(struct registered_args, time_ordered),
		.group = 2 },
	{ .word = "detailed", .help = "One policy", .type = &kw_word, KW_AT(struct registered_args, name) },
	KW_END,
};

static const char *
policy_type(const struct policy *p)
{
	return p->nspecs > 1 ? "multiple" : spec_type(p->specs[0]);
}

struct chosen {
	const struct registered_args *args;
	const struct policy **v;
	size_t n;
};

static void
choose(void *arg, struct policy *p)
{
	struct chosen *c = arg;
	const struct registered_args *a = c->args;

	if (a->event_type.set && strcmp(a->event_type.s, policy_type(p)) != 0)
		return;
	if ((a->system.set && strcmp(p->type, "system") != 0) ||
		(a->user.set && strcmp(p->type, "user") != 0))
		return;
	if (a->name.set && strcmp(a->name.s, p->name) != 0)
		return;
	c->v[c->n++] = p;
}

static int
by_time(const void *a, const void *b)
{
	usec x = (*(const struct policy *const *)a)->registered,
	     y = (*(const struct policy *const *)b)->registered;

	return x < y ? -1 : x > y;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(const struct policy *const *)a)->name, (*(const struct policy *const *)b)->name);
}

/* " action 1.0 ..." lines; in JSON a list of them without the indentation. */
static void
show_actions(struct writer *w, const char *listing)
{
	w_list(w, "actions");
	for (const char *s = listing; *s;) {
		size_t n = strcspn(s, "\n");
		char *line = mem_strndup(NULL, s, n);

		w_foreign(w, line, n);
		w_text(w, "\n");
		w_str(w, NULL, line + strspn(line, " "));
		mem_free(line);
		s += n + (s[n] == '\n');
	}
	w_end(w);
}

static void
show_policy(struct session *s, struct writer *w, unsigned no, const struct policy *p)
{
	struct text spec, listing;
	char date[40], maxrun[32];
	unsigned at = 0;

	text_init(&spec, session_cmd_ctx(s));
	text_init(&listing, session_cmd_ctx(s));
	spec_describe(p->specs[0], &spec);
	applet_listing(session_engine(s), p->name, &listing);
	eem_date(p->registered, date);
	snprintf(maxrun, sizeof maxrun, "%lld.%03d", (long long)(p->maxrun / USEC_PER_SEC),
		(int)(p->maxrun % USEC_PER_SEC / USEC_PER_MSEC));

	eem_cell(w, &at, 0, "%u", no);
	eem_cell(w, &at, 5, "%s", policy_kind_name(p->kind));
	eem_cell(w, &at, 15, "%s", p->type);
	eem_cell(w, &at, 23, "%s", policy_type(p));
	eem_cell(w, &at, 43, "%s", p->trap ? "On" : "Off");
	eem_cell(w, &at, 49, "%s", date);
	eem_cell(w, &at, 75, "%s", p->name);
	w_text(w, "\n ");
	w_foreign(w, spec.s, spec.len);
	w_text(w, "\n maxrun %s\n", maxrun);
	if (p->bypass)
		w_text(w, " Authorization: bypass\n");

	w_object(w, NULL);
	w_int(w, "no", no);
	w_str(w, "class", policy_kind_name(p->kind));
	w_str(w, "type", p->type);
	w_str(w, "event_type", policy_type(p));
	w_str(w, "trap", p->trap ? "On" : "Off");
	w_str(w, "time_registered", date);
	w_str(w, "name", p->name);
	w_str(w, "description", p->description);
	w_str(w, "event", spec.s);
	w_str(w, "maxrun", maxrun);
	w_bool(w, "authorization_bypass", p->bypass);
	w_str(w, "scheduler_class", p->class ? (const char[]){ p->class, '\0' } : "default");
	show_actions(w, listing.s);
	w_end(w);
}

static enum cmd_result
show_registered(struct session *s, const void *args, struct err *err)
{
	const struct registered_args *a = args;
	const struct policies *all = session_engine(s)->policies;
	struct writer *w = session_writer(s);
	struct chosen c = { .args = a };

	c.v = mem_array(session_cmd_ctx(s), const struct policy *, policies_count(all) + 1);
	policies_each(all, choose, &c);
	if (a->time_ordered.set || a->name_ordered.set)
		qsort(c.v, c.n, sizeof *c.v, a->name_ordered.set ? by_name : by_time);

	w_list(w, "policies");
	if (c.n)
		w_text(w,
			"No.  Class     Type    Event Type          Trap  Time Registered           Name\n");
	for (unsigned i = 0; i < c.n; i++)
		show_policy(s, w, i + 1, c.v[i]);
	w_end(w);
	return CMD_DONE;
}

/* ---- active, pending ---- */

struct queue_args {
	struct kw_enum type;
	struct kw_enum class;
	struct kw_flag detailed;
};

static const struct kw_alternative queue_types[] = {
	{ "applet", "Applet policies", POLICY_APPLET, false },
	{ "script", "Script policies", POLICY_SCRIPT, false },
	{ NULL, NULL, 0, false },
};

static const struct kw queue_kw[] = {
	{ .word = "queue-type",
		.help = "Policies of one queue",
		.type = &kw_choice,
		KW_AT(struct queue_args, type),
		.choices = queue_types },
	{ .word = "detailed", .help = "Detailed content", KW_AT(struct queue_args, detailed) },
	KW_END,
};

struct queue_view {
	struct writer *w;
	const struct queue_args *args;
	unsigned n;
	int class; /* whose heading was printed; -1 = none yet */
};

static const char key[] = "Key: p - Priority        :L - Low, H - High, N - Normal, Z - Last\n"
			  "     s - Scheduling node :A - Active, S - Standby\n";

static void
show_class_heading(struct queue_view *v, const struct run_view *r)
{
	if (v->class == (int)r->class)
		return;
	if (v->class < 0)
		w_text(v->w, "%s", key);
	if (r->class)
		w_text(v->w, "\nclass %c - %s events\n", r->class, policy_kind_name(r->kind));
	else
		w_text(v->w, "\ndefault class - %s events\n", policy_kind_name(r->kind));
	w_text(v->w, "No.  Job Id      p s Status  Time of Event             Event Type         Name\n");
	v->class = r->class;
}

static void
show_run(void *arg, const struct run_view *r)
{
	struct queue_view *v = arg;
	const char *status = r->is_running ? "running" : "pend";
	char date[40];
	unsigned at = 0;

	if (v->args->type.set && v->args->type.v != (int)r->kind)
		return;
	show_class_heading(v, r);
	eem_glued_date(r->event_wall, date);
	v->n++;
	eem_cell(v->w, &at, 0, "%u", v->n);
	eem_cell(v->w, &at, 5, "%llu", (unsigned long long)r->job);
	eem_cell(v->w, &at, 17, "%c A %s", "ZLNH"[r->priority], status);
	eem_cell(v->w, &at, 29, "%s", date);
	eem_cell(v->w, &at, 55, "%s", r->type);
	eem_cell(v->w, &at, 74, "%s: %s\n", policy_kind_name(r->kind), r->policy);

	w_object(v->w, NULL);
	w_int(v->w, "no", v->n);
	w_int(v->w, "job_id", (int64_t)r->job);
	w_str(v->w, "priority", (const char[]){ "ZLNH"[r->priority], '\0' });
	w_str(v->w, "scheduling_node", "A");
	w_str(v->w, "status", status);
	w_str(v->w, "time_of_event", date);
	w_str(v->w, "event_type", r->type);
	w_str(v->w, "class", policy_kind_name(r->kind));
	w_str(v->w, "scheduler_class", r->class ? (const char[]){ r->class, '\0' } : "default");
	w_str(v->w, "name", r->policy);
	w_end(v->w);
}

static enum cmd_result
show_queue(struct session *s, const struct queue_args *args, bool running)
{
	struct queue_view v = { .w = session_writer(s), .args = args, .class = -1 };

	w_list(v.w, "policies");
	sched_each(session_engine(s)->sched, running, show_run, &v);
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

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show event manager policy registered",
		  .help = "Registered policies",
		  .kw = registered_kw,
		  .size = sizeof(struct registered_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_registered },
	{ .cmd = { .words = "show event manager policy active",
		  .help = "Policies that are running",
		  .kw = queue_kw,
		  .size = sizeof(struct queue_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_active },
	{ .cmd = { .words = "show event manager policy pending",
		  .help = "Policies that wait for a thread",
		  .kw = queue_kw,
		  .size = sizeof(struct queue_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_pending },
};

void
show_eem_policy_register(struct cli *cli)
{
	cli_word(cli, "show event manager policy", "Event manager policies");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
