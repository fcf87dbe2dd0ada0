/*
 * A CLI without a daemon for tests: an engine on a virtual clock with a configuration of two modes
 * (global lines `service NAME`, `alias NAME TEXT`, `applet NAME` with `description TEXT`, `step N`)
 * and a few commands that wait, ask and show.
 */
#ifndef TESTS_CLIHOST_H
#define TESTS_CLIHOST_H

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/port.h"
#include "cli/shell.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/text.h"
#include "core/writer.h"
#include "logging/logging.h"

struct host_args {
	struct kw_str name, text;
	struct kw_int n;
};
static const struct kw host_name_kw[] = {
	{ .help = "Name", .type = &kw_word, KW_AT(struct host_args, name), .flags = KW_REQ | KW_KEY },
	KW_END,
};
static const struct kw host_alias_kw[] = {
	{ .help = "Name", .type = &kw_word, KW_AT(struct host_args, name), .flags = KW_REQ | KW_KEY },
	{ .help = "Text", .type = &kw_line, KW_AT(struct host_args, text), .flags = KW_REQ },
	KW_END,
};
static const struct kw host_text_kw[] = {
	{ .help = "Text", .type = &kw_line, KW_AT(struct host_args, text), .flags = KW_REQ },
	KW_END,
};
static const struct kw host_number_kw[] = {
	{ .help = "Number",
		.type = &kw_number,
		KW_AT(struct host_args, n),
		.flags = KW_REQ,
		.min = 1,
		.max = 32 },
	KW_END,
};

/* An applet named BAD is kept and not registered. */
static bool
host_apply_applet(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)err;
	if (new != NULL && strcmp(((const struct host_args *)new->args)->name.s, "BAD") == 0)
		log_msg(e->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMPD_EEM_CONFIG", "BAD: no good");
	return true;
}

static bool
host_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)e, (void)old, (void)new, (void)err;
	return true;
}

static const char *
host_confirm(struct engine *e, const struct conf_node *n)
{
	(void)e, (void)n;
	return "Are you sure you want to do this? [yes/no]: ";
}

static const struct conf_mode host_modes[] = {
	{ .name = "config" },
	{ .name = "config-applet", .parent = "config", .commit_on_exit = true },
};
static const struct conf_row host_rows[] = {
	{ .cmd = { .words = "service",
		  .help = "Service",
		  .kw = host_name_kw,
		  .size = sizeof(struct host_args) },
		.mode = "config",
		.order = 1,
		.apply = host_apply,
		.confirm_no = host_confirm },
	{ .cmd = { .words = "alias", .help = "Alias", .kw = host_alias_kw, .size = sizeof(struct host_args) },
		.mode = "config",
		.order = 2,
		.apply = host_apply },
	{ .cmd = { .words = "applet",
		  .help = "Applet",
		  .kw = host_name_kw,
		  .size = sizeof(struct host_args) },
		.mode = "config",
		.enters = "config-applet",
		.order = 3,
		.apply = host_apply_applet },
	{ .cmd = { .words = "description",
		  .help = "Text",
		  .kw = host_text_kw,
		  .size = sizeof(struct host_args) },
		.mode = "config-applet",
		.order = 1 },
	{ .cmd = { .words = "step",
		  .help = "A step",
		  .kw = host_number_kw,
		  .size = sizeof(struct host_args) },
		.mode = "config-applet",
		.order = 2 },
};

/* ---- commands ---- */

struct host_wait {
	enum session_end why;
	bool over, print_done;
	struct session *s;
};
static struct host_wait host_wait; /* of the last `test wait` */

static void
host_over(void *arg, enum session_end why)
{
	struct host_wait *w = arg;

	w->over = true;
	w->why = why;
	if (why == SESSION_DEADLINE && w->print_done)
		session_done(w->s);
}

static enum cmd_result
host_test_wait(struct session *s, const void *args, struct err *err)
{
	(void)args, (void)err;
	host_wait = (struct host_wait){ .s = s };
	return session_wait(s, 5 * USEC_PER_SEC, host_over, &host_wait);
}

