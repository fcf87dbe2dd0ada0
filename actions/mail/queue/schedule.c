/*
 * Who may be attempted now. `max-parallel` deliveries work at a time, two a host. One that waits for its
 * server in silence is no longer counted among them, only among the processes: so twenty servers that hang
 * leave the way free for one that does not. A host that did not let us in is put off for all its messages.
 */
#include <stdio.h>
#include <string.h>

#include "actions/mail/queue/heap.h"
#include "actions/mail/queue/private.h"
#include "actions/mail/queue/submission.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/rng.h"

#define JITTER_PERCENT 10
#define NAME_SIZE      256

/* Of a named server that has none of its own: the default one. */
const struct bounce_profile *
queue_bounce_profile(const struct mail_queue *q, const struct queue_part *p)
{
	const char *name = p->host->name, *colon = strrchr(name, ':');
	char host[NAME_SIZE];

	if (p->domain != NULL)
		return destination_for(q->engine->destinations, p->domain)->bounce;
	snprintf(host, sizeof host, "%.*s", (int)(colon == NULL ? strlen(name) : (size_t)(colon - name)),
		name);
	return destination_bounce(q->engine->destinations, host);
}

/* First wait, doubled with each try, +-10 %: a thousand mails do not come back in the same second. */
usec
queue_back_off(struct mail_queue *q, const struct bounce_profile *b, unsigned tries)
{
	usec wait = b->first_wait;

	for (unsigned i = 1; i < tries && wait < b->max_wait; i++)
		wait *= 2;
	if (wait > b->max_wait)
		wait = b->max_wait;
	return wait - wait * JITTER_PERCENT / 100 +
	       (usec)rng_below(q->engine->rng, (uint64_t)(wait * 2 * JITTER_PERCENT / 100) + 1);
}

/* ---- hosts ---- */

static struct queue_part *
first_of(const struct queue_host *h)
{
	return !TAILQ_EMPTY(&h->fresh) ? TAILQ_FIRST(&h->fresh) : TAILQ_FIRST(&h->due);
}

/* What waited for the host to come back is due now. */
static void
wake_parts(struct mail_queue *q, struct queue_host *h)
{
	struct queue_part *p, *next;

	HASH_ITER (hh, q->parts, p, next) {
		if (p->host == h && p->is_waiting && p->state == MAILQUEUE_DEFERRED) {
			p->is_waiting = false;
			queue_part_place(q, p, MAILQUEUE_QUEUED, 0);
		}
	}
}

void
queue_host_answered(struct mail_queue *q, struct queue_host *h)
{
	bool was_away = h->failures > 0;

	h->proven = true;
	h->failures = 0;
	h->put_off_until = 0;
	if (h->timer != NULL)
		timer_stop(h->timer);
	if (was_away)
		wake_parts(q, h);
}

static void
on_put_off_over(void *arg)
{
	struct queue_host *h = arg;

	queue_schedule(h->queue);
}

/*
 * Behind a host that is put off, runs do not wait for a first attempt. And mails grow old there without being
 * tried: those whose time is over, or whose sender is to be told of the delay, are dealt with although nothing
 * is sent.
 */
static void
look_at_waiting(struct mail_queue *q, struct queue_host *h)
{
	struct queue_part *p, *next;

	for (p = first_of(h); p != NULL; p = next) {
		const struct bounce_profile *b = queue_bounce_profile(q, p);
		usec age = queue_message_age(q, p->message);

		next = TAILQ_NEXT(p, link);
		if (next == NULL && p->is_fresh)
			next = TAILQ_FIRST(&h->due);
		queue_submission_put_off(q, p);
		if (age < b->lifetime && (age < b->warn_after || p->message->warned))
			continue;
		p->is_stale = true;
		queue_attempt_start(q, p);
	}
}

/* Who waits already has waited: when the host is back, what comes then goes first. */
static void
grow_old(struct queue_host *h)
{
	struct queue_part *p;

	TAILQ_FOREACH (p, &h->fresh, link)
		p->is_fresh = false;
	TAILQ_CONCAT(&h->due, &h->fresh, link);
}

