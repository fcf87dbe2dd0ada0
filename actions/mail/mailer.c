/* The engine's end of mail delivery: jobs to processes, traces to the log, results to runs. */
#include "actions/mail/mailer.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "actions/mail/mailer_private.h"
#include "actions/mail/message.h"
#include "actions/mail/report/tlsrpt.h"
#include "actions/mail/recorder/recorder.h"
#include "actions/mail/token.h"
#include "core/engine.h"
#include "core/helper.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/rng.h"
#include "core/settings.h"
#include "pki/learnt.h"
#include "pki/store.h"

#define PROCESSES_PER_PLACE 8
#define IDLE_MAX            (30 * USEC_PER_SEC) /* of a process beyond max-parallel */
#define GRACE               (3 * USEC_PER_SEC) /* behind a job's own deadline, before its process is taken for hung */

void
mailer_finish(struct mail_ticket *t, const struct mail_result *result)
{
	mailer_done_f *done = t->done;
	void *arg = t->arg;

	if (t->worker != NULL)
		t->worker->ticket = NULL;
	t->worker = NULL;
	delivery_log_result(t->mailer->engine, &t->log, t->job, result);
	tlsrpt_delivery(t->mailer->engine, t->job, result);
	mem_steal(t->mailer, t);
	done(arg, result);
	mem_free(t);
}

void
mailer_finish_failed(struct mail_ticket *t, enum mail_class class, const char *detail)
{
	struct mail_result *r = mail_result_new(NULL, t->job->id);

	r->class = class;
	r->phase = t->phase;
	r->detail = detail;
	r->host = t->job->host;
	r->port = t->job->port;
	r->direct = t->job->direct;
	r->unconfirmed = t->is_sending;
	recorder_end(t->mailer->engine, t->job, r, t->trace, t->begun);
	mailer_finish(t, r);
	mem_free(r);
}

static void new_helper(struct worker *);

static void
on_idle_too_long(void *arg)
{
	struct worker *w = arg;

	if (w->job != 0)
		return;
	mem_free(w->helper); /* ends the process */
	new_helper(w);
}

static void
end_when_idle(struct worker *w)
{
	struct mailer *m = w->mailer;

	if (w->timer == NULL)
		w->timer = timer_after(m, m->engine->loop, IDLE_MAX, on_idle_too_long, w);
	else
		timer_set(w->timer, IDLE_MAX);
}

void
mailer_idle(struct worker *w)
{
	struct mailer *m = w->mailer;

	w->job = 0;
	loop_in_flight(m->engine->loop, -1);
	if (w >= &m->workers[m->parallel])
		end_when_idle(w);
}

/* ---- handing out jobs ---- */

static void
on_hung(void *arg)
{
	struct mail_ticket *t = arg;

	helper_kill(t->worker->helper, SIGKILL);
}

/* CRLs and OCSP responses that other processes have fetched since this one's last job. */
static void
brief(struct worker *w)
{
	json_t *message;

	if (w->mailer->engine->pki == NULL)
		return;
	message = learnt_brief(pki_learnt(w->mailer->engine->pki), &w->briefed);
	if (message != NULL)
		helper_send(w->helper, message, NULL);
	json_decref(message);
}

static void
start(struct worker *w, struct mail_ticket *t)
{
	struct mailer *m = w->mailer;
	struct err err = ERR_INIT;
	json_t *message;
	bool sent;

	t->is_waiting = false;
	t->phase = PHASE_CONNECT;
	w->ticket = t;
	w->job = t->job->id;
	t->worker = w;
	open_session_forget(&w->session);
	loop_in_flight(m->engine->loop, 1);
	if (recorder_begin(m->engine, t->job)) {
		t->trace = text_new(t);
		t->job->messages =
			1; /* a failure's packets begin with its own handshake, and are of no other mail */
	}
	message = mail_job_to_json(t->job);
	brief(w);
	t->begun = clock_wall(m->engine->clock);
	sent = helper_send(w->helper, message, &err);
	json_decref(message);
	if (!sent) {
		mailer_idle(w);
		mailer_finish_failed(t, MAIL_HELPER_FAILED, err.text);
		return;
	}
	t->timer = timer_after(
		t, m->engine->loop, (usec)t->job->timeouts.total * USEC_PER_MSEC + GRACE, on_hung, t);
}

/* The lower the better: the open session to there, no session, one that is given up for it, one more process. */
static int
cost_of(const struct worker *w, const struct mail_job *job)
{
	usec now = clock_mono(w->mailer->engine->clock);

	if (open_session_fits(&w->session, job, now))
		return 0;
	if (w >= &w->mailer->workers[w->mailer->parallel])
		return 3;
	return open_session_is_there(&w->session, now) ? 2 : 1;
}

