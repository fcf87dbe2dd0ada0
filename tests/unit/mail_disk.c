/*
 * The mail queue on a disk that loses power at any write, and on one that fails (reliability.md F3, F5): what was
 * accepted is there, once, in a database that opens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "actions/mail/mailer.h"
#include "actions/mail/queue/private.h"
#include "faultdisk.h"
#include "store/damaged.h"
#include "store/db.h"
#include "store/schema.h"
#include "virtual.h"

#define MAILS_MAX 400

struct mail {
	char id[96];
	size_t accepted, refused, sent; /* how many operations of the disk there had been; 0: not yet */
};

struct world {
	void *ctx;
	char dir[64], image[96];
	struct engine *e;
	bool deferred;
	struct mail mails[MAILS_MAX];
	size_t count;
};

struct waiting {
	struct world *w;
	struct mail *mail;
};

static struct mail *
mail_of(struct world *w, const char *id)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->mails[i].id, id) == 0)
			return &w->mails[i];
	return NULL;
}

static void
on_job(void *arg, const struct mail_job *job, struct mail_result *r, usec *after)
{
	struct world *w = arg;
	const char *id = strstr(job->message, "Message-ID: ") + strlen("Message-ID: ");
	char text[96];
	struct mail *m;

	snprintf(text, sizeof text, "%.*s", (int)strcspn(id, "\r"), id);
	m = mail_of(w, text);
	assert_non_null(m);
	queue_attempt_announced(w->e->mail_queue, job);
	r->class = w->deferred ? MAIL_SENDER_REJECTED : MAIL_OK;
	r->phase = w->deferred ? PHASE_MAIL : PHASE_NONE;
	r->reply.code = w->deferred ? 451 : 250;
	r->host = mem_strdup(r, job->host);
	*after = 10 * USEC_PER_MSEC;
	if (!w->deferred)
		m->sent = disk_now() + 1;
}

static void
on_answer(void *arg, const struct mail_accepted *a)
{
	struct mail *m = arg;

	if (a->id != 0)
		m->accepted = disk_now() + 1;
	else
		m->refused = disk_now() + 1;
}

static void
start(struct world *w)
{
	struct err err = ERR_INIT;
	struct setup setup = {
		.clock = clock_new_virtual(w->ctx, VIRTUAL_START), .seed = 1, .state_dir = w->dir
	};

	w->e = engine_new(w->ctx, &setup, &err);
	assert_non_null(w->e);
	mailer_fake(w->e->mailer, on_job, w);
	mail_queue_open(w->e->mail_queue, NULL, NULL);
	virtual_advance(w->e, USEC_PER_MSEC);
}

static void
stop(struct world *w)
{
	mem_free(w->e);
	w->e = NULL;
}

static void
offer(struct world *w)
{
	static const char *to[] = { "noc@example.test", "boss@example.test" };
	struct mail *m = &w->mails[w->count++];
	struct mail_request r = { .applet = "A",
		.server = "mx.test",
		.from = "eem@r1.test",
		.message_id = m->id,
		.recipients = to,
		.recipient_count = 1 + w->count % 2 };

	assert_true(w->count < MAILS_MAX);
	snprintf(m->id, sizeof m->id, "<%zu@disk.test>", w->count);
	/* Of several sizes: some have pages of their own. */
	r.message = mem_printf(w->ctx, "Message-ID: %s\r\nSubject: s\r\n\r\n%0*d\r\n", m->id,
		(int)(w->count % 7 * 1500 + 1), 0);
	r.message_len = strlen(r.message);
	mail_queue_submit(w->e, w->e->mail_queue, &r, 60 * USEC_PER_SEC, on_answer, m);
}

/* Mails come alone and together, are sent, deferred, held, tried again and deleted. */
static void
work(struct world *w, size_t rounds)
{
	for (size_t i = 0; i < rounds; i++) {
		w->deferred = i % 3 == 1;
		for (size_t n = 0; n <= i % 4; n++)
			offer(w);
		virtual_advance(w->e, USEC_PER_SEC);
		if (i % 5 == 4)
			virtual_advance(w->e, 3600 * USEC_PER_SEC);
	}
}

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	disk_install();
	w->ctx = mem_ctx(w, "test");
	/* In memory where there is a place for that: thousands of images are made. */
	snprintf(w->dir, sizeof w->dir, "%s/eventd-disk-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->image, sizeof w->image, "%s-image.db", w->dir);
	start(w);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char *command = mem_printf(w->ctx, "rm -r '%s' '%s-'*", w->dir, w->dir);
	int status;

	if (w->e != NULL)
		stop(w);
	disk_remove();
	status = system(command);
	mem_free(w);
	return status;
}

/* ---- what an image holds ---- */

static void
make_image(const struct world *w, size_t until, enum disk_fate fate)
{
	char *log = mem_printf(w->ctx, "%s-wal", w->image), *shared = mem_printf(w->ctx, "%s-shm", w->image);

	unlink(w->image);
	unlink(log);
	unlink(shared);
	disk_image("/eventd.db", w->image, until, fate, until);
	disk_image("/eventd.db-wal", log, until, fate, until);
	mem_free(log);
	mem_free(shared);
}

