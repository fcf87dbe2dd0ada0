/* Finds out whether clients are revoked, without keeping anybody else waiting. */
#include "syslog/tls/inquiry.h"

#include <string.h>
#include <sys/queue.h>

#include "core/mem.h"
#include "pki/revocation_cache.h"
#include "pki/tls_check.h"
#include "pki/tls_server.h"

#define FOR_EACH_URL 4u     /* at a time */
#define RUN_MS       15000u /* less than INQUIRY_TIME: the reason that it finds is a better one */

struct inquiry {
	struct inquiries *all;
	struct tls_peer *peer;
	char *url;
	bool is_running;
	unsigned round; /* in which it was looked at */
	inquiry_f *f;
	void *arg;
	TAILQ_ENTRY(inquiry) entry;
};

/* A thread's work. Outlives its inquiry, when that is given up: the thread cannot be told. */
struct job {
	struct inquiries *all;
	struct inquiry *inquiry;
	struct tls_check *check;
	char *url;
	bool has_ended;
	TAILQ_ENTRY(job) entry;
};

struct inquiries {
	struct loop *loop;
	struct revocation_cache *revoked;
	void (*learnt)(void *arg);
	void *arg;
	struct timer *look; /* at those who wait */
	unsigned round;
	TAILQ_HEAD(, inquiry) waiting; /* and running; the oldest first */
	TAILQ_HEAD(, job) jobs;
};

/* ---- in a thread ---- */

static void
run(void *data)
{
	tls_check_run(((struct job *)data)->check, RUN_MS);
}

static bool
end(struct job *j, struct err *err)
{
	struct inquiries *all = j->all;
	bool good = tls_check_end(j->check, all->revoked, err);

	j->has_ended = true;
	all->learnt(all->arg);
	return good;
}

static void
on_end(void *data)
{
	struct job *j = data;
	struct inquiry *q = j->inquiry;
	struct err err = ERR_INIT;
	bool good = end(j, &err);

	q->f(q->arg, good, &err);
}

static void
job_free(void *data)
{
	struct job *j = data;
	struct err err = ERR_INIT;

	if (!j->has_ended)
		end(j, &err);
	TAILQ_REMOVE(&j->all->jobs, j, entry);
	timer_set(j->all->look, 0);
	mem_free(j->check);
	mem_free(j);
}

/* ---- taking turns ---- */

static unsigned
running_for(const struct inquiries *all, const char *url)
{
	const struct job *j;
	unsigned n = 0;

	TAILQ_FOREACH (j, &all->jobs, entry)
		n += strcmp(j->url, url) == 0;
	return n;
}

static void
start(struct inquiry *q)
{
	struct job *j;

	if (running_for(q->all, q->url) >= FOR_EACH_URL)
		return;
	j = mem_new(NULL, struct job);
	j->all = q->all;
	j->inquiry = q;
	j->url = mem_strdup(j, q->url);
	j->check = tls_peer_check(NULL, q->peer); /* the thread's until it ends */
	TAILQ_INSERT_TAIL(&q->all->jobs, j, entry);
	q->is_running = true;
	work_submit(q, q->all->loop, run, on_end, job_free, j);
}

/* What others have fetched meanwhile may do for this one. */
static void
look_at(struct inquiry *q)
{
	struct err err = ERR_INIT;
	const char *url;
	enum tls_turn turn = tls_peer_believe(q->peer, &url, &err);

	if (turn != TLS_TURN_FETCH) {
		q->f(q->arg, turn == TLS_TURN_DONE, &err);
		return;
	}
	if (strcmp(url, q->url) != 0) {
		mem_free(q->url);
		q->url = mem_strdup(q, url);
	}
	start(q);
}

static struct inquiry *
next_waiting(const struct inquiries *all)
{
	struct inquiry *q;

	TAILQ_FOREACH (q, &all->waiting, entry)
		if (!q->is_running && q->round != all->round)
			return q;
	return NULL;
}

/* From the beginning each time: any of them may be gone. */
static void
on_look(void *arg)
{
	struct inquiries *all = arg;
	struct inquiry *q;

	all->round++;
	while ((q = next_waiting(all)) != NULL) {
		q->round = all->round;
		look_at(q);
	}
}

/* ---- for connections ---- */

static int
inquiry_free(void *ptr)
{
	struct inquiry *q = ptr;

	TAILQ_REMOVE(&q->all->waiting, q, entry);
	return 0;
}

struct inquiry *
inquiry_new(const void *ctx, struct inquiries *all, struct tls_peer *peer, const char *url, inquiry_f *f,
	void *arg)
{
	struct inquiry *q = mem_new(ctx, struct inquiry);

	q->all = all;
	q->peer = peer;
	q->url = mem_strdup(q, url);
	q->round = all->round;
	q->f = f;
	q->arg = arg;
	TAILQ_INSERT_TAIL(&all->waiting, q, entry);
	mem_on_free(q, inquiry_free);
	start(q);
	return q;
}

const char *
inquiry_url(const struct inquiry *q)
{
	return q->url;
}

struct inquiries *
inquiries_new(const void *ctx, struct loop *loop, struct revocation_cache *revoked, void (*learnt)(void *arg),
	void *arg)
{
	struct inquiries *all = mem_new(ctx, struct inquiries);

	all->loop = loop;
	all->revoked = revoked;
	all->learnt = learnt;
	all->arg = arg;
	TAILQ_INIT(&all->waiting);
	TAILQ_INIT(&all->jobs);
	all->look = timer_after(all, loop, 0, on_look, all);
	timer_stop(all->look);
	return all;
}

unsigned
inquiries_running(const struct inquiries *all)
{
	const struct job *j;
	unsigned n = 0;

	TAILQ_FOREACH (j, &all->jobs, entry)
		n++;
	return n;
}
