/* A mail comes: committed, put into the index, and answered behind its first attempt. */
#include "actions/mail/queue/submission.h"

#include <string.h>
#include <strings.h>

#include "actions/mail/delivery_log.h"
#include "actions/mail/server.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"

#define GRACE (250 * USEC_PER_MSEC) /* an attempt that ends with its time still gets its word in */

/* The queue's own: a run may end before its mail is committed, and the mail is accepted all the same. */
struct offer {
	struct mail_queue *queue;
	struct submission *submission; /* NULL: nobody waits any more */
	json_t *stored;
	size_t size;
};

struct submission {
	TAILQ_ENTRY(submission) link; /* while the queue is not yet read */
	bool is_early;
	struct offer *offer; /* on its way into the store, or NULL */
	struct mail_queue *queue;
	struct queue_message *message; /* NULL until it is committed */
	json_t *stored;                /* as mailqueue_add() takes it */
	uint64_t mid;
	unsigned waiting; /* parts whose first attempt is not over */
	enum mail_outcome worst;
	json_t *result; /* of it */
	unsigned next_try;
	usec until; /* monotonic */
	debug_mask debug;
	struct timer *timer;
	mail_queue_done_f *done;
	void *arg;
};

/* ---- what is stored ---- */

static json_t *
part_json(const char *host, const char *domain)
{
	json_t *part = json_object();

	json_object_set_new(part, "host", json_string_nocheck(host));
	json_object_set_new(part, "domain", domain == NULL ? json_null() : json_string_nocheck(domain));
	json_object_set_new(part, "state", json_integer(MAILQUEUE_QUEUED));
	json_object_set_new(part, "next_try", json_integer(0));
	json_object_set_new(part, "recipients", json_array());
	return part;
}

/* The part of this host, made when there is none yet. */
static json_t *
part_for(json_t *parts, const char *host, const char *domain)
{
	json_t *part;
	size_t i;

	json_array_foreach(parts, i, part)
	{
		if (strcasecmp(json_string_value(json_object_get(part, "host")), host) == 0)
			return part;
	}
	part = part_json(host, domain);
	json_array_append_new(parts, part);
	return part;
}

static bool
add_parts(json_t *parts, const struct mail_request *r, struct err *err)
{
	bool direct = mail_request_is_direct(r);
	char *server = direct ? NULL : mail_request_host(NULL, r, err);

	if (!direct && server == NULL)
		return false;
	for (size_t i = 0; i < r->recipient_count; i++) {
		const char *domain = strrchr(r->recipients[i], '@');
		const char *host = direct ? (domain != NULL ? domain + 1 : "") : server;
		json_t *part = part_for(parts, host, direct ? host : NULL), *to = json_object();

		json_object_set_new(to, "rid", json_integer((json_int_t)i));
		json_object_set_new(to, "mailbox", json_string_nocheck(r->recipients[i]));
		json_array_append_new(json_object_get(part, "recipients"), to);
	}
	mem_free(server);
	return true;
}

json_t *
queue_message_json(struct mail_queue *q, const struct mail_request *r, enum queue_kind kind, struct err *err)
{
	json_t *message = json_object(), *parts = json_array(), *in = json_object();
	char *kept = mail_request_keep(NULL, q->engine->secrets, r);
	char *shown = mail_server_mask(NULL, r->server, strlen(r->server));
	bool ok = add_parts(parts, r, err);

	json_object_set_new(message, "message_id", json_string_nocheck(r->message_id));
	json_object_set_new(message, "applet", json_string_nocheck(r->applet));
	json_object_set_new(message, "server", json_string_nocheck(shown));
	json_object_set_new(message, "sender", json_string_nocheck(r->from));
	json_object_set_new(message, "request", json_string_nocheck(kept));
	json_object_set_new(message, "size", json_integer((json_int_t)r->message_len));
	json_object_set_new(message, "created", json_integer(clock_wall(q->engine->clock)));
	json_object_set_new(message, "kind", json_integer(kind));
	json_object_set_new(in, "message", message);
	json_object_set_new(in, "text", json_stringn_nocheck(r->message, r->message_len));
	json_object_set_new(in, "parts", parts);
	mem_free(kept);
	mem_free(shown);
	if (ok)
		return in;
	json_decref(in);
	return NULL;
}

static const char *
text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

struct queue_message *
queue_index_added(struct mail_queue *q, const json_t *added, const json_t *stored)
{
	const json_t *message = json_object_get(stored, "message"), *part;
	const json_t *ids = json_object_get(added, "parts");
	struct queue_message *m = queue_message_add(q,
		(uint64_t)json_integer_value(json_object_get(added, "mid")), text_of(message, "applet"),
		text_of(message, "server"), json_integer_value(json_object_get(message, "created")),
		(size_t)json_integer_value(json_object_get(message, "size")),
		(enum queue_kind)json_integer_value(json_object_get(message, "kind")));
	size_t i;

	json_array_foreach(json_object_get(stored, "parts"), i, part)
	{
		uint64_t id = (uint64_t)json_integer_value(json_array_get(ids, i));
		struct queue_part *p = queue_part_add(m, q, id, text_of(part, "host"),
			text_of(part, "domain"), MAILQUEUE_HELD); /* in no lane yet */

		queue_part_place(q, p, MAILQUEUE_QUEUED, 0);
	}
	delivery_log_queued(q->engine, m->mid);
	return m;
}

