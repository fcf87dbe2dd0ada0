/* ip sla restart, ip sla reset. */
#include <string.h>

#include "cli/session.h"
#include "conf/conf.h"
#include "core/mem.h"
#include "core/text.h"
#include "probe/show.h"

static const struct kw restart_kw[] = {
	{ .help = "Entry number",
		.type = &kw_number,
		KW_AT(struct sla_show_args, number),
		.flags = KW_REQ,
		.min = 1,
		.max = SLA_MAX },
	KW_END,
};

static enum cmd_result
restart(struct session *s, const void *args, struct err *err)
{
	const struct sla_show_args *a = args;
	struct operation *o = slas_find(session_engine(s)->sla_world, (uint32_t)a->number.v);

	if (o == NULL || !o->configured || !o->config.has_kind) {
		err_set(err, ERR_NOT_FOUND, "Entry %u does not exist", (unsigned)a->number.v);
		return CMD_REFUSED;
	}
	if (!o->schedule.is_set) {
		err_set(err, ERR_REFUSED, "Entry %u is not scheduled", o->number);
		err_hint(err, "ip sla schedule %u start-time now", o->number);
		return CMD_REFUSED;
	}
	operation_restart(o);
	return CMD_DONE;
}

/*
 * IOS: stops all operations and clears what is configured of IP SLAs, as if it had just started; the startup
 * configuration is not read again. The responder serves the operations of others, and stays.
 */
static enum cmd_result
reset(struct session *s, const void *args, struct err *err)
{
	struct conf *conf = session_engine(s)->conf;
	struct text lines;
	bool fine;

	text_init(&lines, NULL);
	for (const struct conf_node *n = conf_root(conf)->first; n != NULL; n = n->next)
		if (strncmp(n->row->cmd.words, "ip sla", strlen("ip sla")) == 0 &&
			strncmp(n->row->cmd.words, "ip sla responder", strlen("ip sla responder")) != 0)
			text_printf(&lines, "no %s\n", n->key);
	fine = conf_load(conf, session_who(s), lines.s, false, true, NULL, NULL, err);
	mem_free(lines.s);
	return fine ? CMD_DONE : CMD_REFUSED;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "ip sla restart",
		  .help = "Restart an active entry",
		  .kw = restart_kw,
		  .size = sizeof(struct sla_show_args),
		  .level = 15 },
		.flags = EXEC_CONFIG,
		.run = restart },
	{ .cmd = { .words = "ip sla reset",
		  .help = "Stop all entries and clear their configuration",
		  .level = 15 },
		.flags = EXEC_CONFIG,
		.run = reset },
};

void
sla_commands(struct cli *cli)
{
	cli_word(cli, "ip", "Global IP configuration subcommands");
	cli_word(cli, "ip sla", "IP Service Level Agreements");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