static struct worker *
find_idle(struct mailer *m, const struct mail_job *job)
{
	struct worker *best = NULL;

	for (size_t i = 0; i < mailer_processes_max(m); i++) {
		struct worker *w = &m->workers[i];

		if (w->job == 0 && (best == NULL || cost_of(w, job) < cost_of(best, job)))
			best = w;
	}
	return best;
}

void
mailer_dispatch(struct mailer *m)
{
	struct mail_ticket *t;
	struct worker *w;

	while ((t = TAILQ_FIRST(&m->waiting)) != NULL && (w = find_idle(m, t->job)) != NULL) {
		TAILQ_REMOVE(&m->waiting, t, link);
		start(w, t);
	}
}

static void
on_dispatch(void *arg)
{
	struct mail_ticket *t = arg;

	mem_free(t->timer);
	t->timer = NULL;
	mailer_dispatch(t->mailer);
}

static void
enqueue(struct mail_ticket *t)
{
	t->is_waiting = true;
	TAILQ_INSERT_TAIL(&t->mailer->waiting, t, link);
}

/* The token came before the job is handed out: it is as fresh as can be. */
static void
on_token(void *arg, const char *token, const struct err *err)
{
	struct mail_ticket *t = arg;
	struct mailer *m = t->mailer;

	if (token == NULL) {
		t->phase = PHASE_AUTH;
		mailer_finish_failed(t, mail_class_named(err->class), err->text);
		return;
	}
	t->token = mem_secret(t, token, strlen(token));
	redact_learn(m->engine->redact, t->token);
	t->job->token = t->token;
	enqueue(t);
	mailer_dispatch(m);
}

static void
on_faked(void *arg)
{
	struct mail_ticket *t = arg;

	delivery_log_faked(t->mailer->engine, &t->log, t->job, t->faked);
	mailer_finish(t, t->faked);
}

static int
ticket_free(void *p)
{
	struct mail_ticket *t = p;
	json_t *cancel;

	if (t->token != NULL)
		redact_forget(t->mailer->engine->redact, t->token);
	if (t->is_waiting)
		TAILQ_REMOVE(&t->mailer->waiting, t, link);
	if (t->worker == NULL)
		return 0;
	t->worker->ticket = NULL;
	cancel = json_pack("{s:s, s:I}", "type", "cancel", "id", (json_int_t)t->job->id);
	helper_send(t->worker->helper, cancel, NULL);
	json_decref(cancel);
	return 0;
}

uint64_t
mailer_number(struct mailer *m)
{
	return ++m->jobs;
}

struct mail_ticket *
mailer_submit(const void *ctx, struct mailer *m, struct mail_job *job, mailer_done_f *done, void *arg)
{
	struct mail_ticket *t = mem_new(ctx, struct mail_ticket);
	usec after = 0;

	t->mailer = m;
	t->job = mem_steal(t, job);
	t->done = done;
	t->arg = arg;
	job->id = mailer_number(m);
	t->begun = clock_wall(m->engine->clock);
	t->asked_for = job->debug;
	t->phase = PHASE_QUEUE;
	job->debug |= log_debugs(m->engine->log);
	job->pki_session = ++m->pki_sessions;
	job->tls_context = ++m->tls_contexts;
	mem_on_free(t, ticket_free);
	if (m->fake != NULL) {
		t->faked = mail_result_new(t, job->id);
		m->fake(m->fake_arg, job, t->faked, &after);
		t->timer = timer_after(t, m->engine->loop, after, on_faked, t);
		return t;
	}
	if (job->token_command != NULL || job->token_file != NULL) {
		token_fetch(t, m->engine, job->token_command, job->token_file,
			(usec)job->timeouts.total * USEC_PER_MSEC, on_token, t);
		return t;
	}
	enqueue(t);
	/* From the loop, so that `done` never runs inside the caller. */
	t->timer = timer_after(t, m->engine->loop, 0, on_dispatch, t);
	return t;
}

/* The configuration's, else the settings', which SIGHUP replaces; or NULL. */
static const char *
helo_of(const struct mailer *m)
{
	return m->defaults.helo != NULL ? m->defaults.helo : m->engine->settings->mail_helo_name;
}

const char *
mailer_fqdn(const struct mailer *m)
{
	return helo_of(m) != NULL ? helo_of(m) : engine_hostname(m->engine);
}

