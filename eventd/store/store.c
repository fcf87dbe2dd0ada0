/* The store's thread, and the loop's end of it. */
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"
#include "store/damaged.h"
#include "store/db.h"
#include "store/schema.h"

#define BATCH_MAX 512 /* works of one transaction */

/* Who wants to hear of it; freed with the submitter's context, then nobody does. */
struct listener {
	struct work *work;
	store_done_f *done;
	void *arg;
};

/* malloc: two threads pass it on. */
struct work {
	STAILQ_ENTRY(work) link;
	store_work_f *f;
	json_t *in, *out;
	struct err err;
	struct listener *listener; /* the loop's alone */
};
STAILQ_HEAD(works, work);

struct store {
	struct engine *engine;
	char *dir, *path; /* NULL: in memory */
	pthread_t thread;
	bool running;
	int wake; /* eventfd: something is done */
	struct watch *watch;
	size_t in_flight;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct works todo, done; /* under the lock, as what follows */
	size_t waiting;
	bool ending;
	char *news; /* what the log is to hear; malloc */

	struct db *db;    /* the thread's alone, as what follows */
	bool sync_failed; /* nothing is written before the log is settled */
};

/* ---- the thread ---- */

static void
tell(struct store *s, char *news)
{
	char *both = NULL;

	pthread_mutex_lock(&s->lock);
	if (s->news == NULL)
		s->news = news;
	else if (asprintf(&both, "%s. %s", s->news, news) < 0)
		abort();
	if (both != NULL) {
		free(s->news);
		free(news);
		s->news = both;
	}
	pthread_mutex_unlock(&s->lock);
}

static bool
is_class(const struct err *err, const char *class)
{
	return strcmp(err->class, class) == 0;
}

static void
close_db(struct store *s)
{
	db_close(s->db);
	s->db = NULL;
}

static bool
open_db(struct store *s, struct err *err)
{
	char *news = NULL;

	if (s->db != NULL)
		return true;
	if (s->path != NULL && (news = damaged_before(s->path)) != NULL)
		tell(s, news);
	news = NULL;
	s->db = db_open(s->path, store_schema, err);
	if (s->db != NULL && s->path != NULL && !damaged_check(s->db, s->path, err)) {
		db_close(s->db);
		s->db = NULL;
	}
	if (s->db == NULL && s->path != NULL && is_class(err, DB_DAMAGED)) {
		s->db = damaged_replace(s->path, store_schema, &news, err);
		if (news != NULL)
			tell(s, news);
	}
	if (s->db == NULL)
		return false;
	err_clear(err);
	/* What a failed sync before our time left in the log is made durable before anything is built on it. */
	if (s->path != NULL && !db_settle(s->db, err) && is_class(err, DB_IO)) {
		close_db(s);
		return false;
	}
	if (s->path != NULL)
		damaged_remember(s->path);
	s->sync_failed = false;
	err_clear(err);
	return true;
}

static void
forget_out(struct work *w)
{
	json_decref(w->out);
	w->out = NULL;
	err_clear(&w->err);
}

/* Every work of the batch by itself, then the commit for all. False: err says why none of it stands. */
static bool
carry_out(struct store *s, struct works *batch, struct err *err)
{
	struct err unsettled = ERR_INIT;
	struct work *w;
	int64_t changes;

	if (!open_db(s, err))
		return false;
	if (s->sync_failed && db_settle(s->db, &unsettled))
		s->sync_failed = false;
	changes = db_total_changes(s->db);
	if (!db_begin(s->db, err))
		return false;
	STAILQ_FOREACH (w, batch, link) {
		bool ok;

		forget_out(w);
		if (!db_savepoint(s->db, err))
			return false;
		ok = w->f(s->db, w->in, &w->out, &w->err);
		db_release(s->db, ok);
		if (!ok && (is_class(&w->err, DB_DAMAGED) || is_class(&w->err, DB_IO) ||
				   !db_in_transaction(s->db))) {
			*err = w->err;
			return false;
		}
	}
	/* What only reads can be answered. */
	if (s->sync_failed && db_total_changes(s->db) != changes) {
		*err = unsettled;
		return false;
	}
	return db_commit(s->db, err);
}

