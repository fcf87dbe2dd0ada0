/* What a commit logs about the policies it made is told to the session that caused it, too. */
#include <string.h>

#include "cli/session_private.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"

struct notices {
	struct session *session;
};

static const char *const mnemonics[] = {
	"FMPD_EEM_CONFIG",
	"FMPD_NO_ACTION",
	"FMPD_NO_EVENT",
	"FMPD_REGISTER",
	"FMPD_UNKNOWN_ENV",
};

static bool
is_notice(const struct log_entry *e)
{
	if (strcmp(e->facility, "HA_EM") != 0)
		return false;
	for (size_t i = 0; i < sizeof mnemonics / sizeof mnemonics[0]; i++) {
		if (strcmp(e->mnemonic, mnemonics[i]) == 0)
			return true;
	}
	return false;
}

/* A terminal with `terminal monitor` shows the message itself. */
static bool
is_monitored(const struct session *s, const struct log_entry *e)
{
	return s->term.monitor && s->ops != NULL && s->ops->monitor != NULL &&
	       log_shows(s->cli->engine->log, LOG_MONITOR, e);
}

static void
logged(void *arg, const struct log_entry *e)
{
	struct session *s = ((struct notices *)arg)->session;
	const char *text = strstr(e->text, ": ");

	if (text != NULL && is_notice(e) && !is_monitored(s, e))
		session_print(s, "%% %s\n", text + 2);
}

struct notices *
notices_begin(struct session *s)
{
	struct notices *n = mem_new(s, struct notices);

	n->session = s;
	if (s->cli->engine->log != NULL)
		log_sink(n, s->cli->engine->log, logged, n);
	return n;
}

void
notices_end(struct notices *n)
{
	mem_free(n);
}
