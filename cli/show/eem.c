/* show event manager environment, statistics, session: the server's own state. */
#include "cli/show/eem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "applets/applet.h"
#include "applets/env.h"
#include "bus/bus.h"
#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"
#include "sched/policy.h"
#include "sched/sched.h"
#include "store/secret.h"

/* ---- shared ---- */

static void
date(usec wall, const char *day_form, char out[40])
{
	time_t sec = (time_t)(wall / USEC_PER_SEC);
	char form[40];
	struct tm tm;

	gmtime_r(&sec, &tm);
	snprintf(form, sizeof form, "%%a %%b%s %%H:%%M:%%S %%Y", day_form);
	strftime(out, 40, form, &tm);
}

void
eem_date(usec wall, char out[40])
{
	date(wall, " %-d", out);
}

void
eem_glued_date(usec wall, char out[40])
{
	date(wall, "%e", out);
}

void
eem_cell(struct writer *w, unsigned *at, unsigned column, const char *fmt, ...)
{
	char cell[300];
	va_list ap;
	unsigned pad = column > *at ? column - *at : column > 0;

	va_start(ap, fmt);
	vsnprintf(cell, sizeof cell, fmt, ap);
	va_end(ap);
	w_text(w, "%*s%s", (int)pad, "", cell);
	*at += pad + (unsigned)strlen(cell);
}

void
eem_seconds(usec t, char out[32])
{
	snprintf(
		out, 32, "%lld.%03d", (long long)(t / USEC_PER_SEC), (int)(t % USEC_PER_SEC / USEC_PER_MSEC));
}

const char *
eem_class(char class, char out[8])
{
	snprintf(out, 8, "%s", class ? (const char[]){ class, '\0' } : "default");
	return out;
}

/* ---- environment ---- */

struct environment_args {
	struct kw_flag all;
	struct kw_str name;
};

static const struct kw environment_kw[] = {
	{ .word = "all",
		.help = "All environment variables",
		KW_AT(struct environment_args, all),
		.flags = KW_SEQ,
		.group = 1 },
	{ .help = "Name of an environment variable",
		.type = &kw_word,
		KW_AT(struct environment_args, name),
		.group = 1 },
	KW_END,
};

struct listing {
	struct writer *w;
	unsigned n;
};

static void
show_variable(void *arg, const char *name, const char *value)
{
	struct listing *l = arg;
	char *masked = secret_mask(NULL, value);
	unsigned at = 0;

	l->n++;
	eem_cell(l->w, &at, 0, "%u", l->n);
	eem_cell(l->w, &at, 5, "%s", name);
	w_text(l->w, "%*s", at < 35 ? (int)(35 - at) : 1, "");
	w_foreign(l->w, masked, strlen(masked));
	w_text(l->w, "%*s\n", strlen(masked) < 30 ? (int)(30 - strlen(masked)) : 0, "");
	w_object(l->w, NULL);
	w_int(l->w, "no", l->n);
	w_str(l->w, "name", name);
	w_str(l->w, "value", masked);
	w_end(l->w);
	mem_free(masked);
}

static enum cmd_result
show_environment(struct session *s, const void *args, struct err *err)
{
	const struct environment_args *a = args;
	const struct environment *env = session_engine(s)->env;
	struct listing l = { .w = session_writer(s) };

	if (!a->name.set) {
		w_text(l.w, "No.  Name                          Value                         \n");
		w_list(l.w, "variables");
		environment_each(env, show_variable, &l);
		w_end(l.w);
		return CMD_DONE;
	}

	const char *value = environment_get(env, a->name.s, NULL);
	if (value == NULL) {
		err_set(err, ERR_NOT_FOUND, "Environment variable not found");
		return CMD_REFUSED_BARE;
	}
	char *masked = secret_mask(session_cmd_ctx(s), value);
	w_foreign(l.w, masked, strlen(masked));
	w_text(l.w, "\n");
	w_str(l.w, "name", a->name.s);
	w_str(l.w, "value", masked);
	return CMD_DONE;
}

/* ---- statistics ---- */

struct client {
	const char *name;
	uint64_t triggered, dropped;
	size_t queued;
	unsigned queue_max;
	usec average;
};

static void
show_client(struct writer *w, const struct client *c)
{
	char average[32];
	unsigned at = 0;

	eem_seconds(c->average, average);
	eem_cell(w, &at, 0, "%s", c->name);
	eem_cell(w, &at, 20, "%llu", (unsigned long long)c->triggered);
	eem_cell(w, &at, 33, "%llu", (unsigned long long)c->dropped);
	eem_cell(w, &at, 46, "%zu", c->queued);
	eem_cell(w, &at, 59, "%u", c->queue_max);
	eem_cell(w, &at, 72, "%s\n", average);
	w_object(w, NULL);
	w_str(w, "client", c->name);
	w_int(w, "triggered_events", (int64_t)c->triggered);
	w_int(w, "dropped_events", (int64_t)c->dropped);
	w_int(w, "queue_size", (int64_t)c->queued);
	w_int(w, "queue_max", c->queue_max);
	w_str(w, "average_run_time", average);
	w_end(w);
}

