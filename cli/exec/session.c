/* exit, end, configure terminal: where in the CLI a session is. */
#include "cli/builtin.h"
#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/mem.h"

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
