/* The mail queue: its beginning, and its way to the store. */
#include "actions/mail/queue/queue.h"

#include <string.h>

#include "actions/mail/mailer.h"
#include "actions/mail/queue/heap.h"
#include "actions/mail/queue/private.h"
#include "actions/mail/queue/submission.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/settings.h"

#define LOAD_AT_ONCE 2000 /* parts: the loop goes on between them */
#define MESSAGES_MAX 1000
#define BYTES_MAX    ((size_t)100 * 1024 * 1024)
#define PER_HOST     2
#define STORE_AGAIN  USEC_PER_SEC

/* ---- works that must succeed in the end ---- */

struct insistent {
	struct mail_queue *queue;
	store_work_f *work;
	json_t *in;
	queue_stored_f *done;
	struct timer *timer;
};

static int
insistent_free(void *p)
{
	json_decref(((struct insistent *)p)->in);
	return 0;
}

static void on_stored(void *arg, const json_t *out, const struct err *err);

static void
store_again(void *arg)
{
	struct insistent *i = arg;

	store_submit(i, i->queue->store, i->work, json_incref(i->in), on_stored, i);
}

static void
on_stored(void *arg, const json_t *out, const struct err *err)
{
	struct insistent *i = arg;

	if (err == NULL) {
		if (i->done != NULL)
			i->done(i->queue, i->in, out);
		mem_free(i);
		return;
	}
	if (i->timer == NULL)
		log_msg(i->queue->engine->log, NULL, "HA_EM", SEV_ERRORS, "MAIL_QUEUE_STORE",
			"The mail queue cannot be written: %s; tried again each second", err->text);
	mem_free(i->timer);
	i->timer = timer_after(i, i->queue->engine->loop, STORE_AGAIN, store_again, i);
}

void
queue_store(struct mail_queue *q, store_work_f *work, json_t *in, queue_stored_f *done)
{
	struct insistent *i = mem_new(q, struct insistent);

	i->queue = q;
	i->work = work;
	i->in = in;
	i->done = done;
	mem_on_free(i, insistent_free);
	store_again(i);
}

/* ---- reading what is kept ---- */

static int64_t
at(const json_t *row, enum mailqueue_row column)
{
	return json_integer_value(json_array_get(row, column));
}

static const char *
text_at(const json_t *row, enum mailqueue_row column)
{
	return json_string_value(json_array_get(row, column));
}

/* Times are kept by the wall clock; the longest wait bounds what a clock that was wrong can do. */
static usec
next_try_of(const struct mail_queue *q, const struct queue_part *p, int64_t wall)
{
	usec left = wall - clock_wall(q->engine->clock), max = queue_bounce_profile(q, p)->max_wait;

	max += max / 4;
	return clock_mono(q->engine->clock) + (left < 0 ? 0 : left > max ? max : left);
}

static void
index_row(struct mail_queue *q, const json_t *row)
{
	uint64_t mid = (uint64_t)at(row, ROW_MID);
	struct queue_message *m = queue_message_find(q, mid);
	enum mailqueue_state state = (enum mailqueue_state)at(row, ROW_STATE);
	struct queue_part *p;

	if (queue_part_find(q, (uint64_t)at(row, ROW_PART)) != NULL)
		return; /* it came while reading was not yet possible */
	if (m == NULL) {
		m = queue_message_add(q, mid, text_at(row, ROW_APPLET), text_at(row, ROW_SERVER),
			at(row, ROW_CREATED), (size_t)at(row, ROW_SIZE), (enum queue_kind)at(row, ROW_KIND));
		queue_message_born(q, m, at(row, ROW_SINCE));
		m->warned = at(row, ROW_WARNED) != 0;
	}
	p = queue_part_add(m, q, (uint64_t)at(row, ROW_PART), text_at(row, ROW_HOST),
		text_at(row, ROW_DOMAIN), MAILQUEUE_HELD);
	p->tries = (unsigned)at(row, ROW_TRIES);
	p->renewed_at = (unsigned)at(row, ROW_RENEWED_AT);
	p->unconfirmed = (unsigned)at(row, ROW_UNCONFIRMED);
	queue_part_place(
		q, p, state, state == MAILQUEUE_DEFERRED ? next_try_of(q, p, at(row, ROW_NEXT_TRY)) : 0);
}

static void load_more(struct mail_queue *);

/* Mails may be offered from here on, whether what is kept could be read or not. */
static void
loaded(struct mail_queue *q)
{
	mail_queue_loaded_f *f = q->on_loaded;

	q->loaded = true;
	q->on_loaded = NULL;
	queue_submit_early(q);
	if (f != NULL)
		f(q->on_loaded_arg);
}