char *
mailer_message_id(struct mailer *m, const void *ctx)
{
	struct mail_id_seed seed = {
		.wall_usec = clock_wall(m->engine->clock),
		.random = rng_next(m->engine->rng),
		.pid = (uint32_t)getpid(),
		.counter = ++m->messages,
		.fqdn = mailer_fqdn(m),
	};

	return mail_message_id(ctx, &seed);
}

void
mailer_fake(struct mailer *m, mailer_fake_f *f, void *arg)
{
	m->fake = f;
	m->fake_arg = arg;
}

size_t
mailer_leave_sessions(struct mailer *m)
{
	usec now = clock_mono(m->engine->clock);
	size_t open = 0;

	for (size_t i = 0; i < m->processes; i++) {
		struct worker *w = &m->workers[i];

		if (w->job != 0 || !open_session_is_there(&w->session, now) || helper_pid(w->helper) == 0)
			continue;
		helper_close(w->helper);
		open++;
	}
	return open;
}

void
mailer_each_helper(const struct mailer *m, void (*f)(void *arg, const struct helper *), void *arg)
{
	for (size_t i = 0; i < m->processes; i++)
		if (i < m->parallel || helper_pid(m->workers[i].helper) != 0)
			f(arg, m->workers[i].helper);
}

struct mail_defaults *
mailer_defaults(struct mailer *m)
{
	return &m->defaults;
}

/* Only the trustpoints bound to mail, or all authenticated ones. */
static struct trust *
bound_trust(const void *ctx, const struct mail_defaults *d, const struct pki *pki)
{
	struct trust *all = pki_snapshot(ctx, pki), *bound;

	if (d->trustpoints == NULL)
		return all;
	bound = trust_new(ctx);
	for (size_t i = 0; i < all->count; i++) {
		for (size_t j = 0; j < d->trustpoint_count; j++) {
			if (strcmp(all->points[i].name, d->trustpoints[j]) == 0)
				trust_add(bound, all->points[i].name, all->points[i].cert,
					&all->points[i].policy);
		}
	}
	return bound;
}

void
mailer_configure(struct mailer *m, struct mail_job *job)
{
	const struct mail_defaults *d = &m->defaults;
	struct trust *trust;

	job->cleartext_auth = d->cleartext_auth;
	job->legacy_cn = d->legacy_cn;
	job->tls_minimum = d->tls_minimum;
	job->mechanisms = mem_strdup(job, d->mechanisms);
	job->helo = mem_strdup(job, helo_of(m));
	trust = bound_trust(job, d, m->engine->pki);
	if (d->system_trust)
		pki_add_system(m->engine->pki, trust);
	job->trust = trust;
	if (d->identity != NULL)
		mail_job_set_identity(job, m->engine, d->identity);
}

size_t
mailer_processes_max(const struct mailer *m)
{
	size_t most = m->parallel * PROCESSES_PER_PLACE;

	return most < PROCESSES_MAX ? most : PROCESSES_MAX;
}

static void
new_helper(struct worker *w)
{
	struct mailer *m = w->mailer;
	struct helper_spec spec = { .name = "eventd-mail",
		.dir = m->engine->program_dir,
		.on_message = mailer_on_message,
		.on_exit = mailer_on_exit,
		.arg = w };

	w->helper = helper_new(m, m->engine->loop, &spec);
}

void
mailer_set_parallel(struct mailer *m, size_t max_parallel)
{
	m->parallel = max_parallel < 1 ? 1 : max_parallel > PROCESSES_MAX ? PROCESSES_MAX : max_parallel;
	for (; m->processes < mailer_processes_max(m); m->processes++) {
		m->workers[m->processes].mailer = m;
		new_helper(&m->workers[m->processes]);
	}
	for (size_t i = m->parallel; i < m->processes; i++)
		if (m->workers[i].job == 0 && helper_pid(m->workers[i].helper) != 0)
			end_when_idle(&m->workers[i]);
}

struct mailer *
mailer_new(const void *ctx, struct engine *engine, size_t max_parallel)
{
	struct mailer *m = mem_new(ctx, struct mailer);

	m->engine = engine;
	m->defaults.timeout = 60 * USEC_PER_SEC;
	m->defaults.max_size = MAIL_MESSAGE_MAX;
	m->defaults.tls_minimum = 12;
	m->pki_sessions = (unsigned)rng_below(engine->rng, 0x800) + 0xA0000;
	TAILQ_INIT(&m->waiting);
	mailer_set_parallel(m, max_parallel);
	return m;
}
