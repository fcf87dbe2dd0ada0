/* terminal ...: how this session's screen is used. */
#include "cli/builtin.h"
#include "cli/session.h"

struct size_args {
	struct kw_int n;
};

static const struct kw lines_kw[] = {
	{ .help = "Number of lines on screen (0 for no pausing)",
		.type = &kw_number,
		KW_AT(struct size_args, n),
		.flags = KW_REQ,
		.min = 0,
		.max = 512 },
	KW_END,
};
static const struct kw columns_kw[] = {
	{ .help = "Number of characters on a screen line",
		.type = &kw_number,
		KW_AT(struct size_args, n),
		.flags = KW_REQ,
		.min = 0,
		.max = 512 },
	KW_END,
};
static const struct kw history_kw[] = {
	{ .help = "Size of history buffer",
		.type = &kw_number,
		KW_AT(struct size_args, n),
		.flags = KW_REQ,
		.min = 0,
		.max = 256 },
	KW_END,
};

static unsigned
size_of(const void *args)
{
	return (unsigned)((const struct size_args *)args)->n.v;
}

static enum cmd_result
set_length(struct session *s, const void *args, struct err *err)
{
	session_term(s)->length = size_of(args);
	return CMD_DONE;
}

static enum cmd_result
set_width(struct session *s, const void *args, struct err *err)
{
	session_term(s)->width = size_of(args);
	return CMD_DONE;
}

static enum cmd_result
set_history(struct session *s, const void *args, struct err *err)
{
	session_term(s)->history = size_of(args);
	return CMD_DONE;
}

static enum cmd_result
monitor(struct session *s, const void *args, struct err *err)
{
	session_term(s)->monitor = true;
	return CMD_DONE;
}

static enum cmd_result
no_monitor(struct session *s, const void *args, struct err *err)
{
	session_term(s)->monitor = false;
	return CMD_DONE;
}

static enum cmd_result
timestamp(struct session *s, const void *args, struct err *err)
{
	session_term(s)->timestamp = true;
	return CMD_DONE;
}

static enum cmd_result
no_timestamp(struct session *s, const void *args, struct err *err)
{
	session_term(s)->timestamp = false;
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "terminal length",
		  .help = "Set number of lines on a screen",
		  .kw = lines_kw,
		  .size = sizeof(struct size_args) },
		.run = set_length },
	{ .cmd = { .words = "terminal width",
		  .help = "Set width of the display terminal",
		  .kw = columns_kw,
		  .size = sizeof(struct size_args) },
		.run = set_width },
	{ .cmd = { .words = "terminal history size",
		  .help = "Set history buffer size",
		  .kw = history_kw,
		  .size = sizeof(struct size_args) },
		.run = set_history },
	{ .cmd = { .words = "terminal monitor",
		  .help = "Copy debug output to the current terminal line",
		  .level = 1 },
		.run = monitor },
	{ .cmd = { .words = "terminal no monitor",
		  .help = "Do not copy debug output to the current terminal line",
		  .level = 1 },
		.run = no_monitor },
	{ .cmd = { .words = "terminal exec prompt timestamp",
		  .help = "Tell load and time before each show",
		  .level = 1 },
		.run = timestamp },
	{ .cmd = { .words = "terminal no exec prompt timestamp",
		  .help = "Do not tell load and time before each show",
		  .level = 1 },
		.run = no_timestamp },
};

void
exec_terminal_register(struct cli *cli)
{
	cli_word(cli, "terminal exec", "Configure EXEC");
	cli_word(cli, "terminal exec prompt", "Around a command");
	cli_word(cli, "terminal no exec", "Configure EXEC");
	cli_word(cli, "terminal no exec prompt", "Around a command");
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
