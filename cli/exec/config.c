/* write, erase startup-config, configure replace: the configuration as a whole. */
#include "cli/builtin.h"
#include "cli/findings.h"
#include "cli/session.h"
#include "cli/startup.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/mem.h"
#include "core/text.h"
#include "detect/config.h"

#define CONFIG_MAX ((size_t)64 << 20)

static enum cmd_result
write_memory(struct session *s, const void *args, struct err *err)
{
	return startup_save(s, err) ? CMD_DONE : CMD_REFUSED;
}

static void
erase_confirmed(struct session *s, const struct answer *a, void *arg)
{
	struct err err = ERR_INIT;

	if (!a->yes) {
		session_done(s);
		return;
	}
	if (!startup_erase(session_engine(s)->conf, &err)) {
		session_fail(s, &err);
		return;
	}
	session_print(s, "[OK]\nErase of nvram: complete\n");
	session_done(s);
}

static enum cmd_result
erase(struct session *s, const void *args, struct err *err)
{
	const struct answer yes = { .yes = true };

	if (session_is_quiet(s)) {
		erase_confirmed(s, &yes, NULL);
		return CMD_WAIT;
	}
	return session_ask(s, ASK_CONFIRM,
		"Erasing the nvram filesystem will remove all configuration files! Continue? [confirm]",
		erase_confirmed, NULL);
}

/* ---- configure replace ---- */

struct replace_args {
	struct kw_str file;
	struct kw_flag force;
};

static const struct kw replace_kw[] = {
	{ .help = "File with the configuration, such as flash:name",
		.type = &kw_word,
		KW_AT(struct replace_args, file),
		.flags = KW_REQ },
	{ .word = "force", .help = "Without being asked", KW_AT(struct replace_args, force) },
	KW_END,
};

/* All or nothing: a bad line leaves the running configuration as it was. */
static bool
replace(struct session *s, const char *name, struct err *err)
{
	struct engine *e = session_engine(s);
	unsigned how = session_level(s) >= 15 && !session_is_policy(s) ? FILES_ABSOLUTE : 0;
	struct findings found = { .session = s };
	struct text t;

	text_init(&t, session_cmd_ctx(s));
	if (!files_read(e->files, name, how, CONFIG_MAX, &t, err))
		return false;
	uint64_t revision = conf_revision(e->conf)->number;
	if (!conf_load(e->conf, name, t.s, true, true, findings_print, &found, err))
		return findings_refuse(&found, "Not replaced", name, err);
	if (conf_revision(e->conf)->number != revision)
		config_changed(e, session_who(s), session_cause(s));
	session_print(s, "Total number of passes: 1\nRollback Done\n");
	return true;
}

static void
replace_confirmed(struct session *s, const struct answer *a, void *arg)
{
	const struct replace_args *r = arg;
	struct err err = ERR_INIT;

	if ((a->text[0] != 'y' && a->text[0] != 'Y') || replace(s, r->file.s, &err))
		session_done(s);
	else
		session_fail(s, &err);
}

static enum cmd_result
configure_replace(struct session *s, const void *args, struct err *err)
{
	const struct replace_args *a = args;

	if (a->force.set)
		return replace(s, a->file.s, err) ? CMD_DONE : CMD_REFUSED;
	session_print(s, "This will apply all necessary additions and deletions\n"
			 "to replace the current running configuration with the\n"
			 "contents of the specified configuration file, which is\n"
			 "assumed to be a complete configuration, not a partial\n"
			 "configuration. ");
	return session_ask(s, ASK_LINE,
		"Enter Y if you are sure you want to proceed. ? [no]: ", replace_confirmed,
		(void *)(uintptr_t)args);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "write", .help = "Write running configuration to memory", .level = 15 },
		.run = write_memory },
	{ .cmd = { .words = "write memory", .help = "Write to NV memory", .level = 15 },
		.run = write_memory },
	{ .cmd = { .words = "write erase", .help = "Erase NV memory", .level = 15 }, .run = erase },
	{ .cmd = { .words = "erase startup-config",
		  .help = "Erase contents of configuration memory",
		  .level = 15 },
		.run = erase },
	{ .cmd = { .words = "configure replace",
		  .help = "Replace the running-config with a new config file",
		  .kw = replace_kw,
		  .size = sizeof(struct replace_args),
		  .level = 15 },
		.run = configure_replace },
};

void
exec_config_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