static size_t
number(struct db *db, const char *sql, const char *id)
{
	struct err err = ERR_INIT;
	sqlite3_stmt *stmt = db_bind(db, &err, sql, id == NULL ? "" : "s", id);
	size_t n;

	assert_non_null(stmt);
	assert_true(db_step(db, stmt, &err));
	n = (size_t)sqlite3_column_int64(stmt, 0);
	db_reset(stmt);
	return n;
}

static bool
is_whole(struct db *db)
{
	struct err err = ERR_INIT;
	sqlite3_stmt *stmt = db_bind(db, &err, "PRAGMA integrity_check", "");
	bool ok = db_step(db, stmt, &err) && strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;

	db_reset(stmt);
	return ok;
}

/* What was accepted before is there, or was sent; nothing is there twice, or in part. */
static void
check_image(struct world *w, size_t until)
{
	struct err err = ERR_INIT;
	struct db *db = db_open(w->image, store_schema, &err);

	if (db == NULL)
		fail_msg("image %zu does not open: %s", until, err.text);
	assert_true(damaged_check(db, w->image, &err));
	assert_true(is_whole(db));
	for (size_t i = 0; i < w->count; i++) {
		const struct mail *m = &w->mails[i];
		size_t there = number(db, "SELECT count(*) FROM message WHERE message_id = ?", m->id);

		if (m->accepted != 0 && m->accepted <= until && (m->sent == 0 || m->sent > until) &&
			there != 1)
			fail_msg("image %zu (call %zu, %zu times): %s was accepted, and is there %zu times",
				until, disk.failed_from, disk.fail_times, m->id, there);
		assert_true(there <= 1);
	}
	assert_int_equal(number(db, "SELECT count(*) FROM message", NULL),
		number(db, "SELECT count(*) FROM text", NULL));
	assert_int_equal(
		number(db, "SELECT count(*) FROM part WHERE mid NOT IN (SELECT id FROM message)", NULL), 0);
	assert_int_equal(
		number(db, "SELECT count(*) FROM message WHERE id NOT IN (SELECT mid FROM part)", NULL), 0);
	assert_int_equal(
		number(db, "SELECT count(*) FROM part WHERE id NOT IN (SELECT part FROM recipient)", NULL),
		0);
	db_close(db);
}

/* Under thread sanitizer and valgrind every write would take minutes: there some of them are tried. */
static size_t
stride(void)
{
	return getenv("TEST_SLOWLY") != NULL ? 7 : 1;
}

/* F3. The power goes before and behind every sync, and at every other write. */
static void
test_power_goes_at_any_write(void **state)
{
	struct world *w = *state;
	size_t end, images = 0;

	work(w, 20);
	stop(w);
	disk_off(true);
	end = disk_now();
	for (size_t at = 1; at <= end; at += stride()) {
		bool sync = at < end && disk.ops[at].what == DISK_SYNC;

		for (int fate = DISK_DROPPED; fate <= DISK_CHANCE; fate++) {
			if (!sync && (size_t)fate * 2 != at % 6)
				continue;
			make_image(w, at, (enum disk_fate)fate);
			check_image(w, at);
			images++;
		}
	}
	print_message("%zu mails, %zu writes and syncs, %zu images: all open, none has lost a mail\n",
		w->count, end, images);
}

/* One disk whose calls from `at` on fail `times` times. How many calls there were. */
static size_t
run_on_failing(struct world *w, size_t at, size_t times)
{
	char *clean = mem_printf(w->ctx, "rm -rf '%s'; mkdir '%s'", w->dir, w->dir);
	size_t calls, last;

	assert_int_equal(system(clean), 0);
	disk_forget();
	memset(w->mails, 0, sizeof w->mails);
	w->count = 0;
	w->deferred = true;
	start(w);
	disk.calls = 0;
	disk.fail_at = disk.failed_from = at;
	disk.fail_times = times;
	for (int i = 0; i < 4; i++) {
		offer(w);
		if (i % 2 == 0)
			offer(w);
		virtual_advance(w->e, 2 * USEC_PER_SEC);
	}
	calls = disk.calls;
	disk.fail_at = 0;
	virtual_advance(w->e, 2 * USEC_PER_SEC);
	/* The disk is well again, and so is the queue. */
	last = w->count;
	offer(w);
	virtual_advance(w->e, 2 * USEC_PER_SEC);
	if (w->mails[last].accepted == 0)
		fail_msg("call %zu, %zu times: nothing is accepted any more", at, times);
	for (size_t i = 0; i < w->count; i++)
		assert_true(w->mails[i].accepted != 0 || w->mails[i].refused != 0);
	/* The power goes now: what a failed sync lost is not on the disk, whatever could be read of it. */
	disk_off(true);
	make_image(w, disk_now(), DISK_DROPPED);
	check_image(w, disk_now());
	stop(w);
	disk_off(false);
	return calls;
}

/* F5. Each write and each sync fails, once and for a while. */
static void
test_any_call_fails(void **state)
{
	static const size_t times[] = { 1, 2, 40 };
	struct world *w = *state;
	size_t calls = 1, runs = 0;

	stop(w);
	for (size_t k = 0; k < sizeof times / sizeof *times; k++)
		for (size_t at = 1; at <= calls; at += stride(), runs++) {
			size_t n = run_on_failing(w, at, times[k]);

			if (n > calls)
				calls = n < 120 ? n : 120;
		}
	print_message("%zu runs on a failing disk: each goes on by itself, none has lost a mail\n", runs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_power_goes_at_any_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_call_fails, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
