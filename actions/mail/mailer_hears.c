/* What the mail processes say: traces to the log, events, results, and their ends. */
#include "actions/mail/mailer_private.h"

#include <string.h>

#include "actions/mail/event.h"
#include "actions/mail/recorder/recorder.h"
#include "core/engine.h"
#include "core/helper.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "pki/learnt.h"
#include "pki/store.h"

#define TRACE_MAX 8192 /* octets kept of an attempt's trace */

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
		[MAIL_EVENT_REUSED] = PHASE_MAIL,
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
		t->log.last_dcid = w->dcid;
		delivery_log_event(w->mailer->engine, &t->log, t->job,
			json_integer_value(json_object_get(message, "at")), &e);
		if (t->log.dcid != 0)
			w->dcid = t->log.dcid;
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
	mailer_idle(w);
	if (t != NULL) {
		ctx = mem_ctx(NULL, "mail result");
		r = mail_result_from_json(ctx, message, &err);
		if (r == NULL)
			mailer_finish_failed(t, MAIL_HELPER_FAILED, err.text);
		else {
			if (w->mailer->engine->pki != NULL)
				pki_session(w->mailer->engine->pki, r->host, r->tls, r->tls_verified);
			if (r->kept)
				open_session_set(
					&w->session, w->mailer, t->job, clock_mono(w->mailer->engine->clock));
			recorder_end(w->mailer->engine, t->job, r, t->trace, t->begun);
			mailer_finish(t, r);
		}
		mem_free(ctx);
	}
	mailer_dispatch(w->mailer);
}

void
mailer_on_message(void *arg, json_t *message)
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

void
mailer_on_exit(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct worker *w = arg;
	struct log *log = w->mailer->engine->log;
	struct mail_ticket *t = w->ticket;
	unsigned long long job = w->job;

	(void)pid;
	w->briefed = 0;
	open_session_forget(&w->session);
	if (w->job == 0)
		return; /* told to end, or died idle: the next job starts another */
	if (term_signal != 0)
		log_msg(log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER",
			"%s ended by signal %d during job %llu", helper_name(w->helper), term_signal, job);
	else
		log_msg(log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER",
			"%s ended with status %d during job %llu", helper_name(w->helper), exit_code, job);
	mailer_idle(w);
	if (t != NULL)
		mailer_finish_failed(t, MAIL_HELPER_FAILED, "the mail process ended");
	mailer_dispatch(w->mailer);
}
