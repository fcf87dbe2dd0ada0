/* One attempt for one part: claimed in the store, made into a job, handed on, concluded. */
#include <string.h>

#include "actions/mail/destination/attempt.h"
#include "actions/mail/mailer.h"
#include "actions/mail/queue/private.h"
#include "actions/mail/queue/submission.h"
#include "actions/mail/recorder/recorder.h"
#include "actions/mail/server.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "store/store.h"

#define SLOW_AFTER   (200 * USEC_PER_MSEC) /* who is silent for so long does no work here */
#define RETRY_CLAIM  USEC_PER_SEC
#define PATIENCE_MIN (100 * USEC_PER_MSEC)

struct attempt {
	struct mail_queue *queue;
	struct queue_part *part;
	json_t *claim; /* what mailqueue_claim() gave */
	struct timer *timer;
	uint64_t job; /* that has come to its final dot */
	bool slow;
};

static int
attempt_free(void *p)
{
	struct attempt *a = p;

	json_decref(a->claim);
	return 0;
}

static void
on_slow(void *arg)
{
	struct attempt *a = arg;

	a->slow = true;
	a->queue->slow++;
	a->part->host->slow++;
	queue_schedule(a->queue);
}

/* The place is free again; the part is the caller's to put somewhere. */
static void
end(struct attempt *a)
{
	struct mail_queue *q = a->queue;
	struct queue_host *h = a->part->host;

	q->active--;
	h->active--;
	if (a->slow) {
		q->slow--;
		h->slow--;
	}
	a->part->attempt = NULL;
	a->part->is_stale = false;
	mem_free(a);
	queue_schedule_soon(q);
}

void
queue_attempt_cancel(struct queue_part *p)
{
	if (p->attempt != NULL)
		end(p->attempt);
}

static void
conclude(struct attempt *a, const struct mail_result *r)
{
	struct mail_queue *q = a->queue;
	struct queue_part *p = a->part;
	json_t *claim = json_incref(a->claim);
	bool attempted = !p->is_stale;

	end(a);
	/* The next mail is read before the outcome of this one is committed, which takes its time. */
	if (r->class == MAIL_OK && attempted)
		queue_schedule(q);
	queue_conclude(q, p, claim, r, attempted);
	json_decref(claim);
}

static void
on_attempted(void *arg, const struct mail_result *r)
{
	conclude(arg, r);
}

static void
conclude_failed(
	struct attempt *a, enum mail_class class, enum mail_phase phase, const char *detail, const char *hint)
{
	struct mail_result *r = mail_result_new(NULL, 0);

	r->class = class;
	r->phase = phase;
	r->detail = detail;
	r->hint = hint;
	r->direct = a->part->domain != NULL;
	if (!a->part->is_stale) /* else nothing was tried */
		recorder_refused(a->queue->engine, a->part->message->applet, a->part->message->mid,
			a->part->host->name, r);
	conclude(a, r);
	mem_free(r);
}

/* The message, with the mark of an attempt behind one whose end nobody knows. */
static void
set_text(struct attempt *a, struct mail_request *r)
{
	const json_t *text = json_object_get(a->claim, "text");
	const char *mark = a->part->unconfirmed == 0
				   ? ""
				   : mem_printf(r, "X-Eventd-Attempt: %u\r\n", a->part->tries + 1);

	r->message_len = strlen(mark) + json_string_length(text);
	r->message = mem_printf(r, "%s%s", mark, json_string_value(text));
}

static const char **
waiting_mailboxes(const void *ctx, const json_t *list)
{
	const char **mailboxes = mem_array(ctx, const char *, json_array_size(list) + 1);
	const json_t *r;
	size_t i;

	json_array_foreach(list, i, r) mailboxes[i] = json_string_value(json_object_get(r, "mailbox"));
	return mailboxes;
}

static unsigned *
waiting_rids(const void *ctx, const json_t *list)
{
	unsigned *rids = mem_array(ctx, unsigned, json_array_size(list) + 1);
	const json_t *r;
	size_t i;

	json_array_foreach(list, i, r) rids[i] = (unsigned)json_integer_value(json_object_get(r, "rid"));
	return rids;
}

/* A run that waits gives its first attempt no longer than it has itself (rulings 31). */
static void
set_time(const struct attempt *a, struct mail_job *job)
{
	usec patience = queue_submission_left(a->part->message);

	if (patience < PATIENCE_MIN)
		patience = PATIENCE_MIN;
	if (patience / USEC_PER_MSEC < job->timeouts.total)
		job->timeouts.total = (unsigned)(patience / USEC_PER_MSEC);
}

/* How long the mail has waited: what is not proven is believed after a while (mail-security 8.1). */
static usec
age_of(const struct attempt *a)
{
	usec age = queue_message_age(a->queue, a->part->message);

	return age > 0 ? age : 0;
}

/*
 * The server string's variable has another value than when the mail was accepted. True when it names another
 * server: the part has gone there, and waits for its turn; the attempt is over.
 */
