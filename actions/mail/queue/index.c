/* The index of what is kept: messages, their parts, and the hosts that they go to. */
#include <string.h>

#include "actions/mail/queue/heap.h"
#include "actions/mail/queue/private.h"
#include "actions/mail/queue/submission.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"

/* Applets and servers repeat in every message. They are few, and stay. */
struct interned {
	UT_hash_handle hh;
	char text[];
};

static const char *
intern(struct mail_queue *q, const char *s)
{
	struct interned *i;
	size_t n;

	if (s == NULL)
		return NULL;
	n = strlen(s);
	HASH_FIND(hh, q->texts, s, (unsigned)n, i);
	if (i == NULL) {
		i = mem_alloc_named(q, sizeof *i + n + 1, "interned");
		memcpy(i->text, s, n + 1);
		HASH_ADD(hh, q->texts, text, (unsigned)n, i);
	}
	return i->text;
}

static struct queue_host *
queue_host_get(struct mail_queue *q, const char *name)
{
	struct queue_host *h;

	HASH_FIND_STR(q->hosts, name, h);
	if (h != NULL)
		return h;
	h = mem_new(q, struct queue_host);
	h->name = intern(q, name);
	h->queue = q;
	TAILQ_INIT(&h->fresh);
	TAILQ_INIT(&h->due);
	HASH_ADD_KEYPTR(hh, q->hosts, h->name, (unsigned)strlen(h->name), h);
	return h;
}

/* Failed ones are kept to be seen, and take no room from the living. */
static void
count_part(
	struct mail_queue *q, const struct queue_part *p, enum mailqueue_state from, enum mailqueue_state to)
{
	const struct queue_message *m = p->message;

	if (m->part_count > 1 || (from == MAILQUEUE_FAILED) == (to == MAILQUEUE_FAILED))
		return;
	if (to == MAILQUEUE_FAILED) {
		q->count--;
		q->bytes -= m->size;
		q->kept_failed++;
	} else {
		q->count++;
		q->bytes += m->size;
		q->kept_failed--;
	}
}

void
queue_message_born(const struct mail_queue *q, struct queue_message *m, usec since)
{
	usec age = clock_wall(q->engine->clock) - since;

	m->born = clock_mono(q->engine->clock) - (age > 0 ? age : 0);
}

usec
queue_message_age(const struct mail_queue *q, const struct queue_message *m)
{
	return clock_mono(q->engine->clock) - m->born;
}

unsigned
queue_part_tries(const struct queue_part *p)
{
	return p->tries - p->renewed_at;
}

struct queue_message *
queue_message_add(struct mail_queue *q, uint64_t mid, const char *applet, const char *server, usec created,
	size_t size, enum queue_kind kind)
{
	struct queue_message *m = mem_new(q, struct queue_message);

	m->mid = mid;
	m->applet = intern(q, applet);
	m->server = intern(q, server);
	m->created = created;
	queue_message_born(q, m, created);
	m->size = size;
	m->kind = kind;
	LIST_INIT(&m->parts);
	HASH_ADD(hh, q->messages, mid, sizeof m->mid, m);
	q->count++;
	q->bytes += size;
	return m;
}

struct queue_part *
queue_part_add(struct queue_message *m, struct mail_queue *q, uint64_t id, const char *host,
	const char *domain, enum mailqueue_state state)
{
	struct queue_part *p = mem_new(m, struct queue_part);

	p->id = id;
	p->message = m;
	p->host = queue_host_get(q, host);
	p->host->parts++;
	p->domain = intern(q, domain);
	p->state = state == MAILQUEUE_FAILED ? MAILQUEUE_HELD : state;
	LIST_INSERT_HEAD(&m->parts, p, sibling);
	m->part_count++;
	HASH_ADD(hh, q->parts, id, sizeof p->id, p);
	return p;
}

struct queue_message *
queue_message_find(const struct mail_queue *q, uint64_t mid)
{
	struct queue_message *m;

	HASH_FIND(hh, q->messages, &mid, sizeof mid, m);
	return m;
}

struct queue_part *
queue_part_find(const struct mail_queue *q, uint64_t id)
{
	struct queue_part *p;

	HASH_FIND(hh, q->parts, &id, sizeof id, p);
	return p;
}

