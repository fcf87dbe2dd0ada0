/* `test mail server S ...`: a job through the mailer, and what became of it on the session. */
#include "actions/mail/test/command.h"

#include <string.h>

#include "actions/mail/credential.h"
#include "actions/mail/destination/attempt.h"
#include "actions/mail/mailer.h"
#include "actions/mail/recorder/recorder.h"
#include "actions/mail/test/trial.h"
#include "actions/mail/test/verdict.h"
#include "applets/env.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"

/* A test under way; lives as long as the command. */
struct test {
	struct session *session;
	void *attempt; /* what it lives in */
};

static void
show(struct test *t, const struct mail_result *r)
{
	struct writer *w = session_writer(t->session);
	struct text out;

	if (writer_is_json(w)) {
		w_json(w, NULL, mail_verdict_json(r));
		return;
	}
	text_init(&out, t);
	mail_verdict_text(&out, r);
	w_foreign(w, out.s, out.len);
}

static void
tested(void *arg, const struct mail_result *r)
{
	struct test *t = arg;

	show(t, r);
	session_done(t->session);
}

/* Ctrl-C: the job is cancelled. */
static void
test_over(void *arg, enum session_end why)
{
	struct test *t = arg;

	(void)why;
	mem_free(t->attempt);
	t->attempt = NULL;
}

/* `test mail server "$_email_server"` is what the applets use. */
static const char *
server_of(struct test *t, struct engine *e, const struct kw_str *typed, struct err *err)
{
	const char *value;

	if (typed->s[0] != '$')
		return text_unquote(t, typed->s);
	value = environment_get(e->env, typed->s + 1, NULL);
	if (value == NULL)
		err_class(err, ERR_NOT_FOUND, "UNDEFINED_VARIABLE", "the variable %s does not exist",
			typed->s + 1);
	return value;
}

static struct mail_job *
job_of(struct test *t, struct engine *e, const struct mail_trial *a, struct err *err)
{
	const struct mail_defaults *d = mailer_defaults(e->mailer);
	const char *server = server_of(t, e, &a->server, err);
	const char *sender = environment_get(e->env, "_email_from", NULL);
	struct mail_job *job;

	if (server == NULL)
		return NULL;
	if (sender == NULL)
		sender = mem_printf(t, "eem@%s", engine_hostname(e));
	job = mail_trial_job(t, a, server, sender, err);
	if (job == NULL || !credential_apply(e, job, a->credential.set ? a->credential.s : NULL, err))
		return NULL;
	mailer_configure(e->mailer, job);
	job->cleartext_auth |= a->cleartext.set;
	mail_trial_time(job, a, (unsigned)(d->timeout / USEC_PER_SEC));
	return job;
}

static enum cmd_result
test_mail_server(struct session *s, const void *args, struct err *err)
{
	struct test *t = mem_new(session_cmd_ctx(s), struct test);
	struct engine *e = session_engine(s);
	const struct mail_trial *a = args;
	struct mail_result *refused;
	struct mail_job *job;

	t->session = s;
	job = job_of(t, e, a, err);
	if (job == NULL) {
		refused = mail_verdict_refused(t, err);
		recorder_refused(e, "test", 0, NULL, refused);
		show(t, refused);
		err_clear(err);
		return CMD_DONE;
	}
	t->attempt = mem_ctx(t, "attempt");
	mail_attempt(t->attempt, e, job, a->dane.set ? (enum mail_dane)a->dane.v : MAIL_DANE_NONE, tested, t);
	return session_wait(s, 0, test_over, t);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "test mail server",
		  .help = "Connect to a mail server and log in, without sending a mail",
		  .kw = mail_trial_kw,
		  .size = sizeof(struct mail_trial),
		  .level = 15 },
		.flags = EXEC_SHOW | EXEC_SECRET,
		.run = test_mail_server },
};

void
mail_test_commands(struct cli *cli)
{
	cli_word(cli, "test", "Test subsystems, memory, and interfaces");
	cli_word(cli, "test mail", "Test the delivery of mail");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