static void
all_read(struct mail_queue *q)
{
	q->is_read = true;
	if (q->count > 0)
		log_msg(q->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "MAIL_QUEUE",
			"Mails in the queue: %zu", q->count);
	loaded(q);
	queue_schedule_soon(q);
}

static void begin_reading(void *arg);

/* A full disk, say. What is kept is not forgotten: it is read as soon as it can be, and nothing is attempted before. */
static void
reading_failed(struct mail_queue *q, const struct err *err)
{
	if (q->reading == NULL)
		log_msg(q->engine->log, NULL, "HA_EM", SEV_ERRORS, "MAIL_QUEUE_STORE",
			"The mail queue cannot be read: %s; tried again each second", err->text);
	if (q->reading == NULL)
		q->reading = timer_after(q, q->engine->loop, STORE_AGAIN, begin_reading, q);
	else
		timer_set(q->reading, STORE_AGAIN);
	loaded(q);
}

static void
on_rows(void *arg, const json_t *out, const struct err *err)
{
	struct mail_queue *q = arg;
	const json_t *rows = json_object_get(out, "parts"), *row;
	size_t i;

	if (err != NULL) {
		reading_failed(q, err);
		return;
	}
	json_array_foreach(rows, i, row) index_row(q, row);
	q->load_after = (uint64_t)json_integer_value(json_object_get(out, "last"));
	if (json_array_size(rows) < LOAD_AT_ONCE)
		all_read(q);
	else
		load_more(q);
}

static void
load_more(struct mail_queue *q)
{
	store_submit(q, q->store, mailqueue_load,
		json_pack("{s:I, s:i}", "after", (json_int_t)q->load_after, "limit", LOAD_AT_ONCE), on_rows,
		q);
}

static void
on_recovered(void *arg, const json_t *out, const struct err *err)
{
	struct mail_queue *q = arg;
	json_int_t n = json_integer_value(json_object_get(out, "recovered"));

	if (err != NULL) {
		reading_failed(q, err);
		return;
	}
	if (n > 0)
		log_msg(q->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_QUEUE_INTERRUPTED",
			"Deliveries interrupted behind the text: %lld; they are made again, and what the "
			"server had taken arrives twice, with the same Message-ID",
			(long long)n);
	load_more(q);
}

static void
begin_reading(void *arg)
{
	struct mail_queue *q = arg;

	store_submit(q, q->store, mailqueue_recover,
		json_pack("{s:s, s:s, s:s}", "class", mail_class_name(MAIL_HELPER_FAILED), "phase",
			mail_phase_name(PHASE_DOT), "detail",
			"eventd ended before the answer to the final dot was written down"),
		on_recovered, q);
}

void
mail_queue_open(struct mail_queue *q, mail_queue_loaded_f *done, void *arg)
{
	if (q->loaded && done != NULL) {
		done(arg);
		return;
	}
	if (done != NULL) {
		q->on_loaded = done;
		q->on_loaded_arg = arg;
	}
	if (q->opened)
		return;
	q->opened = true;
	begin_reading(q);
}

/* ---- the whole ---- */

void
mail_queue_stop(struct mail_queue *q)
{
	struct queue_message *m, *next;

	q->stopping = true;
	HASH_ITER (hh, q->messages, m, next)
		queue_submission_stop(m);
}

size_t
mail_queue_active(const struct mail_queue *q)
{
	return q->active;
}

bool
mail_queue_is_disabled(const struct mail_queue *q)
{
	return q->disabled;
}

static int
queue_free(void *p)
{
	struct mail_queue *q = p;

	queue_commands_forget(q);
	queue_submit_none(q);
	queue_index_clear(q);
	return 0;
}

void
mail_queue_settings(struct mail_queue *q)
{
	q->parallel = (unsigned)q->engine->settings->mail_max_parallel;
	q->parallel_max = (unsigned)mailer_processes_max(q->engine->mailer);
}

struct mail_queue *
mail_queue_new(const void *ctx, struct engine *engine)
{
	struct mail_queue *q = mem_new(ctx, struct mail_queue);

	q->engine = engine;
	q->store = engine->store;
	mail_queue_settings(q);
	q->per_host = PER_HOST;
	q->max_messages = QUEUE_MESSAGES_MAX;
	q->max_bytes = (size_t)QUEUE_MIB_MAX * 1024 * 1024;
	q->deferred = heap_new(q);
	TAILQ_INIT(&q->ready);
	TAILQ_INIT(&q->early);
	LIST_INIT(&q->commands);
	mem_on_free(q, queue_free);
	mailer_on_announced(engine->mailer, queue_attempt_announced, q);
	return q;
}