/* ---- the answer ---- */

static int
submission_free(void *p)
{
	struct submission *s = p;

	if (s->is_early)
		TAILQ_REMOVE(&s->queue->early, s, link);
	if (s->message != NULL)
		s->message->submission = NULL;
	if (s->offer != NULL)
		s->offer->submission = NULL;
	json_decref(s->stored);
	json_decref(s->result);
	return 0;
}

static void
answer(struct submission *s, const struct mail_result *r)
{
	struct mail_accepted accepted = {
		.id = s->mid, .outcome = s->worst, .next_try = s->next_try, .result = r
	};
	mail_queue_done_f *done = s->done;
	void *arg = s->arg;

	mem_free(s);
	done(arg, &accepted);
}

static void
answer_kept(struct submission *s)
{
	struct mail_result *r = mail_result_from_json(NULL, s->result, NULL);

	if (r != NULL)
		r->direct = json_is_true(json_object_get(s->result, "direct"));
	answer(s, r);
	mem_free(r);
}

/* Sent < deferred < refused < held: what the statement has to know. */
static int
weight(enum mail_outcome o)
{
	static const int weights[] = {
		[MAIL_SENT] = 0, [MAIL_DEFERRED] = 1, [MAIL_BOUNCED] = 2, [MAIL_HELD] = 3
	};

	return weights[o];
}

void
queue_submission_part(
	struct queue_part *p, enum mail_outcome outcome, const struct mail_result *r, unsigned next_try)
{
	struct submission *s = p->message->submission;

	if (s == NULL || p->is_reported)
		return;
	p->is_reported = true;
	if (s->result == NULL || weight(outcome) > weight(s->worst)) {
		json_decref(s->result);
		s->result = mail_result_to_json(r);
		s->worst = outcome;
		s->next_try = next_try;
	}
	if (--s->waiting == 0)
		answer_kept(s);
}

void
queue_submission_put_off(struct mail_queue *q, struct queue_part *p)
{
	usec left = p->host->put_off_until - clock_mono(q->engine->clock);
	struct mail_result *r;

	if (p->message->submission == NULL || p->is_reported || left <= 0)
		return;
	r = mail_result_new(NULL, 0);
	r->class = p->host->class;
	r->phase = p->host->phase;
	r->direct = p->domain != NULL;
	queue_submission_part(p, MAIL_DEFERRED, r, (unsigned)((left + USEC_PER_SEC - 1) / USEC_PER_SEC));
	mem_free(r);
}

void
queue_submission_forget(struct queue_message *m)
{
	m->submission->message = NULL;
	m->submission = NULL;
}

usec
queue_submission_left(const struct queue_message *m)
{
	const struct submission *s = m->submission;

	return s == NULL ? INT64_MAX : s->until - clock_mono(s->queue->engine->clock);
}

debug_mask
queue_submission_debug(const struct queue_message *m)
{
	return m->submission == NULL ? 0 : m->submission->debug;
}

/* The mail is accepted, and its first attempt is not over. */
static void
answer_unattempted(struct submission *s)
{
	struct mail_result *r = mail_result_new(NULL, 0);

	r->class = MAIL_TIMEOUT;
	r->phase = PHASE_QUEUE;
	if (weight(s->worst) < weight(MAIL_DEFERRED))
		s->worst = MAIL_DEFERRED;
	answer(s, r);
	mem_free(r);
}

static void
on_impatient(void *arg)
{
	struct submission *s = arg;

	if (s->mid == 0)
		timer_set(s->timer, USEC_PER_SEC); /* not yet committed: no answer is right */
	else
		answer_unattempted(s);
}

/* No attempt begins any more: the runs that wait for one go on. */
void
queue_submission_stop(struct queue_message *m)
{
	const struct queue_part *p;

	LIST_FOREACH (p, &m->parts, sibling)
		if (p->state == MAILQUEUE_ACTIVE)
			return;
	if (m->submission != NULL)
		answer_unattempted(m->submission);
}

/* ---- the way in ---- */

static void
refuse(struct submission *s, enum mail_class class, enum mail_phase phase, const char *detail,
	const char *hint)
{
	struct mail_result *r = mail_result_new(NULL, 0);

	r->class = class;
	r->phase = phase;
	r->detail = mem_strdup(r, detail); /* it may be the submission's */
	r->hint = hint;
	s->worst = MAIL_HELD;
	answer(s, r);
	mem_free(r);
}

