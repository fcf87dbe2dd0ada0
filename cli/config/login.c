/*
 * login on-success log, login on-failure log: who logs in and out, as IOS says it (%SEC_LOGIN-..., %SYS-6-LOGOUT).
 * The kernel has said who it is before a session begins, so what can fail is `enable`.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/builtin.h"
#include "cli/session_private.h"
#include "cli/shell.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/log.h"

#define ON_SUCCESS "login on-success log"
#define ON_FAILURE "login on-failure log"

struct login_args {
	struct kw_int every;
};

static const struct kw login_kw[] = {
	{ .word = "every",
		.help = "Only each so many",
		.type = &kw_number,
		KW_AT(struct login_args, every),
		.min = 1,
		.max = 65535,
		.dflt = 1,
		.has_dflt = true },
	KW_END,
};

#define LOGIN(words_, help_)                               \
	{                                                  \
		.cmd = { .words = words_,                  \
			.help = help_,                     \
			.kw = login_kw,                    \
			.size = sizeof(struct login_args), \
			.level = 15 },                     \
		.mode = "config", .order = 45              \
	}

static const struct conf_row rows[] = {
	LOGIN(ON_FAILURE, "Generate syslogs on failed logins"),
	LOGIN(ON_SUCCESS, "Generate syslogs on successful logins"),
};

#define NO_TRAP \
	"the notification of a login is not sent here: 'log', and an applet on %SEC_LOGIN, can send any"

static const struct kw_absent absent[] = {
	{ "login on-success trap", NO_TRAP },
	{ "login on-failure trap", NO_TRAP },
	{ "login block-for",
		"nobody logs in over the network here: sessions are those of this machine's users" },
};

void
login_conf_rows(struct conf *conf)
{
	conf_word(conf, "config", "login", "Enable secure login checking");
	conf_word(conf, "config", "login on-success", "Set options for successful login attempt");
	conf_word(conf, "config", "login on-failure", "Set options for failed login attempt");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
	conf_absent(conf, "config", absent, sizeof absent / sizeof *absent);
}

/* Counts, and says whether this one is told. */
static bool
is_told(const struct session *s, const char *line, unsigned *count)
{
	const struct engine *e = s->cli->engine;
	const struct conf_node *n = e->conf != NULL ? conf_find(e->conf, line) : NULL;
	const struct login_args *a = n != NULL ? n->args : NULL;

	return e->log != NULL && a != NULL && ++*count % (a->every.set ? (unsigned)a->every.v : 1) == 0;
}

/* "13:55:05 UTC Mon Mar 1 2021" */
static void
moment(const struct session *s, char out[64])
{
	time_t t = (time_t)(loop_wall(s->cli->engine->loop) / USEC_PER_SEC);
	char form[48];
	struct tm tm;

	gmtime_r(&t, &tm);
	snprintf(form, sizeof form, "%%H:%%M:%%S UTC %%a %%b %d %%Y", tm.tm_mday);
	strftime(out, 64, form, &tm);
}

void
login_succeeded(struct session *s)
{
	char at[64];

	if (!is_told(s, ON_SUCCESS, &s->cli->logins))
		return;
	moment(s, at);
	log_msg(s->cli->engine->log, s->cause, "SEC_LOGIN", SEV_NOTIFICATIONS, "LOGIN_SUCCESS",
		"Login Success [user: %s] [Source: %s] [localport: 0] at %s", s->user, s->location, at);
}

void
login_failed(struct session *s)
{
	char at[64];

	if (!is_told(s, ON_FAILURE, &s->cli->failed_logins))
		return;
	moment(s, at);
	log_msg(s->cli->engine->log, s->cause, "SEC_LOGIN", SEV_WARNINGS, "LOGIN_FAILED",
		"Login failed [user: %s] [Source: %s] [localport: 0] [Reason: Login Authentication Failed - "
		"BadPassword] at %s",
		s->user, s->location, at);
}

void
login_ended(struct session *s)
{
	struct log *log = s->cli->engine->log;

	if (log != NULL)
		log_msg(log, s->cause, "SYS", SEV_INFORMATIONAL, "LOGOUT",
			"User %s has exited tty session %u(%s)", s->user, s->line, s->location);
}
