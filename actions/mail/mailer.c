/* The engine's end of mail delivery: jobs to processes, traces to the log, results to runs. */
#include "actions/mail/mailer.h"

#include <signal.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "actions/mail/delivery_log.h"
#include "actions/mail/event.h"
#include "actions/mail/message.h"
#include "actions/mail/report/tlsrpt.h"
#include "actions/mail/recorder/recorder.h"
#include "actions/mail/token.h"
#include "core/engine.h"
#include "core/helper.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "pki/learnt.h"
#include "core/redact.h"
#include "pki/store.h"
#include "core/rng.h"

#define PROCESSES_MAX       64
#define PROCESSES_PER_PLACE 8
#define IDLE_MAX            (30 * USEC_PER_SEC) /* of a process beyond max-parallel */
#define GRACE               (3 * USEC_PER_SEC) /* behind a job's own deadline, before its process is taken for hung */
#define TRACE_MAX           8192               /* octets kept of an attempt's trace */

struct worker;

struct mail_ticket {
	TAILQ_ENTRY(mail_ticket) link; /* while it waits for a worker */
	struct mailer *mailer;
	struct worker *worker; /* NULL while waiting or faked */
	struct mail_job *job;
	debug_mask asked_for; /* traces that are shown whatever the switches say */
	mailer_done_f *done;
	void *arg;
	struct timer *timer;       /* hung process; or the answer of a fake */
	struct mail_result *faked; /* NULL but for fakes */
	struct delivery_log log;
	bool is_sending; /* it may say the final dot: what happens now may have delivered it */
	bool is_waiting;
	enum mail_phase phase; /* as far as its events tell */
	struct text *trace;    /* the last lines of it, for the flight recorder; or NULL */
	usec begun;            /* wall clock */
	char *token;           /* that redaction knows while the job lives, or NULL */
};

struct worker {
	struct mailer *mailer;
	struct helper *helper;
	uint64_t job; /* under way, also when nobody waits for it any more; 0 = idle */
	struct mail_ticket *ticket;
	uint64_t briefed;    /* how much of what others have learnt about revocation it knows */
	struct timer *timer; /* of a surplus process: idle for too long */
};

struct mailer {
	struct engine *engine;
	struct mail_defaults defaults;
	struct worker workers[PROCESSES_MAX];
	size_t parallel, processes; /* that stay; at most */
	TAILQ_HEAD(, mail_ticket) waiting;
	uint64_t jobs;
	uint32_t messages;
	unsigned pki_sessions, tls_contexts;
	mailer_fake_f *fake;
	void *fake_arg;
	mailer_announced_f *announced;
	void *announced_arg;
};

static void dispatch(struct mailer *);

static void
finish(struct mail_ticket *t, const struct mail_result *result)
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