void
queue_host_failed(struct mail_queue *q, const struct queue_part *p, const struct mail_result *r, usec wait)
{
	struct queue_host *h = p->host;

	h->proven = false;
	h->failures++;
	h->class = r->class;
	h->phase = r->phase;
	h->failed_mid = p->message->mid;
	h->put_off_until = clock_mono(q->engine->clock) + wait;
	if (h->timer == NULL)
		h->timer = timer_after(h, q->engine->loop, wait, on_put_off_over, h);
	else
		timer_set(h->timer, wait);
	grow_old(h);
	look_at_waiting(q, h);
}

void
queue_host_clear(struct mail_queue *q, struct queue_host *h)
{
	h->put_off_until = 0;
	if (h->timer != NULL)
		timer_stop(h->timer);
	queue_schedule_soon(q);
}

/* ---- handing out ---- */

static bool
is_put_off(const struct mail_queue *q, const struct queue_host *h)
{
	return h->put_off_until > clock_mono(q->engine->clock);
}

/* Deliveries at once: those of the domain's own profile, if it says so. */
static unsigned
limit_of(const struct mail_queue *q, const struct queue_host *h)
{
	const struct queue_part *p = first_of(h);
	unsigned own = p == NULL || p->domain == NULL
			       ? 0
			       : destination_for(q->engine->destinations, p->domain)->max_connections;

	return own > 0 ? own : q->per_host;
}

/*
 * A host that has not proven itself gets one attempt at a time, and leaves the last of the working places
 * and the last processes to those that have.
 */
static bool
may_start(const struct mail_queue *q, const struct queue_host *h)
{
	unsigned working = q->active - q->slow, places = q->parallel, processes = q->parallel_max;

	if (is_put_off(q, h) || h->active >= (h->proven ? limit_of(q, h) : 1))
		return false;
	if (h->slow > 0 && q->active >= processes / 2)
		return false;
	if (!h->proven) {
		places -= places > 1;
		processes -= processes > q->parallel ? q->parallel : 0;
	}
	return working < places && q->active < processes;
}

static struct queue_host *
next_host(const struct mail_queue *q)
{
	struct queue_host *h, *other = NULL;

	TAILQ_FOREACH (h, &q->ready, link) {
		if (!may_start(q, h))
			continue;
		if (h->proven)
			return h;
		if (other == NULL)
			other = h;
	}
	return other;
}

void
queue_schedule(struct mail_queue *q)
{
	struct queue_host *h;

	while (q->is_read && !q->stopping && (h = next_host(q)) != NULL) {
		struct queue_part *p = first_of(h);

		/* Round and round: to the end of the line. */
		TAILQ_REMOVE(&q->ready, h, link);
		TAILQ_INSERT_TAIL(&q->ready, h, link);
		queue_attempt_start(q, p);
	}
}

/* Deferred ones whose time has come; the timer is set to the next. */
static void
on_due(void *arg)
{
	struct mail_queue *q = arg;
	usec now = clock_mono(q->engine->clock);
	struct queue_part *p;

	while ((p = heap_first(q->deferred)) != NULL && p->next_try <= now)
		queue_part_place(q, p, MAILQUEUE_QUEUED, 0);
	queue_schedule(q);
}

static void
set_timer(struct mail_queue *q)
{
	const struct queue_part *p = heap_first(q->deferred);
	usec left;

	if (p == NULL) {
		if (q->timer != NULL)
			timer_stop(q->timer);
		return;
	}
	left = p->next_try - clock_mono(q->engine->clock);
	if (left < 0)
		left = 0;
	if (q->timer == NULL)
		q->timer = timer_after(q, q->engine->loop, left, on_due, q);
	else
		timer_set(q->timer, left);
}

static void
on_kick(void *arg)
{
	struct mail_queue *q = arg;

	set_timer(q);
	queue_schedule(q);
}

void
queue_schedule_soon(struct mail_queue *q)
{
	if (q->kick == NULL)
		q->kick = timer_after(q, q->engine->loop, 0, on_kick, q);
	else if (!timer_is_set(q->kick))
		timer_set(q->kick, 0);
}