static void
host_answered(struct session *s, const struct answer *a, void *arg)
{
	(void)arg;
	session_print(s, "answer yes=%d given=%d [%s]\n", a->yes, a->given, a->text);
	session_done(s);
}

static enum cmd_result
host_ask(struct session *s, const void *args, struct err *err)
{
	static const struct {
		const char *word;
		enum ask_kind kind;
	} kinds[] = { { "test ask line", ASK_LINE }, { "test ask secret", ASK_SECRET },
		{ "test ask yesno", ASK_YESNO }, { "test ask confirm", ASK_CONFIRM },
		{ "test ask collect", ASK_COLLECT } };

	(void)args, (void)err;
	for (size_t i = 0; i < 5; i++)
		if (strcmp(session_row(s)->cmd.words, kinds[i].word) == 0)
			return session_ask(s, kinds[i].kind, "Well? ", host_answered, NULL);
	return CMD_REFUSED;
}

static enum cmd_result
host_show_rows(struct session *s, const void *args, struct err *err)
{
	struct writer *w = session_writer(s);

	(void)args, (void)err;
	w_text(w, "interface one\n ip 10.0.0.1\n  deep\n shutdown\ninterface two\n ip 10.0.0.2 one\nlast _x "
		  "line\n");
	w_int(w, "rows", 7);
	return CMD_DONE;
}

static enum cmd_result
host_refuse(struct session *s, const void *args, struct err *err)
{
	(void)s, (void)args;
	err_set(err, ERR_REFUSED, "EEM policy X not registered");
	return CMD_REFUSED_BARE;
}

static enum cmd_result
host_echo(struct session *s, const void *args, struct err *err)
{
	(void)err;
	session_print(s, "%s\n", ((const struct host_args *)args)->text.s);
	return CMD_DONE;
}

static const struct exec_cmd host_cmds[] = {
	{ .cmd = { .words = "test wait", .help = "Wait" }, .run = host_test_wait },
	{ .cmd = { .words = "test ask line", .help = "Ask" }, .run = host_ask },
	{ .cmd = { .words = "test ask secret", .help = "Ask" }, .run = host_ask },
	{ .cmd = { .words = "test ask yesno", .help = "Ask" }, .run = host_ask },
	{ .cmd = { .words = "test ask confirm", .help = "Ask" }, .run = host_ask },
	{ .cmd = { .words = "test ask collect", .help = "Ask" }, .run = host_ask },
	{ .cmd = { .words = "test refuse", .help = "Refuse" }, .run = host_refuse },
	{ .cmd = { .words = "test echo",
		  .help = "Echo",
		  .kw = host_text_kw,
		  .size = sizeof(struct host_args) },
		.run = host_echo },
	{ .cmd = { .words = "show rows", .help = "Rows" }, .flags = EXEC_SHOW, .run = host_show_rows },
	{ .cmd = { .words = "crypto learn", .help = "Learn", .level = 15 },
		.flags = EXEC_CONFIG,
		.run = host_ask },
	{ .cmd = { .words = "crypto echo",
		  .help = "Echo",
		  .kw = host_text_kw,
		  .size = sizeof(struct host_args),
		  .level = 15 },
		.flags = EXEC_CONFIG | EXEC_EXEC,
		.run = host_echo },
};

static struct engine *
host_new(const void *ctx)
{
	struct engine *e = mem_new(ctx, struct engine);

	e->hostname = "R1";
	e->clock = clock_new_virtual(e, 1700000000 * USEC_PER_SEC);
	e->loop = loop_new(e, e->clock);
	e->redact = redact_new(e);
	e->log = log_new(e, e->clock, e->redact);
	e->conf = conf_new(e, e);
	conf_modes(e->conf, host_modes, sizeof host_modes / sizeof host_modes[0]);
	conf_rows(e->conf, host_rows, sizeof host_rows / sizeof host_rows[0]);
	logging_new(e, e);
	e->cli = cli_new(e, e);
	e->cli_port = &cli_port;
	cli_commands(e->cli, host_cmds, sizeof host_cmds / sizeof host_cmds[0]);
	cli_word(e->cli, "test", "Test");
	cli_word(e->cli, "test ask", "Ask");
	return e;
}

#endif