/* What detectors have published, before it is anybody's: an event that is dropped there reaches no policy. */
static void
show_bus(struct writer *w, const struct bus *bus)
{
	struct bus_stats st;

	bus_stats(bus, &st);
	w_text(w,
		"\nEvents of detectors: %" PRIu64 " published, %" PRIu64
		" dropped, queue size %zu, queue max "
		"%d\n",
		st.published, st.dropped, st.queued, BUS_QUEUE_MAX);
	w_object(w, "events");
	w_int(w, "published", (int64_t)st.published);
	w_int(w, "dropped", (int64_t)st.dropped);
	w_int(w, "queue_size", (int64_t)st.queued);
	w_int(w, "queue_max", BUS_QUEUE_MAX);
	w_end(w);
}

static enum cmd_result
show_server_statistics(struct session *s, const void *args, struct err *err)
{
	static const char *const names[] = { "EEM Applets", "EEM Lua Scripts" }; /* ORDER: enum policy_kind */
	struct writer *w = session_writer(s);
	struct sched_stats st;

	w_text(w, "EEM Queue Information\n"
		  "                    Triggered    Dropped      Queue        Queue        Average\n"
		  "Client              Events       Events       Size         Max          Run Time\n"
		  "-------------------------------------------------------------------------------\n");
	w_list(w, "clients");
	for (unsigned kind = 0; kind < POLICY_KINDS; kind++) {
		sched_stats(session_engine(s)->sched, kind, &st);
		show_client(w, &(struct client){ .name = names[kind],
				       .triggered = st.triggered,
				       .dropped = st.dropped,
				       .queued = st.queued,
				       .queue_max = sched_queue_max(kind),
				       .average = st.finished ? st.run_total / (usec)st.finished : 0 });
	}
	w_end(w);
	show_bus(w, session_engine(s)->bus);
	return CMD_DONE;
}

static void
show_policy_statistics(void *arg, struct policy *p)
{
	struct listing *l = arg;
	char average[32], longest[32];
	uint64_t suppressed = policy_suppressed(p);
	unsigned at = 0;

	eem_seconds(p->runs ? p->run_total / (usec)p->runs : 0, average);
	eem_seconds(p->run_longest, longest);
	l->n++;
	eem_cell(l->w, &at, 0, "%u", l->n);
	eem_cell(l->w, &at, 5, "%s", policy_kind_name(p->kind));
	eem_cell(l->w, &at, 15, "%llu", (unsigned long long)p->triggered);
	eem_cell(l->w, &at, 27, "%llu", (unsigned long long)suppressed);
	eem_cell(l->w, &at, 39, "%s", average);
	eem_cell(l->w, &at, 55, "%s", longest);
	eem_cell(l->w, &at, 71, "%s\n", p->name);
	w_object(l->w, NULL);
	w_int(l->w, "no", l->n);
	w_str(l->w, "class", policy_kind_name(p->kind));
	w_int(l->w, "triggered", (int64_t)p->triggered);
	w_int(l->w, "suppressed", (int64_t)suppressed);
	w_str(l->w, "average_run_time", average);
	w_str(l->w, "maximum_run_time", longest);
	w_str(l->w, "name", p->name);
	w_end(l->w);
}

static enum cmd_result
show_statistics(struct session *s, const void *args, struct err *err)
{
	struct listing l = { .w = session_writer(s) };

	w_text(l.w,
		"                                       Average         Maximum\n"
		"No.  Class     Triggered   Suppressed  Run Time        Run Time        Name\n"
		"----------------------------------------------------------------------------------------\n");
	w_list(l.w, "policies");
	policies_each(session_engine(s)->policies, show_policy_statistics, &l);
	w_end(l.w);
	return CMD_DONE;
}

/* ---- session ---- */

static enum cmd_result
show_session(struct session *s, const void *args, struct err *err)
{
	struct writer *w = session_writer(s);
	const char *user = session_cli_username(session_engine(s));

	w_text(w, "%s\n", *user ? user : "No Embedded Event Manager session cli username configured");
	w_str(w, "username", *user ? user : NULL);
	return CMD_DONE;
}

#define SHOW(words_, help_, run_, ...)                                                                    \
	{                                                                                                 \
		.cmd = { .words = "show event manager " words_, .help = help_, .level = 1, __VA_ARGS__ }, \
		.flags = EXEC_SHOW, .run = run_                                                           \
	}

static const struct exec_cmd cmds[] = {
	SHOW("environment", "Environment variables", show_environment, .kw = environment_kw,
		.size = sizeof(struct environment_args)),
	SHOW("session cli username", "User name of the CLI sessions of policies", show_session),
	SHOW("statistics policy", "Statistics of each policy", show_statistics),
	SHOW("statistics server", "Statistics of the server's queues", show_server_statistics),
};

void
show_eem_register(struct cli *cli)
{
	cli_word(cli, "show event manager session", "Sessions of policies");
	cli_word(cli, "show event manager session cli", "CLI sessions of policies");
	cli_word(cli, "show event manager statistics", "Statistics");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
	show_eem_history_register(cli);
	show_eem_policy_register(cli);
	show_eem_queue_register(cli);
	show_eem_files_register(cli);
	show_eem_detector_register(cli);
	show_eem_damping_register(cli);
}
