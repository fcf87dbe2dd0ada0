/* How many mails there are, in which state, and which hosts let none in. */
#include <string.h>

#include "actions/mail/queue/show_private.h"
#include "core/engine.h"

const char *const show_states[MAILQUEUE_STATE_COUNT] = {
	[MAILQUEUE_QUEUED] = "queued",
	[MAILQUEUE_ACTIVE] = "active",
	[MAILQUEUE_DEFERRED] = "deferred",
	[MAILQUEUE_HELD] = "held",
	[MAILQUEUE_FAILED] = "failed",
	[MAILQUEUE_DONE] = "done",
};

bool
show_is_livelier(enum mailqueue_state s, enum mailqueue_state than)
{
	static const int life[MAILQUEUE_STATE_COUNT] = { [MAILQUEUE_ACTIVE] = 5,
		[MAILQUEUE_QUEUED] = 4,
		[MAILQUEUE_DEFERRED] = 3,
		[MAILQUEUE_HELD] = 2,
		[MAILQUEUE_FAILED] = 1 };

	return life[s] > life[than];
}

int64_t
show_put_off(const struct mail_queue *q, const struct queue_host *h)
{
	usec left = h->put_off_until - clock_mono(q->engine->clock);

	return left <= 0 ? 0 : (left + USEC_PER_SEC - 1) / USEC_PER_SEC;
}

/* Mails, not their parts. */
static void
count_states(const struct mail_queue *q, size_t counts[MAILQUEUE_STATE_COUNT], size_t *unconfirmed)
{
	const struct queue_message *m, *next;
	const struct queue_part *p;

	HASH_ITER (hh, q->messages, m, next) {
		enum mailqueue_state state = MAILQUEUE_DONE;
		bool is_unconfirmed = false;

		LIST_FOREACH (p, &m->parts, sibling) {
			if (show_is_livelier(p->state, state))
				state = p->state;
			is_unconfirmed |= p->unconfirmed > 0;
		}
		counts[state]++;
		*unconfirmed += is_unconfirmed;
	}
}

/* The mail whose attempt found that out, 0: it is no longer in the queue. */
static uint64_t
put_off_by(const struct mail_queue *q, const struct queue_host *h)
{
	return queue_message_find(q, h->failed_mid) != NULL ? h->failed_mid : 0;
}

void
show_put_off_why(const struct show *v, const char *comma, const struct queue_host *h)
{
	uint64_t mid = put_off_by(v->queue, h);

	if (mid != 0)
		w_text(v->w, "%s since MID %llu", comma, (unsigned long long)mid);
	w_text(v->w, ": %s %s\n", mail_class_name(h->class), mail_phase_name(h->phase));
}

/* Hosts that do not let in now what waits for them. */
static void
say_hosts(const struct show *v)
{
	const struct queue_host *h, *next;

	HASH_ITER (hh, v->queue->hosts, h, next) {
		int64_t left = show_put_off(v->queue, h);

		if (left == 0 || h->parts == 0)
			continue;
		w_text(v->w, "Put off for %lld s: ", (long long)left);
		w_foreign(v->w, h->name, strlen(h->name));
		show_put_off_why(v, ",", h);
	}
}

static void
json_hosts(const struct show *v)
{
	const struct queue_host *h, *next;
	struct writer *w = v->w;

	w_list(w, "put_off");
	HASH_ITER (hh, v->queue->hosts, h, next) {
		int64_t left = show_put_off(v->queue, h);

		if (left == 0 || h->parts == 0)
			continue;
		w_object(w, NULL);
		w_str(w, "host", h->name);
		w_int(w, "seconds", left);
		if (put_off_by(v->queue, h) != 0)
			w_int(w, "mid", (int64_t)h->failed_mid);
		else
			w_str(w, "mid", NULL);
		w_str(w, "class", mail_class_name(h->class));
		w_str(w, "phase", mail_phase_name(h->phase));
		w_int(w, "failures", h->failures);
		w_end(w);
	}
	w_end(w);
}

/* Since the queue was made, over restarts. */
static void
say_totals(const struct show *v, const json_t *counters)
{
	static const char *const names[] = { "accepted", "delivered", "possible_duplicates", "digested" };
	static const char *const words[] = { "accepted", "delivered", "possible duplicates", "in digests" };

	w_object(v->w, "totals");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int64_t n = show_integer(counters, names[i]);

		w_int(v->w, names[i], n);
		if (v->args->summary.set)
			w_text(v->w, "%s%lld %s", i == 0 ? "Ever since: " : ", ", (long long)n, words[i]);
	}
	w_end(v->w);
	if (v->args->summary.set)
		w_text(v->w, "\n");
}

void
show_head(const struct show *v, const json_t *counters)
{
	const struct mail_queue *q = v->queue;
	size_t counts[MAILQUEUE_STATE_COUNT] = { 0 }, unconfirmed = 0;
	struct writer *w = v->w;

	count_states(q, counts, &unconfirmed);
	w_text(w, "%zu of %zu mails, %zu of %zu KiB in the queue: ", q->count, q->max_messages,
		q->bytes / 1024, q->max_bytes / 1024);
	for (int i = 0; i < MAILQUEUE_DONE; i++)
		w_text(w, "%s%zu %s", i == 0 ? "" : ", ", counts[i], show_states[i]);
	w_text(w, "\n");
	if (unconfirmed > 0)
		w_text(w, "%zu possible duplicate%s: an attempt ended without an answer\n", unconfirmed,
			unconfirmed == 1 ? "" : "s");
	say_hosts(v);
	if (!q->loaded && q->opened)
		w_text(w, "The queue is still being read\n");
	if (q->count + q->kept_failed > 0 && !v->args->summary.set)
		w_text(w, "MID    State     Tries  Next try  Destination\n");
	w_int(w, "count", (int64_t)q->count);
	w_int(w, "octets", (int64_t)q->bytes);
	w_int(w, "limit_messages", (int64_t)q->max_messages);
	w_int(w, "limit_octets", (int64_t)q->max_bytes);
	for (int i = 0; i < MAILQUEUE_DONE; i++)
		w_int(w, show_states[i], (int64_t)counts[i]);
	w_int(w, "possible_duplicates", (int64_t)unconfirmed);
	say_totals(v, counters);
	json_hosts(v);
	if (!v->args->summary.set)
		w_list(w, "messages");
}