static int
offer_free(void *p)
{
	struct offer *o = p;

	o->queue->offered--;
	o->queue->offered_bytes -= o->size;
	if (o->submission != NULL)
		o->submission->offer = NULL;
	json_decref(o->stored);
	return 0;
}

/* Who waits learns the number; of a host that is put off they need not wait. */
static void
attach(struct submission *s, struct queue_message *m)
{
	struct queue_part *p, *next;

	s->message = m;
	s->mid = m->mid;
	s->waiting = m->part_count;
	m->submission = s;
	if (s->queue->stopping) {
		queue_submission_stop(m);
		return;
	}
	for (p = LIST_FIRST(&m->parts); p != NULL; p = next) {
		next = LIST_NEXT(p, sibling);
		/* The last one's answer may free the submission, not the message. */
		queue_submission_put_off(s->queue, p);
	}
}

static void
on_added(void *arg, const json_t *added, const struct err *err)
{
	struct offer *o = arg;
	struct submission *s = o->submission;
	struct queue_message *m = err != NULL ? NULL : queue_index_added(o->queue, added, o->stored);

	mem_free(o);
	if (s != NULL && m != NULL)
		attach(s, m);
	else if (s != NULL)
		refuse(s, MAIL_QUEUE_FULL, PHASE_QUEUE, err->text, NULL);
}

static void
store_it(struct submission *s)
{
	struct mail_queue *q = s->queue;
	const json_t *message = json_object_get(s->stored, "message");
	size_t size = (size_t)json_integer_value(json_object_get(message, "size"));
	struct offer *o;
	char *why = NULL;

	if (q->count + q->offered >= q->max_messages)
		why = mem_printf(s, "%zu messages are waiting, the limit", q->count);
	else if (q->bytes + q->offered_bytes + size > q->max_bytes)
		why = mem_printf(
			s, "%zu of %zu octets are in use, the message has %zu", q->bytes, q->max_bytes, size);
	if (why != NULL) {
		refuse(s, MAIL_QUEUE_FULL, PHASE_QUEUE, why,
			"'show mail queue' tells what waits, and for what");
		return;
	}
	o = mem_new(q, struct offer);
	*o = (struct offer){ .queue = q, .submission = s, .stored = s->stored, .size = size };
	s->stored = NULL;
	s->offer = o;
	q->offered++;
	q->offered_bytes += size;
	mem_on_free(o, offer_free);
	store_submit(o, q->store, mailqueue_add, json_incref(o->stored), on_added, o);
}

void
queue_submit_early(struct mail_queue *q)
{
	struct submission *s;

	while ((s = TAILQ_FIRST(&q->early)) != NULL) {
		TAILQ_REMOVE(&q->early, s, link);
		s->is_early = false;
		store_it(s);
	}
}

void
queue_submit_none(struct mail_queue *q)
{
	struct submission *s;

	while ((s = TAILQ_FIRST(&q->early)) != NULL) {
		TAILQ_REMOVE(&q->early, s, link);
		s->is_early = false;
	}
}

/* From the loop, so that `done` never runs inside the caller. */
static void
on_begin(void *arg)
{
	struct submission *s = arg;

	mem_free(s->timer);
	s->timer = timer_after(s, s->queue->engine->loop,
		s->until - clock_mono(s->queue->engine->clock) + GRACE, on_impatient, s);
	if (s->queue->loaded) {
		store_it(s);
		return;
	}
	mail_queue_open(s->queue, NULL, NULL);
	s->is_early = true;
	TAILQ_INSERT_TAIL(&s->queue->early, s, link);
}

static void
on_wrong(void *arg)
{
	struct submission *s = arg;

	answer_kept(s);
}

void
mail_queue_submit(const void *ctx, struct mail_queue *q, const struct mail_request *r, usec patience,
	mail_queue_done_f *done, void *arg)
{
	struct submission *s = mem_new(ctx, struct submission);
	struct mail_result *wrong;
	struct err err = ERR_INIT;

	s->queue = q;
	s->done = done;
	s->arg = arg;
	s->debug = r->debug;
	s->until = clock_mono(q->engine->clock) + patience;
	mem_on_free(s, submission_free);
	s->stored = queue_message_json(q, r, QUEUE_MAIL, &err);
	if (s->stored != NULL) {
		s->timer = timer_after(s, q->engine->loop, 0, on_begin, s);
		return;
	}
	wrong = mail_result_new(NULL, 0);
	wrong->class = mail_class_named(err.class);
	if (wrong->class == MAIL_CLASS_COUNT)
		wrong->class = MAIL_CONFIG;
	wrong->phase = PHASE_CONFIG;
	wrong->detail = err.text;
	s->result = mail_result_to_json(wrong);
	s->worst = MAIL_HELD;
	s->timer = timer_after(s, q->engine->loop, 0, on_wrong, s);
	mem_free(wrong);
}
