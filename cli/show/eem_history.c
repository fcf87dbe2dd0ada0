/* show event manager history: the last runs and the last traps. */
#include <string.h>
#include <time.h>

#include "bus/history.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/show/eem.h"
#include "core/engine.h"
#include "core/writer.h"

/* ---- events ---- */

struct events_args {
	struct kw_flag detailed;
	struct kw_int maximum;
};

static const struct kw events_kw[] = {
	{ .word = "detailed",
		.help = "With the arguments of the events",
		KW_AT(struct events_args, detailed) },
	{ .word = "maximum",
		.help = "Number of the newest entries",
		.type = &kw_number,
		KW_AT(struct events_args, maximum),
		.min = 1,
		.max = HISTORY_MAX },
	KW_END,
};

static void
show_entry(struct writer *w, const struct history_entry *e, bool detailed)
{
	char when[40];
	unsigned at = 0;

	eem_glued_date(e->wall, when);
	eem_cell(w, &at, 0, "%llu", (unsigned long long)e->no);
	eem_cell(w, &at, 5, "%llu", (unsigned long long)e->job_id);
	eem_cell(w, &at, 12, "Actv");
	eem_cell(w, &at, 17, "%s", e->status);
	eem_cell(w, &at, 26, "%s", when);
	eem_cell(w, &at, 51, "%s", e->type);
	eem_cell(w, &at, 69, "%s: %s\n", e->kind, e->name);

	w_object(w, NULL);
	w_int(w, "no", (int64_t)e->no);
	w_int(w, "job_id", (int64_t)e->job_id);
	w_str(w, "proc", "Actv");
	w_str(w, "status", e->status);
	w_str(w, "time_of_event", when);
	w_str(w, "event_type", e->type);
	w_str(w, "class", e->kind);
	w_str(w, "name", e->name);
	if (detailed) {
		w_text(w, " event_args: ");
		w_foreign(w, e->detail, strlen(e->detail));
		w_text(w, "\n");
		w_str(w, "event_args", e->detail);
	}
	w_end(w);
}

static enum cmd_result
show_events(struct session *s, const void *args, struct err *err)
{
	const struct events_args *a = args;
	const struct history *h = session_engine(s)->history;
	struct writer *w = session_writer(s);
	size_t n = history_count(h), newest = a->maximum.set ? (size_t)a->maximum.v : n;

	w_text(w, "No.  Job Id Proc Status   Time of Event            Event Type        Name\n");
	w_list(w, "events");
	for (size_t i = n > newest ? n - newest : 0; i < n; i++)
		show_entry(w, history_at(h, i), a->detailed.set);
	w_end(w);
	return CMD_DONE;
}

/* ---- traps ---- */

struct traps_args {
	struct kw_flag server, policy;
};

static const struct kw traps_kw[] = {
	{ .word = "policy",
		.help = "Traps of the action snmp-trap",
		KW_AT(struct traps_args, policy),
		.group = 1 },
	{ .word = "server",
		.help = "Traps of policies with the option trap",
		KW_AT(struct traps_args, server),
		.group = 1 },
	KW_END,
};

static bool
is_asked_for(const struct traps_args *a, const struct history_entry *e)
{
	bool of_server = strcmp(e->type, "server") == 0;

	return of_server ? !a->policy.set : !a->server.set;
}

static void
show_trap(struct writer *w, const struct history_entry *e)
{
	time_t sec = (time_t)(e->wall / USEC_PER_SEC);
	char when[40];
	struct tm tm;
	unsigned at = 0;

	gmtime_r(&sec, &tm);
	strftime(when, sizeof when, "%a %b %e %H:%M:%S %Y", &tm);
	eem_cell(w, &at, 0, "%llu", (unsigned long long)e->no);
	eem_cell(w, &at, 5, "%s", when);
	eem_cell(w, &at, 31, "%s", e->type);
	eem_cell(w, &at, 51, "%s: %s\n", e->kind, e->name);
	w_object(w, NULL);
	w_int(w, "no", (int64_t)e->no);
	w_str(w, "time", when);
	w_str(w, "trap_type", e->type);
	w_str(w, "class", e->kind);
	w_str(w, "name", e->name);
	w_end(w);
}

static enum cmd_result
show_traps(struct session *s, const void *args, struct err *err)
{
	const struct history *h = session_engine(s)->traps;
	struct writer *w = session_writer(s);

	w_text(w, "No.  Time                      Trap Type           Name\n");
	w_list(w, "traps");
	for (size_t i = 0; i < history_count(h); i++)
		if (is_asked_for(args, history_at(h, i)))
			show_trap(w, history_at(h, i));
	w_end(w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show event manager history events",
		  .help = "History of events that triggered",
		  .kw = events_kw,
		  .size = sizeof(struct events_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_events },
	{ .cmd = { .words = "show event manager history traps",
		  .help = "History of traps",
		  .kw = traps_kw,
		  .size = sizeof(struct traps_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_traps },
};

void
show_eem_history_register(struct cli *cli)
{
	cli_word(cli, "show event manager history", "History of the event manager");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
