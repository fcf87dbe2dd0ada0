/* The database of the mail queue: what is accepted outlives the engine; damage is told, and what is whole goes out. */
#include "queuehost.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/store.h"

static void
test_outlives_the_engine(void **state)
{
	struct world *w = *state;
	char id[8192];

	refuse_to_connect(w);
	send_to(w, "user:secret-word@mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->accepted.outcome, MAIL_DEFERRED);
	assert_in_range(w->accepted.next_try, 54, 66);
	memcpy(id, w->last, sizeof id);
	stop(w);
	let_in(w);
	start(w);
	assert_int_equal(only_part(w)->state, MAILQUEUE_DEFERRED);
	virtual_advance(w->e, 2 * MINUTE);
	assert_int_equal(w->jobs, 2);
	assert_string_equal(w->last, id); /* the same Message-ID, no mark: it was never under way */
	assert_int_equal(w->e->mail_queue->count, 0);
}

static void
damage(const char *path, off_t at, size_t n)
{
	char junk[4096];
	int fd = open(path, O_WRONLY);

	memset(junk, 0xa5, sizeof junk);
	assert_true(fd >= 0);
	for (size_t done = 0; done < n; done += sizeof junk)
		assert_int_equal(pwrite(fd, junk, sizeof junk, at + (off_t)done), sizeof junk);
	close(fd);
}

/* A page in the middle is gone: the rest is carried over, the old file kept, nothing silently empty. */
static void
test_damaged_store(void **state)
{
	struct world *w = *state;
	char *path = mem_printf(w->ctx, "%s/store/eventd.db", w->dir);
	size_t kept;

	refuse_to_connect(w);
	for (int i = 0; i < 200; i++)
		send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->e->mail_queue->count, 200);
	stop(w);
	damage(path, 20 * 4096, 4096);
	start(w);
	kept = w->e->mail_queue->count;
	assert_in_range(kept, 100, 200);
	assert_int_equal(system(mem_printf(w->ctx, "ls %s.damaged-* >/dev/null", path)), 0);
	/* And it works. */
	let_in(w);
	send_to(w, "other.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->accepted.outcome, MAIL_SENT);
	stop(w);
	damage(path, 0, 4096);
	start(w); /* not even its head: set aside, and begun anew */
	assert_int_equal(system(mem_printf(w->ctx, "test $(ls %s.damaged-* | wc -l) -ge 2", path)), 0);
}

/* At start the store cannot be read: nothing is attempted or forgotten, and it is read as soon as it can be. */
static void
test_store_comes_late(void **state)
{
	struct world *w = *state;
	char *dir = mem_printf(w->ctx, "%s/store", w->dir), *away = mem_printf(w->ctx, "%s/away", w->dir);
	struct setup setup = {
		.clock = clock_new_virtual(w->ctx, VIRTUAL_START), .seed = 1, .state_dir = w->dir
	};
	struct err err = ERR_INIT;
	int fd;

	refuse_to_connect(w);
	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	stop(w);
	assert_int_equal(rename(dir, away), 0);
	fd = open(dir, O_CREAT | O_WRONLY, 0600); /* a file where the directory should be */
	close(fd);
	w->e = engine_new(w->ctx, &setup, &err);
	assert_non_null(w->e);
	mailer_fake(w->e->mailer, on_job, w);
	mail_queue_open(w->e->mail_queue, NULL, NULL);
	virtual_advance(w->e, USEC_PER_SEC / 2);
	assert_true(w->e->mail_queue->loaded && !w->e->mail_queue->is_read);
	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC / 4);
	assert_int_equal(w->class, MAIL_QUEUE_FULL);
	assert_int_equal(unlink(dir), 0);
	assert_int_equal(rename(away, dir), 0);
	let_in(w);
	virtual_advance(w->e, 2 * MINUTE);
	assert_true(w->e->mail_queue->is_read);
	assert_int_equal(w->jobs, 2);
	assert_int_equal(w->e->mail_queue->count, 0);
}

