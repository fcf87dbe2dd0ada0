/* send log, clear logging: what a person does to the log. */
#include <string.h>

#include "cli/builtin.h"
#include "cli/session_private.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"

struct text_args {
	struct kw_str text;
};

static const struct kw text_kw[] = {
	{ .help = "[level] text of the message",
		.type = &kw_line,
		KW_AT(struct text_args, text),
		.flags = KW_REQ },
	KW_END,
};

/* ORDER: enum severity */
static const char *const mnemonics[] = {
	"USERLOG_EMERG",
	"USERLOG_ALERT",
	"USERLOG_CRIT",
	"USERLOG_ERR",
	"USERLOG_WARNING",
	"USERLOG_NOTICE",
	"USERLOG_INFO",
	"USERLOG_DEBUG",
};

/* A first word that is a level is one, when text follows it. */
static enum cmd_result
send_log(struct session *s, const void *args, struct err *err)
{
	const char *text = ((const struct text_args *)args)->text.s;
	size_t n = strcspn(text, " \t");
	const char *rest = text + n + strspn(text + n, " \t");
	char *word = mem_strndup(session_cmd_ctx(s), text, n);
	enum severity level = SEV_DEBUGGING;

	if (*rest != '\0' && severity_parse(word, &level))
		text = rest;
	else
		level = SEV_DEBUGGING;
	log_msg(session_engine(s)->log, session_cause(s), "SYS", level, mnemonics[level],
		"Message from tty%u(user id: %s): %s", s->line, session_user(s), text);
	return CMD_DONE;
}

static void
clear_confirmed(struct session *s, const struct answer *a, void *arg)
{
	if (a->yes)
		log_clear(session_engine(s)->log);
	session_done(s);
}

static enum cmd_result
clear_logging(struct session *s, const void *args, struct err *err)
{
	const struct answer yes = { .yes = true };

	if (session_is_quiet(s)) {
		clear_confirmed(s, &yes, NULL);
		return CMD_WAIT;
	}
	return session_ask(s, ASK_CONFIRM, "Clear logging buffer [confirm]", clear_confirmed, NULL);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "send log",
		  .help = "Log a message",
		  .kw = text_kw,
		  .size = sizeof(struct text_args),
		  .level = 15 },
		.run = send_log },
	{ .cmd = { .words = "clear logging", .help = "Clear logging buffer", .level = 15 },
		.run = clear_logging },
};

void
exec_log_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