static void
finish_failed(struct mail_ticket *t, enum mail_class class, const char *detail)
{
	struct mail_result *r = mail_result_new(NULL, t->job->id);

	r->class = class;
	r->phase = t->phase;
	r->detail = detail;
	r->host = t->job->host;
	r->port = t->job->port;
	r->direct = t->job->direct;
	r->unconfirmed = t->is_sending;
	finish(t, r);
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
idle(struct worker *w)
{
	struct mailer *m = w->mailer;

	w->job = 0;
	loop_in_flight(m->engine->loop, -1);
	if (w < &m->workers[m->parallel])
		return;
	if (w->timer == NULL)
		w->timer = timer_after(m, m->engine->loop, IDLE_MAX, on_idle_too_long, w);
	else
		timer_set(w->timer, IDLE_MAX);
}

/* ---- what a process says ---- */

/* The last lines of an attempt. */
static void
keep_trace(struct text *t, const char *line)
{
	const char *cut;

	text_printf(t, "%s\n", line);
	while (t->len > TRACE_MAX && (cut = strchr(t->s, '\n')) != NULL)
		text_drop(t, (size_t)(cut - t->s) + 1);
}

static void
take_trace(const struct worker *w, const json_t *message)
{
	struct log *log = w->mailer->engine->log;
	const char *text = json_string_value(json_object_get(message, "text"));
	debug_mask why = (debug_mask)json_integer_value(json_object_get(message, "why"));

	if (text == NULL)
		return;
	if (w->ticket != NULL && w->ticket->trace != NULL && (why & DEBUG_BIT(DEBUG_EEM_MAIL)) != 0)
		keep_trace(w->ticket->trace, text);
	if (w->ticket != NULL && (w->ticket->asked_for & why) != 0)
		why = DEBUG_ALWAYS;
	log_debug_at(log, why, json_integer_value(json_object_get(message, "at")),
		json_is_true(json_object_get(message, "stamped")), text);
}

static void
take_event(struct worker *w, const json_t *message)
{
	struct mail_ticket *t = w->ticket;
	static const enum mail_phase reached[MAIL_EVENT_KIND_COUNT] = { [MAIL_EVENT_CONNECTED] = PHASE_BANNER,
		[MAIL_EVENT_TLS] = PHASE_EHLO2,
		[MAIL_EVENT_START] = PHASE_MAIL,
		[MAIL_EVENT_FAILED] = PHASE_CONNECT };
	struct mail_event e;
	struct err err = ERR_INIT;
	void *ctx;

	if (t == NULL || (uint64_t)json_integer_value(json_object_get(message, "id")) != w->job)
		return;
	ctx = mem_ctx(NULL, "mail event");
	if (mail_event_from_json(ctx, &e, message, &err)) {
		t->phase = reached[e.kind];
		/* Of a dot whose answer did not come nobody knows. */
		t->is_sending &= e.kind != MAIL_EVENT_FAILED || e.phase == PHASE_DOT;
		delivery_log_event(w->mailer->engine, &t->log, t->job,
			json_integer_value(json_object_get(message, "at")), &e);
	}
	mem_free(ctx);
}

static void
take_announcement(const struct worker *w, const json_t *message)
{
	struct mailer *m = w->mailer;

	if (w->ticket != NULL && (uint64_t)json_integer_value(json_object_get(message, "id")) == w->job &&
		m->announced != NULL)
		m->announced(m->announced_arg, w->ticket->job);
}

void
mailer_on_announced(struct mailer *m, mailer_announced_f *f, void *arg)
{
	m->announced = f;
	m->announced_arg = arg;
}

void
mailer_leave(struct mailer *m, uint64_t job)
{
	json_t *message;

	for (size_t i = 0; i < m->processes; i++) {
		struct worker *w = &m->workers[i];

		if (w->job != job || w->ticket == NULL)
			continue;
		w->ticket->is_sending = true;
		w->ticket->phase = PHASE_DOT;
		message = json_pack("{s:s, s:I}", "type", "leave", "id", (json_int_t)job);
		helper_send(w->helper, message, NULL);
		json_decref(message);
	}
}

static void
take_result(struct worker *w, const json_t *message)
{
	struct mail_ticket *t = w->ticket;
	struct mail_result *r;
	struct err err = ERR_INIT;
	void *ctx;

	if ((uint64_t)json_integer_value(json_object_get(message, "id")) != w->job || w->job == 0)
		return; /* the answer to a job that nobody knows any more */
	idle(w);
	if (t != NULL) {
		ctx = mem_ctx(NULL, "mail result");
		r = mail_result_from_json(ctx, message, &err);
		if (r == NULL)
			finish_failed(t, MAIL_HELPER_FAILED, err.text);
		else {
			if (w->mailer->engine->pki != NULL)
				pki_session(w->mailer->engine->pki, r->host, r->tls, r->tls_verified);
			recorder_end(w->mailer->engine, t->job, r, t->trace, t->begun);
			finish(t, r);
		}
		mem_free(ctx);
	}
	dispatch(w->mailer);
}

static void
on_message(void *arg, json_t *message)
{
	struct worker *w = arg;
	const char *type = json_string_value(json_object_get(message, "type"));

	if (type == NULL)
		return;
	if (strcmp(type, "trace") == 0)
		take_trace(w, message);
	else if (strcmp(type, "event") == 0)
		take_event(w, message);
	else if (strcmp(type, "announce") == 0)
		take_announcement(w, message);
	else if (strcmp(type, "revocation") == 0 && w->mailer->engine->pki != NULL)
		pki_learn(w->mailer->engine->pki, message, &w->briefed);
	else if (strcmp(type, "result") == 0)
		take_result(w, message);
}

static void
on_exit_worker(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct worker *w = arg;
	struct log *log = w->mailer->engine->log;
	struct mail_ticket *t = w->ticket;
	unsigned long long job = w->job;

	(void)pid;
	w->briefed = 0;
	if (w->job == 0)
		return; /* told to end, or died idle: the next job starts another */
	if (term_signal != 0)
		log_msg(log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER",
			"%s ended by signal %d during job %llu", helper_name(w->helper), term_signal, job);
	else
		log_msg(log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER",
			"%s ended with status %d during job %llu", helper_name(w->helper), exit_code, job);
	idle(w);
	if (t != NULL)
		finish_failed(t, MAIL_HELPER_FAILED, "the mail process ended");
	dispatch(w->mailer);
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
	loop_in_flight(m->engine->loop, 1);
	if (recorder_begin(m->engine, t->job))
		t->trace = text_new(t);
	message = mail_job_to_json(t->job);
	brief(w);
	t->begun = clock_wall(m->engine->clock);
	sent = helper_send(w->helper, message, &err);
	json_decref(message);
	if (!sent) {
		idle(w);
		finish_failed(t, MAIL_HELPER_FAILED, err.text);
		return;
	}
	t->timer = timer_after(
		t, m->engine->loop, (usec)t->job->timeouts.total * USEC_PER_MSEC + GRACE, on_hung, t);
}

static struct worker *
find_idle(struct mailer *m)
{
	for (size_t i = 0; i < m->processes; i++) {
		if (m->workers[i].job == 0)
			return &m->workers[i];
	}
	return NULL;
}

static void
dispatch(struct mailer *m)
{
	struct mail_ticket *t;
	struct worker *w;

	while ((t = TAILQ_FIRST(&m->waiting)) != NULL && (w = find_idle(m)) != NULL) {
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
	dispatch(t->mailer);
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
		finish_failed(t, mail_class_named(err->class), err->text);
		return;
	}
	t->token = mem_secret(t, token, strlen(token));
	redact_learn(m->engine->redact, t->token);
	t->job->token = t->token;
	enqueue(t);
	dispatch(m);
}

static void
on_faked(void *arg)
{
	struct mail_ticket *t = arg;

	delivery_log_faked(t->mailer->engine, &t->log, t->job, t->faked);
	finish(t, t->faked);
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

struct mail_ticket *
mailer_submit(const void *ctx, struct mailer *m, struct mail_job *job, mailer_done_f *done, void *arg)
{
	struct mail_ticket *t = mem_new(ctx, struct mail_ticket);
	usec after = 0;

	t->mailer = m;
	t->job = mem_steal(t, job);
	t->done = done;
	t->arg = arg;
	job->id = ++m->jobs;
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

char *
mailer_message_id(struct mailer *m, const void *ctx)
{
	struct mail_id_seed seed = {
		.wall_usec = clock_wall(m->engine->clock),
		.random = rng_next(m->engine->rng),
		.pid = (uint32_t)getpid(),
		.counter = ++m->messages,
		.fqdn = m->defaults.helo != NULL ? m->defaults.helo : engine_hostname(m->engine),
	};

	return mail_message_id(ctx, &seed);
}

void
mailer_fake(struct mailer *m, mailer_fake_f *f, void *arg)
{
	m->fake = f;
	m->fake_arg = arg;
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
	job->helo = mem_strdup(job, d->helo);
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
	return m->processes;
}

static void
new_helper(struct worker *w)
{
	struct mailer *m = w->mailer;
	struct helper_spec spec = { .name = "eventd-mail",
		.dir = m->engine->program_dir,
		.on_message = on_message,
		.on_exit = on_exit_worker,
		.arg = w };

	w->helper = helper_new(m, m->engine->loop, &spec);
}

struct mailer *
mailer_new(const void *ctx, struct engine *engine, size_t max_parallel)
{
	struct mailer *m = mem_new(ctx, struct mailer);

	m->engine = engine;
	m->parallel = max_parallel < 1 ? 1 : max_parallel > PROCESSES_MAX ? PROCESSES_MAX : max_parallel;
	m->processes = m->parallel * PROCESSES_PER_PLACE;
	if (m->processes > PROCESSES_MAX)
		m->processes = PROCESSES_MAX;
	m->defaults.timeout = 60 * USEC_PER_SEC;
	m->defaults.max_size = MAIL_MESSAGE_MAX;
	m->defaults.tls_minimum = 12;
	m->pki_sessions = (unsigned)rng_below(engine->rng, 0x800) + 0xA0000;
	TAILQ_INIT(&m->waiting);
	for (size_t i = 0; i < m->processes; i++) {
		m->workers[i].mailer = m;
		new_helper(&m->workers[i]);
	}
	return m;
}
