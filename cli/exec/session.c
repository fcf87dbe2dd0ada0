/* enable, disable, exit, end, configure terminal: where in the CLI a session is. */
#include "cli/builtin.h"
#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/mem.h"

#define TRIES 3

struct level_args {
	struct kw_int level;
};

static const struct kw level_kw[] = {
	{ .help = "Privilege level",
		.type = &kw_number,
		KW_AT(struct level_args, level),
		.min = 0,
		.max = 15 },
	KW_END,
};

/* ---- enable ---- */

struct enable {
	unsigned level, tries;
};

static void
enable_password(struct session *s, const struct answer *a, void *arg)
{
	struct enable *e = arg;
	struct err err = ERR_INIT;

	if (a->given && s->cli->enable(s->cli->enable_arg, s->user, a->text)) {
		s->level = e->level;
		session_done(s);
		return;
	}
	if (a->given && ++e->tries < TRIES) {
		session_ask(s, ASK_SECRET, "Password: ", enable_password, e);
		return;
	}
	err_set(&err, ERR_REFUSED, "Bad secrets");
	session_fail(s, &err);
}

static enum cmd_result
enable(struct session *s, const void *args, struct err *err)
{
	const struct level_args *a = args;
	unsigned level = a->level.set ? (unsigned)a->level.v : 15;
	struct enable *e;

	/* What it was opened with needs no password; rulings 49. */
	if (level <= s->level || level <= s->entitled || s->is_policy) {
		s->level = level;
		return CMD_DONE;
	}
	if (s->cli->enable == NULL) {
		err_set(err, ERR_REFUSED, "No password set");
		return CMD_REFUSED;
	}
	e = mem_new(session_cmd_ctx(s), struct enable);
	e->level = level;
	return session_ask(s, ASK_SECRET, "Password: ", enable_password, e);
}

static enum cmd_result
disable(struct session *s, const void *args, struct err *err)
{
	const struct level_args *a = args;
	unsigned level = a->level.set ? (unsigned)a->level.v : 1;

	if (level > s->level) {
		err_set(err, ERR_REFUSED, "New privilege level must be less than current privilege level");
		return CMD_REFUSED;
	}
	s->level = level;
	return CMD_DONE;
}

/* ---- leaving ---- */

/* A policy's session lasts as long as its run: applets end with `exit` as people do. */
static enum cmd_result
exit_exec(struct session *s, const void *args, struct err *err)
{
	s->closing = !s->is_policy;
	return CMD_DONE;
}

static enum cmd_result
exit_config(struct session *s, const void *args, struct err *err)
{
	if (s->edit == NULL)
		return CMD_DONE;
	return mode_exit(s, err) ? CMD_DONE : CMD_REFUSED;
}

static enum cmd_result
end_config(struct session *s, const void *args, struct err *err)
{
	if (s->edit == NULL)
		return CMD_DONE;
	return mode_leave_config(s, err) ? CMD_DONE : CMD_REFUSED;
}

static enum cmd_result
configure_terminal(struct session *s, const void *args, struct err *err)
{
	if (s->edit == NULL && !mode_enter_config(s)) {
		err_set(err, ERR_REFUSED, "There is no configuration here");
		return CMD_REFUSED;
	}
	session_print(s, "Enter configuration commands, one per line.  End with CNTL/Z.\n");
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "enable",
		  .help = "Turn on privileged commands",
		  .kw = level_kw,
		  .size = sizeof(struct level_args) },
		.run = enable },
	{ .cmd = { .words = "disable",
		  .help = "Turn off privileged commands",
		  .kw = level_kw,
		  .size = sizeof(struct level_args) },
		.run = disable },
	{ .cmd = { .words = "exit", .help = "Exit from the EXEC" }, .run = exit_exec },
	{ .cmd = { .words = "logout", .help = "Exit from the EXEC" }, .run = exit_exec },
	{ .cmd = { .words = "quit", .help = "Exit from the EXEC" }, .run = exit_exec },
	{ .cmd = { .words = "configure terminal", .help = "Configure from the terminal", .level = 15 },
		.run = configure_terminal },
	{ .cmd = { .words = "exit", .help = "Exit from the current mode" },
		.flags = EXEC_CONFIG | EXEC_KEEP_MODE,
		.run = exit_config },
	{ .cmd = { .words = "end", .help = "Exit from configure mode" },
		.flags = EXEC_CONFIG | EXEC_KEEP_MODE,
		.run = end_config },
};

void
exec_session_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
