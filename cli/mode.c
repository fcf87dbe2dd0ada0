/* Modes: EXEC or a place in the configuration, and the prompt that shows it. */
#include <stdio.h>
#include <string.h>

#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "detect/config.h"

#define PROMPT_HOST 20 /* characters of the host name in configuration modes */

const char *
mode_parser_name(const struct session *s)
{
	return s->edit != NULL ? conf_edit_mode(s->edit) : "exec";
}

const char *
session_prompt(struct session *s)
{
	const char *host = engine_hostname(s->cli->engine);

	if (s->edit == NULL)
		snprintf(s->prompt, sizeof s->prompt, "%.100s%c", host, s->level > 1 ? '#' : '>');
	else
		snprintf(s->prompt, sizeof s->prompt, "%.*s(%.100s)#", PROMPT_HOST, host,
			conf_edit_shown(s->edit));
	return s->prompt;
}

bool
mode_enter_config(struct session *s)
{
	if (s->edit != NULL || s->cli->engine->conf == NULL)
		return false;
	s->edit = conf_edit_new(s, s->cli->engine->conf, s->who);
	return true;
}

static void
say_configured(struct session *s, bool changed)
{
	struct log *log = s->cli->engine->log;

	if (log != NULL)
		log_msg(log, s->cause, "SYS", SEV_NOTIFICATIONS, "CONFIG_I", "Configured from console by %s",
			s->who);
	if (changed && s->cli->engine->bus != NULL)
		config_changed(s->cli->engine, s->who, s->cause);
}

/* IOS says so whenever configuration is left, changed or not. */
static void
left_config(struct session *s)
{
	bool changed = conf_edit_changed(s->edit);

	mem_free(s->edit);
	s->edit = NULL;
	say_configured(s, changed);
}

bool
mode_line(struct session *s, const char *line, bool confirmed, const char **question, struct err *err)
{
	struct notices *n = notices_begin(s);
	bool ok = conf_edit_line(s->edit, line, confirmed, question, err);

	notices_end(n);
	return ok;
}

/* Nobody left the configuration: a script stopped at a bad line, a connection broke. */
void
mode_abandon(struct session *s)
{
	if (s->edit == NULL)
		return;
	conf_edit_abandon(s->edit);
	if (conf_edit_changed(s->edit))
		say_configured(s, true);
	s->edit = NULL;
}

bool
mode_leave_config(struct session *s, struct err *err)
{
	struct notices *n = notices_begin(s);
	bool ok = conf_edit_end(s->edit, err);

	notices_end(n);
	left_config(s);
	return ok;
}

bool
mode_exit(struct session *s, struct err *err)
{
	struct notices *n = notices_begin(s);
	bool left = false, ok;

	ok = conf_edit_exit(s->edit, &left, err);
	notices_end(n);
	if (left)
		left_config(s);
	return ok;
}

bool
mode_to_global(struct session *s, struct err *err)
{
	while (s->edit != NULL && strcmp(conf_edit_mode(s->edit), "config") != 0) {
		if (!mode_exit(s, err))
			return false;
	}
	return true;
}