static void
unlink_host(struct mail_queue *q, struct queue_host *h)
{
	if (h->is_linked && TAILQ_EMPTY(&h->fresh) && TAILQ_EMPTY(&h->due)) {
		TAILQ_REMOVE(&q->ready, h, link);
		h->is_linked = false;
	}
}

static void
leave(struct mail_queue *q, struct queue_part *p)
{
	struct queue_host *h = p->host;

	if (p->in_lane && p->is_fresh)
		TAILQ_REMOVE(&h->fresh, p, link);
	else if (p->in_lane)
		TAILQ_REMOVE(&h->due, p, link);
	if (p->in_lane)
		unlink_host(q, h);
	p->in_lane = false;
	if (p->heap_at != 0)
		heap_take(q->deferred, p);
}

/* A host of which nothing is kept and that is not in disgrace need not be remembered. */
static void
forget_host(struct mail_queue *q, struct queue_host *h)
{
	if (h->parts > 0 || h->active > 0 || h->failures > 0 || h->proven)
		return;
	HASH_DEL(q->hosts, h);
	mem_free(h);
}

void
queue_part_drop(struct mail_queue *q, struct queue_part *p)
{
	struct queue_message *m = p->message;
	struct queue_host *h = p->host;

	leave(q, p);
	if (m->part_count == 1) {
		count_part(q, p, p->state, MAILQUEUE_QUEUED);
		q->count--;
		q->bytes -= m->size;
	}
	HASH_DEL(q->parts, p);
	LIST_REMOVE(p, sibling);
	h->parts--;
	if (--m->part_count > 0) {
		mem_free(p);
	} else {
		if (m->submission != NULL)
			queue_submission_forget(m);
		HASH_DEL(q->messages, m);
		mem_free(m);
	}
	forget_host(q, h);
}

void
queue_message_at(struct mail_queue *q, struct queue_message *m, const char *server)
{
	m->server = intern(q, server);
}

void
queue_part_move(struct mail_queue *q, struct queue_part *p, const char *host)
{
	struct queue_host *h = p->host;

	leave(q, p);
	p->host = queue_host_get(q, host);
	p->host->parts++;
	p->is_waiting = false;
	h->parts--;
	forget_host(q, h);
}

void
queue_message_drop(struct mail_queue *q, struct queue_message *m)
{
	struct queue_part *p, *next;

	for (p = LIST_FIRST(&m->parts); p != NULL; p = next) {
		next = LIST_NEXT(p, sibling); /* the last part takes the message along */
		queue_attempt_cancel(p);
		queue_part_drop(q, p);
	}
}

void
queue_index_clear(struct mail_queue *q)
{
	struct queue_message *m, *next;

	/* Who waits for a message is told nothing, and must not look for it. */
	HASH_ITER (hh, q->messages, m, next) {
		if (m->submission != NULL)
			queue_submission_forget(m);
	}
	HASH_CLEAR(hh, q->messages);
	HASH_CLEAR(hh, q->parts);
	HASH_CLEAR(hh, q->hosts);
	HASH_CLEAR(hh, q->texts);
}

void
queue_part_place(struct mail_queue *q, struct queue_part *p, enum mailqueue_state state, usec next_try)
{
	struct queue_host *h = p->host;

	leave(q, p);
	count_part(q, p, p->state, state);
	p->state = state;
	p->next_try = next_try;
	if (state == MAILQUEUE_DEFERRED) {
		heap_put(q->deferred, p);
	} else if (state == MAILQUEUE_QUEUED) {
		p->in_lane = true;
		p->is_fresh = queue_part_tries(p) == 0;
		if (p->is_fresh)
			TAILQ_INSERT_TAIL(&h->fresh, p, link);
		else
			TAILQ_INSERT_TAIL(&h->due, p, link);
		if (!h->is_linked)
			TAILQ_INSERT_TAIL(&q->ready, h, link);
		h->is_linked = true;
	}
	queue_schedule_soon(q);
}

usec
queue_wall_of(const struct mail_queue *q, usec mono)
{
	return clock_wall(q->engine->clock) + mono - clock_mono(q->engine->clock);
}
