/*
 * action LABEL reload and force-switchover: eventd does neither by itself. What
 * `event manager allow {reload | force-switchover} COMMAND` names is run, as a program with arguments and
 * never through a shell; without it reload only says so, and force-switchover fails (eem-language 6.10).
 */
#include "actions/io/system.h"

#include <string.h>

#include "actions/action.h"
#include "actions/io/io.h"
#include "conf/conf.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"

enum { ORDER_ALLOW = 8050 };

struct allow_args {
	struct kw_str command;
};

/* ---- configuration ---- */

static const struct kw allow_kw[] = {
	{ .help = "Absolute path of a program, and its arguments",
		.type = &kw_text,
		KW_AT(struct allow_args, command),
		.flags = KW_REQ },
	KW_END,
};

static bool
allow_adopt(struct engine *engine, void *args, struct err *err)
{
	const struct allow_args *a = args;

	return a->command.s[0] == '/' ||
	       err_set(err, ERR_REFUSED, "'%s' is no absolute path of a program", a->command.s);
}

static const char reload_words[] = "event manager allow reload";
static const char switchover_words[] = "event manager allow force-switchover";

#define ROW(words_, help_)                                                   \
	{                                                                    \
		.cmd = { .words = words_,                                    \
			.help = help_,                                       \
			.kw = allow_kw,                                      \
			.size = sizeof(struct allow_args),                   \
			.level = 15 },                                       \
		.mode = "config", .order = ORDER_ALLOW, .adopt = allow_adopt \
	}

static const struct conf_row rows[] = {
	ROW(switchover_words, "What action force-switchover runs"),
	ROW(reload_words, "What reload runs, the action and the command"),
};

void
system_config_start(struct engine *engine)
{
	conf_word(engine->conf, "config", "event manager allow",
		"Actions upon the device that policies may take");
	conf_rows(engine->conf, rows, sizeof rows / sizeof *rows);
}

/* ---- running it ---- */

/* A program under way; it may outlive the run. */
struct hook {
	struct engine *engine;
	const char *command;
};

static void
hook_ended(void *arg, int exit_code, int term_signal)
{
	struct hook *h = arg;

	loop_in_flight(h->engine->loop, -1);
	if (term_signal != 0)
		log_msg(h->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMS_HOOK", "%s: ended by signal %d",
			h->command, term_signal);
	else if (exit_code != 0)
		log_msg(h->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMS_HOOK", "%s: ended with status %d",
			h->command, exit_code);
	mem_free(h);
}

static bool
hook_start(struct engine *engine, const char *command, struct err *err)
{
	struct hook *h = mem_new(engine, struct hook);
	struct kw_token *words;
	size_t n = kw_split(h, command, &words);
	const char **argv = mem_array(h, const char *, n + 1);

	for (size_t i = 0; i < n; i++)
		argv[i] = words[i].text;
	h->engine = engine;
	h->command = mem_strdup(h, command);
	if (!child_start(h, engine->loop,
		    &(struct child_spec){ .file = argv[0],
			    .argv = argv,
			    .fds = { -1, -1, -1 },
			    .nfds = 3,
			    .own_group = true },
		    hook_ended, h, err)) {
		mem_free(h);
		return false;
	}
	loop_in_flight(engine->loop, 1);
	return true;
}

static const char *
allowed(const struct engine *engine, const char *words)
{
	const struct conf_node *n = conf_find(engine->conf, words);

	return n != NULL ? ((const struct allow_args *)n->args)->command.s : NULL;
}

bool
system_may_reload(const struct engine *engine)
{
	return allowed(engine, reload_words) != NULL;
}

bool
system_reload(struct engine *engine, struct err *err)
{
	const char *command = allowed(engine, reload_words);

	if (command == NULL)
		return err_set(err, ERR_REFUSED, "it is not allowed, see event manager allow reload");
	return hook_start(engine, command, err);
}

/* ---- the actions ---- */

static enum step
carry_out(struct run *run, const char *command)
{
	struct err err = ERR_INIT;

	if (!run_is_live(run) || hook_start(run_engine(run), command, &err))
		return STEP_NEXT;
	return run_fail(run, "FH_ESYSERR", SEV_ERRORS, "FMS_HOOK", "%s", err.text);
}

static enum step
reload_exec(struct run *run, const void *args)
{
	const char *command = allowed(run_engine(run), reload_words);

	run_log(run, "HA_EM", SEV_INFORMATIONAL, "FMS_RELOAD_SYSTEM",
		"Policy has requested a system reload%s",
		command ? "" : "; it is not allowed, see event manager allow reload");
	return command ? carry_out(run, command) : STEP_NEXT;
}

static enum step
switchover_exec(struct run *run, const void *args)
{
	const char *command = allowed(run_engine(run), switchover_words);

	if (command == NULL)
		return run_fail(run, "FH_ENOTSUP", SEV_INFORMATIONAL, "FMS_SWITCH_SOFTWARE",
			"Policy has requested a software switchover; it is not allowed, see event manager "
			"allow "
			"force-switchover");
	run_log(run, "HA_EM", SEV_INFORMATIONAL, "FMS_SWITCH_SOFTWARE",
		"Policy has requested a software switchover");
	return carry_out(run, command);
}

const struct action action_reload = {
	.name = "reload",
	.help = "Reload system",
	.exec = reload_exec,
};

const struct action action_force_switchover = {
	.name = "force-switchover",
	.help = "Force a software switchover",
	.exec = switchover_exec,
};
