/*
 * eventd-mail: the process that meets mail servers. It takes jobs from standard input, works on one at a
 * time, and writes trace lines and one result for each to standard output (actions/mail/job.h has the
 * form). It holds the credentials of the job under way and nothing else; a crash is one failed attempt. Between
 * jobs it keeps the last one's session open for a short while (kept.h).
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "actions/mail/deliver.h"
#include "actions/mail/kept.h"
#include "core/frame.h"
#include "core/helper_side.h"
#include "core/mem.h"
#include "core/privilege.h"
#include "core/text.h"
#include "pki/revocation_cache.h"

#define WAITING_MAX 64 /* jobs: the engine sends the next when the last is answered */

/* A job that came in; malloc: two threads share the list. */
struct waiting {
	STAILQ_ENTRY(waiting) link;
	json_t *message;
	json_int_t id;
	bool cancelled;
};

struct intake {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	STAILQ_HEAD(, waiting) jobs;
	size_t count;
	json_t *news;       /* of revocation, not yet looked at */
	json_int_t current; /* id of the job under way, 0 = none */
	json_int_t leave;   /* id of the job that may say its final dot */
	bool ended;
	struct cancel *cancel; /* of the job under way */
};

/* --- the intake thread ------------------------------------------------------------------------------ */

static void
take_job(struct intake *in, json_t *message, json_int_t id)
{
	struct waiting *w = calloc(1, sizeof *w);

	if (w == NULL || in->count == WAITING_MAX) {
		fprintf(stderr, "eventd-mail: no room for job %lld\n", (long long)id);
		free(w);
		json_decref(message);
		in->ended = true;
		return;
	}
	w->message = message;
	w->id = id;
	STAILQ_INSERT_TAIL(&in->jobs, w, link);
	in->count++;
}

static void
take_cancel(struct intake *in, json_int_t id)
{
	struct waiting *w;

	if (id == in->current && id != 0)
		cancel_fire(in->cancel);
	STAILQ_FOREACH (w, &in->jobs, link)
		w->cancelled |= w->id == id;
}

