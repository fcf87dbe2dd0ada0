/* show clock, version, users, history, system processes. */
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cli/builtin.h"
#include "cli/session_private.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"
#include "core/version.h"

/* ---- clock ---- */

static enum cmd_result
show_clock(struct session *s, const void *args, struct err *err)
{
	const struct clock *clock = session_engine(s)->clock;
	usec wall = clock_wall(clock);
	time_t sec = (time_t)(wall / USEC_PER_SEC);
	struct writer *w = session_writer(s);
	bool synchronised = clock_is_synchronised(clock);
	char day[32], date[64];
	struct tm tm;

	gmtime_r(&sec, &tm);
	strftime(day, sizeof day, "%H:%M:%S", &tm);
	strftime(date, sizeof date, "UTC %a %b %e %Y", &tm);
	w_text(w, "%s%s.%03d %s\n", synchronised ? "" : "*", day, (int)(wall / USEC_PER_MSEC % 1000), date);
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &tm);
	w_str(w, "time", date);
	w_bool(w, "synchronised", synchronised);
	return CMD_DONE;
}

/* ---- version ---- */

/* "1 week, 2 days, 5 hours, 3 minutes": as IOS, nothing smaller, nothing that is zero before the first. */
static void
add_uptime(struct text *t, usec up)
{
	static const struct {
		usec seconds;
		const char *name;
	} units[] = { { 604800, "week" }, { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } };
	usec left = up / USEC_PER_SEC;
	bool any = false;
	size_t i;

	for (i = 0; i < 4; i++) {
		long long n = left / units[i].seconds;

		left %= units[i].seconds;
		if (n == 0 && !any && i < 3)
			continue;
		text_printf(t, "%s%lld %s%s", any ? ", " : "", n, units[i].name, n == 1 ? "" : "s");
		any = true;
	}
}

static enum cmd_result
show_version(struct session *s, const void *args, struct err *err)
{
	const struct engine *e = session_engine(s);
	struct writer *w = session_writer(s);
	usec up = clock_mono(e->clock) - e->started_mono;
	struct utsname host;
	struct text t;

	text_init(&t, session_cmd_ctx(s));
	add_uptime(&t, up);
	if (uname(&host) != 0)
		memset(&host, 0, sizeof host);
	w_text(w, "eventd, Embedded Event Manager for Linux, Version %s\n\n", EVENTD_VERSION);
	w_text(w, "%s uptime is %s\n", engine_hostname(e), t.s);
	w_text(w, "Running on %s %s (%s)\n", host.sysname, host.release, host.machine);
	w_text(w, "Process id %ld\n", (long)getpid());
	w_str(w, "version", EVENTD_VERSION);
	w_str(w, "hostname", engine_hostname(e));
	w_int(w, "uptime_seconds", up / USEC_PER_SEC);
	w_str(w, "kernel", host.release);
	w_str(w, "machine", host.machine);
	w_int(w, "pid", getpid());
	return CMD_DONE;
}

/* ---- users, history ---- */

struct users {
	struct session *mine;
	struct writer *w;
	usec now;
};

static void
show_user(void *arg, struct session *s)
{
	struct users *u = arg;
	long long idle = s->cmd != NULL ? 0 : (u->now - s->active) / USEC_PER_SEC;
	char line[32], since[32];

	snprintf(line, sizeof line, "%3u vty %u", s->line + 1, s->line);
	snprintf(since, sizeof since, "%02lld:%02lld:%02lld", idle / 3600, idle / 60 % 60, idle % 60);
	w_text(u->w, "%c%-13s %-10s %-20s %s %s\n", s == u->mine ? '*' : ' ', line, s->user, "idle", since,
		s->location);
	w_object(u->w, NULL);
	w_str(u->w, "line", s->tty_name);
	w_str(u->w, "user", s->user);
	w_int(u->w, "idle_seconds", idle);
	w_str(u->w, "location", s->location);
	w_int(u->w, "level", s->level);
	w_str(u->w, "mode", session_mode(s));
	w_end(u->w);
}

static enum cmd_result
show_users(struct session *s, const void *args, struct err *err)
{
	struct users u = { .mine = s, .w = session_writer(s), .now = clock_mono(session_engine(s)->clock) };

	w_text(u.w, "    Line       User       Host(s)              Idle     Location\n");
	w_list(u.w, "users");
	cli_each_session(s->cli, show_user, &u);
	w_end(u.w);
	return CMD_DONE;
}

static enum cmd_result
show_history(struct session *s, const void *args, struct err *err)
{
	struct writer *w = session_writer(s);
	unsigned i = s->history_n > s->term.history ? s->history_n - s->term.history : 0;

	w_list(w, "commands");
	for (; i < s->history_n; i++) {
		w_text(w, "  ");
		w_foreign(w, s->history[i], strlen(s->history[i]));
		w_text(w, "\n");
		w_str(w, NULL, s->history[i]);
	}
	w_end(w);
	return CMD_DONE;
}

/* ---- system processes ---- */

static const struct w_column process_columns[] = {
	{ "name", "Process", 0, 0 },
	{ "pid", "PID", 22, 0 },
	{ "role", "Role", 32, 0 },
};

static void
show_process(void *arg, const struct cli_process *p)
{
	struct writer *w = arg;

	w_cell(w, p->name);
	if (p->pid > 0)
		w_cell_int(w, p->pid);
	else
		w_cell(w, writer_is_json(w) ? NULL : "-");
	w_cell(w, p->role);
}

static enum cmd_result
show_processes(struct session *s, const void *args, struct err *err)
{
	struct writer *w = session_writer(s);
	struct cli_process self = { .name = "eventd", .role = "engine", .pid = (int)getpid() };

	w_table_begin(w, "processes", process_columns, 3);
	show_process(w, &self);
	cli_each_process(s->cli, show_process, w);
	w_table_end(w);
	return CMD_DONE;
}

static enum cmd_result
show_privilege(struct session *s, const void *args, struct err *err)
{
	struct writer *w = session_writer(s);

	w_text(w, "Current privilege level is %u\n", session_level(s));
	w_int(w, "privilege_level", session_level(s));
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show clock", .help = "Display the system clock" },
		.flags = EXEC_SHOW,
		.run = show_clock },
	{ .cmd = { .words = "show version", .help = "System hardware and software status" },
		.flags = EXEC_SHOW,
		.run = show_version },
	{ .cmd = { .words = "show users", .help = "Display information about terminal lines" },
		.flags = EXEC_SHOW,
		.run = show_users },
	{ .cmd = { .words = "show privilege", .help = "Show current privilege level" },
		.flags = EXEC_SHOW,
		.run = show_privilege },
	{ .cmd = { .words = "show history", .help = "Display the session command history" },
		.flags = EXEC_SHOW,
		.run = show_history },
	{ .cmd = { .words = "show system processes", .help = "The daemon's processes", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_processes },
};

void
show_system_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
