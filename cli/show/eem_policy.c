/* show event manager policy registered. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "applets/applet.h"
#include "bus/correlate.h"
#include "bus/detector.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/show/eem.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"
#include "sched/policy.h"

/* ---- registered ---- */

struct registered_args {
	struct kw_str event_type;
	struct kw_enum timer; /* of event type timer: the index in timers[] */
	struct kw_flag system, user, time_ordered, name_ordered;
	struct kw_str name;
	struct kw_flag description;
	struct kw_str described; /* whose; without: everybody's */
};

static const struct kw description_kw[] = {
	{ .help = "Name of a policy", .type = &kw_word, KW_AT(struct registered_args, described) },
	KW_END,
};

static const struct kw_alternative timers[] = {
	{ "absolute", "Timers of one moment", 0, false },
	{ "countdown", "Timers that run once", 1, false },
	{ "cron", "Timers of the calendar", 2, false },
	{ "watchdog", "Timers that repeat", 3, false },
	{ NULL, NULL, 0, false },
};

/* Only a timer has kinds; with another event type one is refused. */
static const struct kw timer_kw[] = {
	{ .help = "Kind of timer",
		.type = &kw_choice,
		KW_AT(struct registered_args, timer),
		.choices = timers },
	KW_END,
};

static const struct kw registered_kw[] = {
	{ .word = "event-type",
		.help = "Policies of one event type",
		.type = &kw_string,
		KW_AT(struct registered_args, event_type),
		.sub = timer_kw },
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
	{ .word = "detailed",
		.help = "One policy",
		.type = &kw_word,
		KW_AT(struct registered_args, name),
		.group = 3 },
	{ .word = "description",
		.help = "Descriptions of policies",
		KW_AT(struct registered_args, description),
		.group = 3,
		.sub = description_kw },
	KW_END,
};

struct chosen {
	const struct registered_args *args;
	const char *name, *type; /* NULL: any */
	const struct policy **v;
	size_t n;
};

/* "timer watchdog", "timer-watchdog" and "timer" all mean a watchdog. */
static bool
is_type(const char *asked, const char *type)
{
	size_t n = strlen(asked);

	for (size_t i = 0; i < n; i++)
		if (type[i] != asked[i] && !(type[i] == ' ' && asked[i] == '-'))
			return false;
	return type[n] == '\0' || type[n] == ' ';
}

static bool
has_type(const struct policy *p, const char *asked)
{
	for (size_t i = 0; i < p->nspecs; i++)
		if (is_type(asked, spec_type(p->specs[i])))
			return true;
	return is_type(asked, policy_event_type(p));
}

/* Is it the type, or the beginning of the types, of some detector? */
static bool
is_known_type(const struct bus *bus, const char *asked)
{
	size_t n = strcspn(asked, " -");

	if (is_type(asked, "multiple"))
		return true;
	for (const struct detector *const *d = bus_detector_table(bus); *d != NULL; d++)
		if (is_type(asked, (*d)->name) ||
			(strncmp(asked, (*d)->name, n) == 0 && (*d)->name[n] == '\0' && (*d)->type != NULL))
			return true;
	return false;
}

static bool
refuse_type(const struct bus *bus, const char *asked, struct err *err)
{
	struct text list;

	text_init(&list, NULL);
	for (const struct detector *const *d = bus_detector_table(bus); *d != NULL; d++)
		text_printf(&list, "%s, ", (*d)->name);
	text_add(&list, "multiple");
	err_set(err, ERR_NOT_FOUND, "There is no event type %s, but %s", asked, list.s);
	mem_free(list.s);
	return false;
}

static void
choose(void *arg, struct policy *p)
{
	struct chosen *c = arg;
	const struct registered_args *a = c->args;

	if (c->type != NULL && !has_type(p, c->type))
		return;
	if ((a->system.set && strcmp(p->type, "system") != 0) ||
		(a->user.set && strcmp(p->type, "user") != 0))
		return;
	if (c->name != NULL && strcmp(c->name, p->name) != 0)
		return;
	c->v[c->n++] = p;
}