static bool
follow_variable(struct attempt *a, const struct mail_request *r)
{
	struct mail_queue *q = a->queue;
	struct queue_part *p = a->part;
	struct queue_message *m = p->message;
	struct err err = ERR_INIT;
	char *host = mail_request_host(NULL, r, &err);
	char *shown = mail_server_mask(NULL, r->server, strlen(r->server));
	bool moves = host != NULL && strcmp(host, p->host->name) != 0;

	if (moves || strcmp(shown, m->server) != 0)
		queue_store(q, mailqueue_move,
			json_pack("{s:I, s:I, s:s, s:s}", "part", (json_int_t)p->id, "mid",
				(json_int_t)m->mid, "host", moves ? host : p->host->name, "server", shown),
			NULL);
	queue_message_at(q, m, shown);
	if (moves) {
		end(a);
		queue_part_move(q, p, host);
		queue_part_place(q, p, MAILQUEUE_QUEUED, 0);
	}
	mem_free(host);
	mem_free(shown);
	return moves;
}

static void
send(struct attempt *a)
{
	struct engine *e = a->queue->engine;
	const json_t *recipients = json_object_get(a->claim, "recipients");
	struct err err = ERR_INIT;
	struct mail_request *r = mail_request_read(
		a, e->secrets, json_string_value(json_object_get(a->claim, "request")), &err);
	struct mail_job *job = NULL;
	enum mail_class class;

	if (r != NULL && mail_request_renew(e, r) && follow_variable(a, r))
		return;
	if (r != NULL) {
		set_text(a, r);
		job = mail_request_job(a, e, r, a->part->domain, waiting_mailboxes(r, recipients),
			json_array_size(recipients), &err);
	}
	if (job == NULL) {
		class = mail_class_named(err.class);
		conclude_failed(a, class == MAIL_CLASS_COUNT ? MAIL_CONFIG : class, PHASE_CONFIG, err.text,
			err.hint[0] != '\0' ? err.hint : NULL);
		return;
	}
	set_time(a, job);
	job->mid = a->part->message->mid;
	job->part = a->part->id;
	job->rids = waiting_rids(job, recipients);
	job->announce = true;
	job->age = age_of(a);
	job->debug = queue_submission_debug(a->part->message);
	mail_attempt(a, e, job, r->dane, on_attempted, a);
	mem_free(r);
}

/* The store said no: there is no such mail, no room, or trouble with the disk. Nothing was delivered. */
static void
give_back(struct attempt *a, const struct err *err)
{
	struct mail_queue *q = a->queue;
	struct queue_part *p = a->part;

	end(a);
	if (strcmp(err->class, "STORE_GONE") == 0) {
		log_msg(q->engine->log, NULL, "HA_EM", SEV_ERRORS, "MAIL_QUEUE_LOST",
			"Mail of applet %s to %s (MID %llu) is not in the store any more", p->message->applet,
			p->message->server, (unsigned long long)p->message->mid);
		queue_part_drop(q, p);
		return;
	}
	queue_part_place(q, p, MAILQUEUE_DEFERRED, clock_mono(q->engine->clock) + RETRY_CLAIM);
}

static void
on_claimed(void *arg, const json_t *claim, const struct err *err)
{
	struct attempt *a = arg;
	struct queue_part *p = a->part;

	if (err != NULL) {
		give_back(a, err);
		return;
	}
	a->claim = json_incref((json_t *)(uintptr_t)claim);
	if (p->is_stale)
		conclude_failed(a, p->host->class, p->host->phase, "the host is put off", NULL);
	else
		send(a);
}

/* Should we end from here on before the server's answer is known, the mail may be there twice. */
static void
on_sending(void *arg, const json_t *out, const struct err *err)
{
	struct attempt *a = arg;

	(void)out;
	if (err == NULL)
		mailer_leave(a->queue->engine->mailer, a->job);
	else
		give_back(a, err);
}

void
queue_attempt_announced(void *arg, const struct mail_job *job)
{
	struct mail_queue *q = arg;
	struct queue_part *p = queue_part_find(q, job->part);
	struct attempt *a = p == NULL ? NULL : p->attempt;

	if (a == NULL)
		return;
	a->job = job->id;
	store_submit(a, q->store, mailqueue_sending,
		json_pack("{s:I, s:I}", "part", (json_int_t)p->id, "at",
			(json_int_t)clock_wall(q->engine->clock)),
		on_sending, a);
}

void
queue_attempt_start(struct mail_queue *q, struct queue_part *p)
{
	struct attempt *a = mem_new(q, struct attempt);

	queue_part_place(q, p, MAILQUEUE_ACTIVE, 0);
	a->queue = q;
	a->part = p;
	p->attempt = a;
	mem_on_free(a, attempt_free);
	q->active++;
	p->host->active++;
	a->timer = timer_after(a, q->engine->loop, SLOW_AFTER, on_slow, a);
	store_submit(
		a, q->store, mailqueue_claim, json_pack("{s:I}", "part", (json_int_t)p->id), on_claimed, a);
}