static void carry_out_batch(struct store *, struct works *);

/* Together they could not be written: what is small may have room, what only reads needs none. */
static void
one_by_one(struct store *s, struct works *batch)
{
	struct works done = STAILQ_HEAD_INITIALIZER(done);
	struct work *w;

	while ((w = STAILQ_FIRST(batch)) != NULL) {
		struct works one = STAILQ_HEAD_INITIALIZER(one);

		STAILQ_REMOVE_HEAD(batch, link);
		STAILQ_INSERT_TAIL(&one, w, link);
		carry_out_batch(s, &one);
		STAILQ_CONCAT(&done, &one);
	}
	STAILQ_CONCAT(batch, &done);
}

/*
 * fsync that failed is not simply tried again: the kernel has forgotten what was dirty. This connection knows
 * which transactions had been synced before; they are written anew, the log is emptied, and the works are
 * carried out once more. (Opened anew, SQLite would read the lost transaction from the log and believe it.)
 */
static void
carry_out_batch(struct store *s, struct works *batch)
{
	struct err err = ERR_INIT;
	struct work *w;
	bool ok = carry_out(s, batch, &err);

	if (!ok && s->db != NULL)
		db_rollback(s->db);
	if (!ok && s->path != NULL && (is_class(&err, DB_DAMAGED) || is_class(&err, DB_IO))) {
		char *news = NULL;

		s->sync_failed = is_class(&err, DB_IO);
		if (is_class(&err, DB_DAMAGED)) {
			close_db(s);
			s->db = damaged_replace(s->path, store_schema, &news, &err);
			if (news != NULL)
				tell(s, news);
		}
		err_clear(&err);
		ok = carry_out(s, batch, &err);
		if (!ok && s->db != NULL)
			db_rollback(s->db);
	}
	if (ok)
		return;
	w = STAILQ_FIRST(batch);
	if ((is_class(&err, DB_FULL) || is_class(&err, DB_IO)) && STAILQ_NEXT(w, link) != NULL) {
		one_by_one(s, batch);
		return;
	}
	STAILQ_FOREACH (w, batch, link) {
		forget_out(w);
		w->err = err;
	}
}

static void *
work_thread(void *arg)
{
	struct store *s = arg;
	uint64_t one = 1;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct works batch = STAILQ_HEAD_INITIALIZER(batch);
		struct work *w;
		size_t n = 0;

		while (STAILQ_EMPTY(&s->todo) && !s->ending)
			pthread_cond_wait(&s->changed, &s->lock);
		if (STAILQ_EMPTY(&s->todo))
			break;
		while (n < BATCH_MAX && (w = STAILQ_FIRST(&s->todo)) != NULL) {
			STAILQ_REMOVE_HEAD(&s->todo, link);
			STAILQ_INSERT_TAIL(&batch, w, link);
			n++;
		}
		s->waiting -= n;
		pthread_mutex_unlock(&s->lock);
		carry_out_batch(s, &batch);
		pthread_mutex_lock(&s->lock);
		STAILQ_CONCAT(&s->done, &batch);
		if (write(s->wake, &one, sizeof one) < 0 && errno != EAGAIN)
			abort();
	}
	pthread_mutex_unlock(&s->lock);
	close_db(s);
	return NULL;
}

/* ---- the loop's end ---- */

static int
listener_free(void *p)
{
	struct listener *l = p;

	if (l->work != NULL)
		l->work->listener = NULL;
	return 0;
}

static void
work_free(struct work *w)
{
	json_decref(w->in);
	json_decref(w->out);
	free(w);
}