static int
by_time(const void *a, const void *b)
{
	const struct policy *x = *(const struct policy *const *)a, *y = *(const struct policy *const *)b;

	if (x->registered != y->registered)
		return x->registered < y->registered ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
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

/* One line each; tagged ones with their number, tag and detector (10.1). */
static void
show_specs(struct session *s, struct writer *w, const struct policy *p)
{
	w_list(w, "events");
	for (size_t i = 0; i < p->nspecs; i++) {
		const struct spec *spec = p->specs[i];
		struct text t;

		text_init(&t, session_cmd_ctx(s));
		spec_describe(spec, &t);
		if (spec->tag)
			w_text(w, " %zu: %s: %s: ", i + 1, spec->tag, spec_type(spec));
		else if (t.len > 0)
			w_text(w, " ");
		w_foreign(w, t.s, t.len);
		if (spec->tag || t.len > 0)
			w_text(w, "\n");
		w_object(w, NULL);
		w_str(w, "tag", spec->tag);
		w_str(w, "detector", spec->detector->name);
		w_str(w, "event_type", spec_type(spec));
		w_str(w, "event", t.s);
		w_bool(w, "waits_for_detector", spec->waits);
		w_str(w, "needs", spec->lacks);
		w_end(w);
	}
	w_end(w);
}

static void
show_trigger(struct session *s, struct writer *w, const struct policy *p)
{
	struct text t;

	text_init(&t, session_cmd_ctx(s));
	if (p->trigger)
		trigger_describe(p->trigger, &t);
	w_foreign(w, t.s, t.len);
	w_str(w, "trigger", p->trigger ? t.s : NULL);
}

/* Statements whose detector is not there yet. */
static void
show_waiting(struct writer *w, const struct conf *conf, const struct policy *p)
{
	bool has_alerts = conf_find(conf, "ip sla enable reaction-alerts") != NULL;

	for (size_t i = 0; i < p->nspecs; i++)
		if (p->specs[i]->waits)
			w_text(w, " event detector %s is not available yet: the policy waits for it\n",
				p->specs[i]->detector->name);
		else if (p->specs[i]->lacks != NULL)
			w_text(w, " event detector %s needs %s: the policy waits for it\n",
				p->specs[i]->detector->name, p->specs[i]->lacks);
		else if (!has_alerts && strcmp(p->specs[i]->detector->name, "ipsla") == 0)
			w_text(w, " No IP SLA reaction becomes an event without `ip sla enable "
				  "reaction-alerts`\n");
}

/* The line of the table, and an object that is left open. */
static void
show_row(struct writer *w, unsigned no, const struct policy *p)
{
	char date[40];
	unsigned at = 0;

	eem_date(p->registered, date);
	eem_cell(w, &at, 0, "%u", no);
	eem_cell(w, &at, 5, "%s", policy_kind_name(p->kind));
	eem_cell(w, &at, 15, "%s", p->type);
	eem_cell(w, &at, 23, "%s", policy_event_type(p));
	eem_cell(w, &at, 43, "%s", p->trap ? "On" : "Off");
	eem_cell(w, &at, 49, "%s", date);
	eem_cell(w, &at, 75, "%s", p->name);
	w_text(w, "\n");
	w_object(w, NULL);
	w_int(w, "no", no);
	w_str(w, "class", policy_kind_name(p->kind));
	w_str(w, "type", p->type);
	w_str(w, "event_type", policy_event_type(p));
	w_str(w, "trap", p->trap ? "On" : "Off");
	w_str(w, "time_registered", date);
	w_str(w, "name", p->name);
	w_str(w, "description", p->description);
}

static void
show_description(struct writer *w, unsigned no, const struct policy *p)
{
	show_row(w, no, p);
	if (p->description) {
		w_text(w, " description ");
		w_foreign(w, p->description, strlen(p->description));
		w_text(w, "\n");
	}
	w_end(w);
}

/* The line of run options; scripts have more of them (10.1). */
static void
show_options(struct writer *w, const struct policy *p, const char *maxrun)
{
	static const char *const priorities[] = { "last", "low", "normal",
		"high" }; /* ORDER: enum priority */

	if (p->kind == POLICY_APPLET) {
		w_text(w, " maxrun %s\n", maxrun);
		return;
	}
	w_text(w, " nice %u queue-priority %s maxrun %s scheduler rp_primary Secu none\n", p->nice,
		priorities[p->priority], maxrun);
	w_int(w, "nice", p->nice);
	w_str(w, "queue_priority", priorities[p->priority]);
}

static void
show_policy(struct session *s, struct writer *w, unsigned no, const struct policy *p)
{
	struct text spec, listing;
	char maxrun[32];

	text_init(&spec, session_cmd_ctx(s));
	text_init(&listing, session_cmd_ctx(s));
	spec_describe(p->specs[0], &spec);
	if (p->kind == POLICY_APPLET)
		applet_listing(session_engine(s), p->name, &listing);
	eem_seconds(p->maxrun, maxrun);

	show_row(w, no, p);
	show_specs(s, w, p);
	show_trigger(s, w, p);
	show_waiting(w, session_engine(s)->conf, p);
	show_options(w, p, maxrun);
	if (p->bypass)
		w_text(w, " Authorization: bypass\n");

	w_str(w, "event", p->trigger ? NULL : spec.s);
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
	const char *name = a->name.set ? a->name.s : a->described.set ? a->described.s : NULL;
	struct chosen c = { .args = a, .name = name };

	if (name != NULL && policies_find(all, name) == NULL) {
		err_set(err, ERR_NOT_FOUND, "EEM policy %s is not registered", name);
		return CMD_REFUSED;
	}
	if (a->event_type.set && !is_known_type(session_engine(s)->bus, a->event_type.s) &&
		!refuse_type(session_engine(s)->bus, a->event_type.s, err))
		return CMD_REFUSED;
	if (a->timer.set && strcmp(a->event_type.s, "timer") != 0) {
		err_set(err, ERR_REFUSED, "Only event type timer has kinds");
		return CMD_REFUSED;
	}
	c.type = !a->event_type.set ? NULL
		 : a->timer.set     ? mem_printf(session_cmd_ctx(s), "timer %s", timers[a->timer.v].word)
				    : a->event_type.s;
	c.v = mem_array(session_cmd_ctx(s), const struct policy *, policies_count(all) + 1);
	policies_each(all, choose, &c);
	if (a->time_ordered.set || a->name_ordered.set)
		qsort(c.v, c.n, sizeof *c.v, a->name_ordered.set ? by_name : by_time);

	w_list(w, "policies");
	if (c.n)
		w_text(w,
			"No.  Class     Type    Event Type          Trap  Time Registered           Name\n");
	for (unsigned i = 0; i < c.n; i++) {
		if (a->description.set)
			show_description(w, i + 1, c.v[i]);
		else
			show_policy(s, w, i + 1, c.v[i]);
	}
	w_end(w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show event manager policy registered",
		  .help = "Registered policies",
		  .kw = registered_kw,
		  .size = sizeof(struct registered_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_registered },
};

void
show_eem_policy_register(struct cli *cli)
{
	cli_word(cli, "show event manager policy", "Event manager policies");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
