/*
 * enable, disable: the privilege of a session. Whoever was not opened privileged (rulings 23) gives a
 * password, whose crypt(3) hash stands in the settings (cli.users). Hashing takes a tenth of a second on
 * purpose, so a worker thread does it.
 */
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/builtin.h"
#include "cli/session_private.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/settings.h"

#define TRIES 3
#define RETRY_AFTER \
	(50 * USEC_PER_MSEC) /* one password is looked at at a time: nobody occupies all workers */

struct level_args {
	struct kw_int level;
};

static const struct kw level_kw[] = {
	{ .help = "Privilege level",
		.type = &kw_number,
		KW_AT(struct level_args, level),
		.min = 0,
		.max = 15 },
	KW_END,
};

/* A session that wants more; belongs to the command. */
struct enable {
	struct session *session;
	unsigned level, tries;
	char *password; /* to be looked at */
	struct timer *retry;
	bool is_checking; /* counts in cli->checks */
};

/* What the worker gets: nothing of ours, malloc()ed. */
struct check {
	struct enable *enable; /* of the engine's thread */
	char *password, *hash;
	bool is_known; /* there is a user of that name; the work is the same without */
	bool is_right;
};

static void enable_password(struct session *, const struct answer *, void *);

/* ---- in the worker ---- */

static bool
equal_in_constant_time(const char *a, const char *b)
{
	size_t n = strlen(a), i;
	unsigned char differs = strlen(b) != n;

	for (i = 0; i < n && b[i] != '\0'; i++)
		differs |= (unsigned char)(a[i] ^ b[i]);
	return !differs;
}

static void
hash_password(void *data)
{
	struct check *c = data;
	struct crypt_data *room = calloc(1, sizeof *room);
	const char *hash = room != NULL ? crypt_rn(c->password, c->hash, room, sizeof *room) : NULL;

	c->is_right = hash != NULL && equal_in_constant_time(hash, c->hash) && c->is_known;
	if (room != NULL)
		explicit_bzero(room, sizeof *room);
	free(room);
}

static void
free_check(void *data)
{
	struct check *c = data;

	explicit_bzero(c->password, strlen(c->password));
	free(c->password);
	free(c->hash);
	free(c);
}

/* ---- in the engine ---- */

static void
end_check(struct enable *e)
{
	e->session->cli->checks -= e->is_checking;
	e->is_checking = false;
}

static int
enable_gone(void *p)
{
	struct enable *e = p;

	end_check(e);
	if (e->password != NULL)
		explicit_bzero(e->password, strlen(e->password));
	return 0;
}

static void
log_outcome(struct session *s, unsigned level, bool passed)
{
	struct log *log = s->cli->engine->log;

	if (log == NULL)
		return;
	if (passed)
		log_msg(log, s->cause, "SYS", SEV_NOTIFICATIONS, "PRIV_AUTH_PASS",
			"Privilege level set to %u by %s", level, s->who);
	else
		log_msg(log, s->cause, "SYS", SEV_WARNINGS, "PRIV_AUTH_FAIL",
			"Authentication to Privilege level %u failed by %s", level, s->who);
	if (!passed)
		login_failed(s);
}

static void
refuse(struct enable *e)
{
	struct err err = ERR_INIT;

	log_outcome(e->session, e->level, false);
	err_set(&err, ERR_REFUSED, "Bad secrets");
	session_fail(e->session, &err);
}

static void
checked(void *data)
{
	const struct check *c = data;
	struct enable *e = c->enable;
	struct session *s = e->session;

	end_check(e);
	if (c->is_right) {
		s->level = e->level;
		log_outcome(s, e->level, true);
		session_done(s);
	} else if (++e->tries < TRIES) {
		session_ask(s, ASK_SECRET, "Password: ", enable_password, e);
	} else {
		refuse(e);
	}
}

/* An unknown name costs as much as a known one. */
static const char *
hash_of(const struct settings *settings, const char *user, bool *is_known)
{
	for (size_t i = 0; i < settings->cli_user_count; i++)
		if (strcmp(settings->cli_users[i].key, user) == 0) {
			*is_known = true;
			return settings->cli_users[i].value;
		}
	*is_known = false;
	return settings->cli_users[0].value;
}

static void
check_password(void *arg)
{
	struct enable *e = arg;
	struct cli *cli = e->session->cli;
	const struct settings *settings = cli->engine->settings;
	struct check *c;

	if (cli->checks > 0) {
		timer_set(e->retry, RETRY_AFTER);
		return;
	}
	if (settings->cli_user_count == 0) { /* gone with a reload */
		refuse(e);
		return;
	}
	c = calloc(1, sizeof *c);
	if (c == NULL)
		abort();
	c->enable = e;
	c->password = strdup(e->password);
	c->hash = strdup(hash_of(settings, e->session->user, &c->is_known));
	if (c->password == NULL || c->hash == NULL)
		abort();
	explicit_bzero(e->password, strlen(e->password));
	e->is_checking = true;
	cli->checks++;
	work_submit(e, cli->engine->loop, hash_password, checked, free_check, c);
}

static void
wait_over(void *arg, enum session_end why)
{
}

static void
enable_password(struct session *s, const struct answer *a, void *arg)
{
	struct enable *e = arg;

	if (!a->given) {
		refuse(e);
		return;
	}
	mem_free(e->password);
	e->password = mem_strdup(e, a->text);
	session_wait(s, 0, wait_over, e);
	check_password(e);
}

static enum cmd_result
enable(struct session *s, const void *args, struct err *err)
{
	const struct level_args *a = args;
	const struct settings *settings = s->cli->engine->settings;
	unsigned level = a->level.set ? (unsigned)a->level.v : 15;
	struct enable *e;

	/* What it was opened with needs no password; rulings 49. */
	if (level <= s->level || level <= s->entitled || s->is_policy) {
		s->level = level;
		return CMD_DONE;
	}
	if (settings == NULL || settings->cli_user_count == 0) {
		err_set(err, ERR_REFUSED, "No password set");
		return CMD_REFUSED;
	}
	e = mem_new(session_cmd_ctx(s), struct enable);
	e->session = s;
	e->level = level;
	mem_on_free(e, enable_gone);
	e->retry = timer_after(e, s->cli->engine->loop, RETRY_AFTER, check_password, e);
	timer_stop(e->retry);
	return session_ask(s, ASK_SECRET, "Password: ", enable_password, e);
}

static enum cmd_result
disable(struct session *s, const void *args, struct err *err)
{
	const struct level_args *a = args;
	unsigned level = a->level.set ? (unsigned)a->level.v : 1;

	if (level > s->level) {
		err_set(err, ERR_REFUSED, "New privilege level must be less than current privilege level");
		return CMD_REFUSED;
	}
	s->level = level;
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "enable",
		  .help = "Turn on privileged commands",
		  .kw = level_kw,
		  .size = sizeof(struct level_args) },
		.run = enable },
	{ .cmd = { .words = "disable",
		  .help = "Turn off privileged commands",
		  .kw = level_kw,
		  .size = sizeof(struct level_args) },
		.run = disable },
};

void
exec_enable_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
