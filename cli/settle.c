/* A line that registers policies of files ends when it is known what became of them. */
#include "applets/lua/scripts.h"
#include "cli/session_private.h"
#include "core/engine.h"
#include "core/mem.h"

static void
settled(void *arg)
{
	session_done(arg);
}

void
command_settle(struct command *c)
{
	struct session *s = c->session;
	struct scripts *scripts = s->cli->engine->scripts;

	if (scripts == NULL || scripts_are_settled(scripts)) {
		command_end(c, true, NULL);
		return;
	}
	mem_steal(c, notices_begin(s));
	scripts_on_settled(c, scripts, settled, s);
	/* Ctrl-C, or the session is gone: the line stands, and the log tells the rest. */
	session_wait(s, 0, NULL, NULL);
}