static void
report(struct work *w)
{
	struct listener *l = w->listener;
	struct err err = w->err;

	if (l != NULL) {
		store_done_f *done = l->done;
		void *arg = l->arg;

		mem_free(l);
		done(arg, w->out, err.code == ERR_NONE ? NULL : &err);
	}
	work_free(w);
}

static void
on_wake(void *arg, int fd, unsigned what)
{
	struct store *s = arg;
	struct works done = STAILQ_HEAD_INITIALIZER(done);
	struct work *w;
	uint64_t n;
	char *news;

	(void)what;
	if (read(fd, &n, sizeof n) < 0)
		return;
	pthread_mutex_lock(&s->lock);
	STAILQ_CONCAT(&done, &s->done);
	news = s->news;
	s->news = NULL;
	pthread_mutex_unlock(&s->lock);
	if (news != NULL)
		log_msg(s->engine->log, NULL, "SYS", SEV_ALERTS, "STORE_DAMAGED", "%s", news);
	free(news);
	while ((w = STAILQ_FIRST(&done)) != NULL) {
		STAILQ_REMOVE_HEAD(&done, link);
		s->in_flight--;
		loop_in_flight(s->engine->loop, -1);
		report(w);
	}
}

static void
start(struct store *s)
{
	struct err err = ERR_INIT;

	/* Where the directory cannot be made, opening the file says why. */
	if (s->dir != NULL)
		path_make_dir(s->dir, 0700, &err);
	s->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->wake < 0 || pthread_create(&s->thread, NULL, work_thread, s) != 0)
		abort();
	s->watch = watch_fd(s, s->engine->loop, s->wake, WATCH_READ, on_wake, s);
	s->running = true;
}

/* What was submitted is still carried out; nobody hears of it any more. */
static int
store_free(void *p)
{
	struct store *s = p;
	struct work *w;

	if (s->running) {
		pthread_mutex_lock(&s->lock);
		s->ending = true;
		pthread_cond_signal(&s->changed);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
		mem_free(s->watch);
		close(s->wake);
	}
	while ((w = STAILQ_FIRST(&s->done)) != NULL) {
		STAILQ_REMOVE_HEAD(&s->done, link);
		if (w->listener != NULL)
			w->listener->work = NULL;
		work_free(w);
	}
	loop_in_flight(s->engine->loop, -(int)s->in_flight);
	free(s->news);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	return 0;
}

struct store *
store_new(const void *ctx, struct engine *engine, const char *dir)
{
	struct store *s = mem_new(ctx, struct store);

	s->engine = engine;
	s->dir = mem_strdup(s, dir);
	s->path = dir == NULL ? NULL : mem_printf(s, "%s/eventd.db", dir);
	STAILQ_INIT(&s->todo);
	STAILQ_INIT(&s->done);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	mem_on_free(s, store_free);
	return s;
}

void
store_submit(const void *ctx, struct store *s, store_work_f *f, json_t *in, store_done_f *done, void *arg)
{
	struct work *w = calloc(1, sizeof *w);
	uint64_t one = 1;

	if (w == NULL)
		abort();
	if (!s->running)
		start(s);
	w->f = f;
	w->in = in;
	if (done != NULL) {
		w->listener = mem_new(ctx, struct listener);
		*w->listener = (struct listener){ .work = w, .done = done, .arg = arg };
		mem_on_free(w->listener, listener_free);
	}
	s->in_flight++;
	loop_in_flight(s->engine->loop, 1);
	pthread_mutex_lock(&s->lock);
	if (s->waiting >= STORE_WAITING_MAX) {
		err_class(&w->err, ERR_REFUSED, "STORE_BUSY",
			"more than %d pieces of work wait for the store", STORE_WAITING_MAX);
		STAILQ_INSERT_TAIL(&s->done, w, link);
		if (write(s->wake, &one, sizeof one) < 0 && errno != EAGAIN)
			abort();
	} else {
		STAILQ_INSERT_TAIL(&s->todo, w, link);
		s->waiting++;
		pthread_cond_signal(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
}