static void
take_message(struct intake *in, json_t *message)
{
	const char *type = json_string_value(json_object_get(message, "type"));
	json_int_t id = json_integer_value(json_object_get(message, "id"));

	pthread_mutex_lock(&in->lock);
	if (type != NULL && strcmp(type, "job") == 0) {
		take_job(in, message, id);
	} else if (type != NULL && strcmp(type, "revocation") == 0) {
		json_array_append_new(in->news, message);
	} else {
		if (type != NULL && strcmp(type, "cancel") == 0)
			take_cancel(in, id);
		else if (type != NULL && strcmp(type, "leave") == 0)
			in->leave = id;
		json_decref(message);
	}
	pthread_cond_signal(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

static void *
read_messages(void *arg)
{
	struct intake *in = arg;
	struct err err = ERR_INIT;
	json_t *message;

	while (!in->ended && (message = frame_read_fd(STDIN_FILENO, FRAME_MAX, &err)) != NULL)
		take_message(in, message);
	if (err.code != ERR_NONE)
		fprintf(stderr, "eventd-mail: %s\n", err.text);
	pthread_mutex_lock(&in->lock);
	in->ended = true;
	if (in->current != 0)
		cancel_fire(in->cancel);
	pthread_cond_signal(&in->changed);
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

/* --- work ------------------------------------------------------------------------------------------- */

/* What one job after the other is worked on with: a session may outlive its job and still be traced. */
struct worker {
	uint64_t id;
	struct intake *in;
	struct redact *redact; /* of the job */
	struct trace trace;
	struct revocation_cache *crls;
	struct kept *kept;
	bool broken; /* nobody reads what we write */
};

static void
send_frame(struct worker *w, json_t *message)
{
	struct err err = ERR_INIT;

	if (!frame_write_fd(STDOUT_FILENO, message, &err))
		w->broken = true;
	json_decref(message);
}

static void
send_trace(void *arg, debug_mask why, bool stamped, const char *line)
{
	struct worker *w = arg;
	struct text *t = text_new(NULL);
	struct timespec now;
	json_t *j;

	clock_gettime(CLOCK_REALTIME, &now);
	text_add(t, line);
	redact_text(w->redact, t, 0);
	j = json_pack("{s:s, s:I, s:I, s:I, s:b}", "type", "trace", "id", (json_int_t)w->id, "at",
		(json_int_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, "why", (json_int_t)why, "stamped",
		stamped);
	json_object_set_new(j, "text", frame_string(t->s, t->len));
	send_frame(w, j);
	mem_free(t);
}

static void
send_event(void *arg, const struct mail_event *e)
{
	struct worker *w = arg;
	struct timespec now;
	json_t *j;

	clock_gettime(CLOCK_REALTIME, &now);
	j = json_pack("{s:s, s:I, s:I}", "type", "event", "id", (json_int_t)w->id, "at",
		(json_int_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	mail_event_to_json(e, j);
	send_frame(w, j);
}

static bool
await_leave(void *arg, int64_t deadline)
{
	struct worker *w = arg;
	struct intake *in = w->in;
	struct timespec until = { .tv_sec = deadline / 1000000, .tv_nsec = deadline % 1000000 * 1000 };
	bool waits = true, has;

	send_frame(w, json_pack("{s:s, s:I}", "type", "announce", "id", (json_int_t)w->id));
	pthread_mutex_lock(&in->lock);
	while (waits && in->leave != (json_int_t)w->id && !in->ended && !cancel_fired(in->cancel))
		waits = pthread_cond_timedwait(&in->changed, &in->lock, &until) == 0;
	has = in->leave == (json_int_t)w->id && !in->ended && !cancel_fired(in->cancel);
	pthread_mutex_unlock(&in->lock);
	return has;
}

static struct mail_result *
refuse_job(const void *ctx, uint64_t id, enum mail_class class, const char *why)
{
	struct mail_result *r = mail_result_new(ctx, id);

	r->class = class;
	r->phase = PHASE_CONFIG;
	r->detail = mem_strdup(r, why);
	return r;
}

static void
work_on(struct worker *w, struct waiting *job)
{
	void *ctx = mem_ctx(NULL, "mail job");
	struct mail_tell tell = { send_event, w };
	struct mail_leave leave = { await_leave, w };
	struct deliver_env env = { &w->trace, NULL, w->in->cancel, pki_fetch_http, w->crls, &tell, &leave,
		w->kept };
	struct mail_result *r;
	struct mail_job *todo;
	struct err err = ERR_INIT;
	json_t *news;

	w->id = (uint64_t)job->id;
	w->redact = env.redact = redact_new(ctx);
	todo = mail_job_from_json(ctx, job->message, &err);
	json_decref(job->message);
	job->message = NULL;
	if (todo == NULL) {
		r = refuse_job(ctx, w->id, MAIL_HELPER_FAILED, err.text);
	} else if (job->cancelled) {
		r = refuse_job(ctx, w->id, MAIL_CANCELLED, "cancelled before it began");
	} else {
		w->trace.on = todo->debug;
		r = mail_deliver(ctx, todo, &env);
	}
	w->trace.on = 0;
	if ((news = revocation_cache_news(w->crls)) != NULL)
		send_frame(w, news);
	send_frame(w, mail_result_to_json(r));
	mem_free(ctx);
	w->redact = NULL;
	if (w->broken)
		exit(1);
}

/* Until something has come in, or `until` (as tls_now() counts; 0: for ever) is there: then false. */
static bool
await_change(struct intake *in, int64_t until)
{
	struct timespec at = { .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };

	if (until == 0)
		return pthread_cond_wait(&in->changed, &in->lock) == 0;
	return pthread_cond_timedwait(&in->changed, &in->lock, &at) != ETIMEDOUT;
}

/* The next job, or NULL when there will be none. */
static struct waiting *
next_job(struct intake *in, struct kept *kept)
{
	struct waiting *w;

	pthread_mutex_lock(&in->lock);
	in->current = 0;
	cancel_reset(in->cancel);
	while (STAILQ_EMPTY(&in->jobs) && !in->ended) {
		if (await_change(in, kept_until(kept)))
			continue;
		pthread_mutex_unlock(&in->lock);
		kept_close(kept);
		pthread_mutex_lock(&in->lock);
	}
	w = in->ended ? NULL : STAILQ_FIRST(&in->jobs);
	if (w != NULL) {
		STAILQ_REMOVE_HEAD(&in->jobs, link);
		in->count--;
		in->current = w->id;
	}
	pthread_mutex_unlock(&in->lock);
	return w;
}

/* A session that was good by what was known before is not good by that. */
static void
take_news(struct intake *in, struct revocation_cache *crls, struct kept *kept)
{
	json_t *news, *message;
	size_t i;

	pthread_mutex_lock(&in->lock);
	news = in->news;
	in->news = json_array();
	pthread_mutex_unlock(&in->lock);
	json_array_foreach(news, i, message) revocation_cache_take(crls, message);
	if (json_array_size(news) > 0)
		kept_close(kept);
	json_decref(news);
}

static void
forget_waiting(struct intake *in)
{
	struct waiting *w;

	while ((w = STAILQ_FIRST(&in->jobs)) != NULL) {
		STAILQ_REMOVE_HEAD(&in->jobs, link);
		json_decref(w->message);
		free(w);
	}
}

int
main(void)
{
	struct intake in = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct worker w = { .in = &in, .trace = { .f = send_trace, .arg = &w } };
	struct waiting *job;
	pthread_condattr_t monotonic;
	struct err err = ERR_INIT;
	pthread_t reader;

	helper_side_harden();
	if (!privilege_drop(&err)) {
		fprintf(stderr, "eventd-mail: %s\n", err.text);
		return 1;
	}
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&in.changed, &monotonic);
	STAILQ_INIT(&in.jobs);
	in.news = json_array();
	in.cancel = cancel_new(NULL);
	w.crls = revocation_cache_new(NULL);
	w.kept = kept_new(NULL, in.cancel);
	if (pthread_create(&reader, NULL, read_messages, &in) != 0) {
		fprintf(stderr, "eventd-mail: no thread\n");
		return 1;
	}
	while ((job = next_job(&in, w.kept)) != NULL) {
		take_news(&in, w.crls, w.kept);
		work_on(&w, job);
		free(job);
	}
	kept_close(w.kept);
	pthread_join(reader, NULL);
	forget_waiting(&in);
	json_decref(in.news);
	mem_free(w.kept);
	mem_free(w.crls);
	mem_free(in.cancel);
	return 0;
}