static void
look_for_alarm(void *arg, const char *line, size_t n)
{
	bool *told = arg;

	*told |= memmem(line, n, "STORE_DAMAGED", 13) != NULL;
}

static bool
is_alarmed(const struct world *w)
{
	bool told = false;

	log_each(w->e->log, look_for_alarm, &told);
	return told;
}

/* A bit of the file's 4 KiB from `at` is another one, or the end is cut off there. */
static void
spoil(const char *path, off_t at, bool cut)
{
	int fd = open(path, O_RDWR);
	off_t where = at + (at / 4096 * 977 + 3) % 4096;
	unsigned char byte;

	assert_true(fd >= 0);
	if (cut) {
		assert_int_equal(ftruncate(fd, at), 0);
	} else if (pread(fd, &byte, 1, where) == 1) {
		byte = (unsigned char)(byte ^ (1 << at / 4096 % 8));
		assert_int_equal(pwrite(fd, &byte, 1, where), 1);
	}
	close(fd);
}

/* All mails are there, or an alarm says why not; how many are lost. */
static size_t
start_spoilt(struct world *w, size_t mails, const char *path, off_t at, bool cut)
{
	size_t n;

	start(w);
	n = w->e->mail_queue->count;
	if (n != mails && !is_alarmed(w))
		fail_msg("%s %s at %lld: %zu of %zu mails, and nothing is said", path, cut ? "cut" : "spoilt",
			(long long)at, n, mails);
	stop(w);
	return mails - n;
}

/* F6: one bit of any 4 KiB of the database or of its log, or the end cut off: never a crash, never silently empty. */
static void
test_any_page_damaged(void **state)
{
	static const char *const files[] = { "eventd.db", "eventd.db-wal" };
	struct world *w = *state;
	const char *dir = mem_printf(w->ctx, "%s/store", w->dir);
	const char *save = mem_printf(w->ctx, "cp -r '%s' '%s.good'", dir, dir);
	const char *restore = mem_printf(w->ctx, "rm -r '%s' && cp -r '%s.good' '%s'", dir, dir, dir);
	size_t images = 0, lost = 0;
	struct stat st;

	/* Some are in the file, some in the log, as a killed daemon leaves it. */
	refuse_to_connect(w);
	for (int i = 0; i < 30; i++)
		send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	stop(w);
	start(w);
	for (int i = 0; i < 30; i++)
		send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(system(save), 0);
	stop(w);
	for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
		char *path = mem_printf(w->ctx, "%s/%s", dir, files[f]);
		char *good = mem_printf(w->ctx, "%s.good/%s", dir, files[f]);

		assert_int_equal(stat(good, &st), 0);
		assert_true(st.st_size > 10 * 4096);
		for (off_t at = 0; at < st.st_size; at += 4096) {
			for (int cut = 0; cut < 2; cut++) {
				assert_int_equal(system(restore), 0);
				spoil(path, at, cut);
				lost += start_spoilt(w, 60, files[f], at, cut);
				images++;
			}
		}
	}
	assert_int_equal(system(restore), 0);
	assert_int_equal(start_spoilt(w, 60, "nothing", 0, false), 0);
	print_message("%zu images, each with all mails or an alarm; %zu of %zu mails lost\n", images, lost,
		images * 60);
}

static void
test_modes(void **state)
{
	struct world *w = *state;
	struct stat st;

	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(stat(mem_printf(w->ctx, "%s/store", w->dir), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	for (int i = 0; i < 3; i++) {
		static const char *const ends[] = { "", "-wal", "-shm" };

		assert_int_equal(stat(mem_printf(w->ctx, "%s/store/eventd.db%s", w->dir, ends[i]), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_outlives_the_engine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_store, setup, teardown),
		cmocka_unit_test_setup_teardown(test_store_comes_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_page_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
