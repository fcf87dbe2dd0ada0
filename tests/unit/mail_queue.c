/*
 * The mail queue on a virtual clock: what is accepted outlives the engine, the schedule with its put-off and
 * back-off, servers that hang, recipients by themselves, bounces, expiry, limits, a damaged database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/mail/mailer.h"
#include "actions/mail/queue/private.h"
#include "store/store.h"
#include "tests/lib/virtual.h"

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)

struct world {
	void *ctx;
	char dir[64];
	struct engine *e;
	/* how servers behave */
	enum mail_class answer;
	enum mail_phase phase;
	int code;
	const char *hangs;   /* hosts that begin so never answer */
	const char *unknown; /* this mailbox is refused with 550 */
	bool unconfirmed;
	bool announces; /* it comes to its final dot */
	/* what they saw */
	size_t jobs, at_once, most;
	char last[8192], bounce[8192], host[256], from[256], ids[64][128];
	size_t count;
	/* what was said */
	size_t answered;
	struct mail_accepted accepted;
	enum mail_class class;
	usec answered_at;
};

static void
on_job(void *arg, const struct mail_job *job, struct mail_result *r, usec *after)
{
	struct world *w = arg;

	w->jobs++;
	w->count = job->recipient_count;
	snprintf(w->last, sizeof w->last, "%s", job->message);
	if (strstr(job->message, "Action: failed") != NULL)
		snprintf(w->bounce, sizeof w->bounce, "%s%s", job->from, job->message);
	snprintf(w->host, sizeof w->host, "%s", job->host);
	snprintf(w->from, sizeof w->from, "%s", job->from);
	r->class = w->answer;
	r->phase = w->phase;
	r->direct = job->direct;
	r->host = mem_strdup(r, job->host);
	r->reply.code = w->code;
	r->unconfirmed = w->unconfirmed;
	*after = 10 * USEC_PER_MSEC;
	if (w->hangs != NULL && strncmp(job->host, w->hangs, strlen(w->hangs)) == 0) {
		r->class = MAIL_TIMEOUT;
		r->phase = PHASE_BANNER;
		*after = 300 * USEC_PER_SEC;
	}
	if (w->announces)
		queue_attempt_announced(w->e->mail_queue, job);
	if (w->unknown == NULL)
		return;
	r->recipients = mem_array(r, struct mail_recipient_result, job->recipient_count);
	r->recipient_count = job->recipient_count;
	for (size_t i = 0; i < job->recipient_count; i++) {
		r->recipients[i].mailbox = mem_strdup(r, job->recipients[i]);
		if (strcmp(job->recipients[i], w->unknown) != 0)
			continue;
		r->recipients[i].class = r->class = MAIL_RECIPIENT_REJECTED;
		r->recipients[i].phase = r->phase = PHASE_RCPT;
		r->recipients[i].reply.code = r->reply.code = 550;
	}
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
	assert_true(w->e->mail_queue->loaded);
}

static void
stop(struct world *w)
{
	mem_free(w->e);
	w->e = NULL;
}

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	w->ctx = mem_ctx(w, "test");
	snprintf(w->dir, sizeof w->dir, "/tmp/eventd-queue-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	start(w);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char *command = mem_printf(w->ctx, "rm -r '%s'", w->dir);
	int status;

	stop(w);
	status = system(command);
	mem_free(w);
	return status;
}

static void
on_accepted(void *arg, const struct mail_accepted *a)
{
	struct world *w = arg;

	w->answered++;
	w->accepted = *a;
	w->class = a->result->class;
	w->answered_at = clock_mono(w->e->clock);
}

static void
offer(struct world *w, const char *server, const char *const *to, size_t n)
{
	struct mail_request r = {
		.applet = "A",
		.server = server,
		.from = "eem@r1.test",
		.message_id = mailer_message_id(w->e->mailer, w->ctx),
		.recipients = (const char **)(uintptr_t)to,
		.recipient_count = n,
	};

	r.message = mem_printf(w->ctx, "Message-ID: %s\r\nSubject: s\r\n\r\nbody\r\n", r.message_id);
	r.message_len = strlen(r.message);
	mail_queue_submit(w->e, w->e->mail_queue, &r, HOUR, on_accepted, w);
}

static void
send_to(struct world *w, const char *server)
{
	static const char *const noc[] = { "noc@example.test" };

	offer(w, server, noc, 1);
}

static void
refuse_to_connect(struct world *w)
{
	w->answer = MAIL_CONNECT_REFUSED;
	w->phase = PHASE_CONNECT;
}

static void
let_in(struct world *w)
{
	w->answer = MAIL_OK;
	w->phase = PHASE_NONE;
}

static struct queue_part *
only_part(struct world *w)
{
	assert_int_equal(HASH_CNT(hh, w->e->mail_queue->parts), 1);
	return w->e->mail_queue->parts;
}

static void
test_sent(void **state)
{
	struct world *w = *state;

	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->answered, 1);
	assert_int_equal(w->accepted.outcome, MAIL_SENT);
	assert_int_equal(w->accepted.id, 1);
	assert_int_equal(w->e->mail_queue->count, 0);
	assert_null(w->e->mail_queue->messages);
}

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
interrupt(struct world *w, bool announces)
{
	w->hangs = "mx";
	w->announces = announces;
	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(only_part(w)->state, MAILQUEUE_ACTIVE);
	stop(w);
	w->hangs = NULL;
	start(w);
}

/* Killed when the final dot might have been said: nobody knows whether it arrived, and the next attempt says so. */
static void
test_interrupted_is_marked(void **state)
{
	struct world *w = *state;

	interrupt(w, true);
	assert_int_equal(only_part(w)->unconfirmed, 1);
	assert_int_equal(only_part(w)->tries, 1);
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->jobs, 2);
	assert_int_equal(strncmp(w->last, "X-Eventd-Attempt: 2\r\nMessage-ID: <", 34), 0);
}

/* Killed before: it has not arrived. */
static void
test_interrupted_early_is_not_marked(void **state)
{
	struct world *w = *state;

	interrupt(w, false);
	assert_int_equal(only_part(w)->unconfirmed, 0);
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->jobs, 2);
	assert_int_equal(strncmp(w->last, "Message-ID: <", 13), 0);
}

/* No phase was reached: none is named. */
static void
test_reason_without_phase(void **state)
{
	struct world *w = *state;
	struct mail_result *r = mail_result_new(w->ctx, 1);
	const char *reason;

	r->class = MAIL_HELPER_FAILED;
	r->detail = "the mail process ended";
	reason = mail_result_reason(w->ctx, r);
	assert_non_null(strstr(reason, "[HELPER_FAILED: the mail process ended]"));
}

static void
test_unconfirmed_is_marked(void **state)
{
	struct world *w = *state;

	w->answer = MAIL_CONNECTION_LOST;
	w->phase = PHASE_DOT;
	w->unconfirmed = true;
	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->accepted.outcome, MAIL_DEFERRED);
	w->unconfirmed = false;
	let_in(w);
	virtual_advance(w->e, 2 * MINUTE);
	assert_int_equal(strncmp(w->last, "X-Eventd-Attempt: 2\r\n", 21), 0);
	assert_int_equal(w->e->mail_queue->count, 0);
}

/* 60 s doubled to an hour, +-10 %, 72 h in all; then the sender is told, through the same server. */
static void
test_back_off_and_expiry(void **state)
{
	struct world *w = *state;
	usec before = clock_mono(w->e->clock), wait = 60 * USEC_PER_SEC;
	const struct queue_part *p;

	w->answer = MAIL_SENDER_REJECTED;
	w->phase = PHASE_MAIL;
	w->code = 451;
	mailer_defaults(w->e->mailer)->helo = "gw.mail.test";
	send_to(w, "mx.test");
	for (size_t n = 1; n <= 10; n++) {
		while (w->jobs < n)
			virtual_advance(w->e, USEC_PER_SEC);
		virtual_advance(w->e, USEC_PER_SEC);
		p = only_part(w);
		assert_int_equal(p->state, MAILQUEUE_DEFERRED);
		before = clock_mono(w->e->clock);
		assert_in_range(p->next_try - before + 2 * USEC_PER_SEC, wait * 9 / 10,
			wait * 11 / 10 + 2 * USEC_PER_SEC);
		wait = wait * 2 > HOUR ? HOUR : wait * 2;
	}
	virtual_advance(w->e, 66 * HOUR);
	assert_int_equal(HASH_COUNT(w->e->mail_queue->messages), 2); /* and the warning after four hours */
	virtual_advance(w->e, 8 * HOUR);
	/* To the sender, from nobody (the null reverse-path), as RFC 3464 wants it. */
	assert_int_equal(strncmp(w->bounce, "Date: ", 6), 0);
	assert_non_null(strstr(w->bounce, "report-type=delivery-status"));
	assert_non_null(strstr(w->bounce,
		"\r\nFinal-Recipient: rfc822; noc@example.test\r\nAction: failed\r\nStatus: 4.4.7\r\n"));
	assert_non_null(strstr(w->bounce, "\r\nTo: <eem@r1.test>\r\n"));
	/* By the name that mail knows the box by. */
	assert_non_null(strstr(w->bounce, " <MAILER-DAEMON@gw.mail.test>\r\n"));
	assert_non_null(strstr(w->bounce, "\r\nReporting-MTA: dns; gw.mail.test\r\n"));
	assert_null(strstr(w->bounce, "Remote-MTA")); /* nobody was connected to */
	w->jobs = 0;
	virtual_advance(w->e, 100 * HOUR);
	/* Neither the warning nor the bounce is bounced: all three have failed. */
	assert_int_equal(w->e->mail_queue->count, 0);
	assert_int_equal(w->e->mail_queue->kept_failed, 3);
}

/* A dead relay costs one connect a minute, whatever waits for it, and nobody waits for its answer. */
static void
test_put_off(void **state)
{
	struct world *w = *state;

	refuse_to_connect(w);
	for (int i = 0; i < 50; i++)
		send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->answered, 50);
	assert_int_equal(w->accepted.outcome, MAIL_DEFERRED);
	assert_int_equal(w->class, MAIL_CONNECT_REFUSED);
	assert_int_equal(w->jobs, 1);
	virtual_advance(w->e, 30 * MINUTE);
	assert_in_range(w->jobs, 28, 31);
	assert_int_equal(w->e->mail_queue->count, 50);
	/* It is back: the one that finds out brings all others along. */
	let_in(w);
	virtual_advance(w->e, MINUTE + 5 * USEC_PER_SEC);
	assert_int_equal(w->e->mail_queue->count, 0);
}

static void
test_twenty_that_hang(void **state)
{
	struct world *w = *state;
	usec began;

	w->hangs = "hung";
	for (int i = 0; i < 20; i++) {
		char server[32];

		snprintf(server, sizeof server, "hung%d.test", i);
		send_to(w, server);
		send_to(w, server);
	}
	send_to(w, "healthy.test");
	began = clock_mono(w->e->clock);
	virtual_advance(w->e, 30 * USEC_PER_SEC);
	assert_int_equal(w->answered, 1);
	assert_int_equal(w->accepted.outcome, MAIL_SENT);
	assert_in_range(w->answered_at - began, 0, 2 * USEC_PER_SEC);
	/* And it goes on: one that has proven itself is served at once. */
	began = clock_mono(w->e->clock);
	send_to(w, "healthy.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->answered, 2);
	assert_in_range(w->answered_at - began, 0, 100 * USEC_PER_MSEC);
}

static void
test_refused_is_held(void **state)
{
	struct world *w = *state;

	w->answer = MAIL_CERT_UNTRUSTED;
	w->phase = PHASE_TLS;
	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->accepted.outcome, MAIL_HELD);
	assert_int_equal(w->accepted.id, 1);
	virtual_advance(w->e, 100 * HOUR);
	assert_int_equal(w->jobs, 1); /* never by itself */
	assert_int_equal(only_part(w)->state, MAILQUEUE_HELD);
}

/* The login was refused: older mails of the same login are not tried, a step each towards a locked account. */
static void
test_refused_login_holds_the_others(void **state)
{
	struct world *w = *state;

	w->answer = MAIL_AUTH_TEMPFAIL;
	w->phase = PHASE_MAIL; /* not put off */
	for (int i = 0; i < 3; i++)
		send_to(w, "user:one-password@mx.test");
	virtual_advance(w->e, 10 * USEC_PER_SEC);
	assert_int_equal(w->jobs, 3);
	w->answer = MAIL_AUTH_FAILED;
	w->phase = PHASE_AUTH;
	virtual_advance(w->e, 10 * MINUTE);
	assert_int_equal(w->jobs, 4);
	for (struct queue_part *p = w->e->mail_queue->parts; p != NULL; p = p->hh.next)
		assert_int_equal(p->state, MAILQUEUE_HELD);
}

/* One of three is refused at a named server: the others have it, the mail is held for the one. */
static void
test_recipients_by_themselves(void **state)
{
	static const char *const to[] = { "a@x.test", "b@x.test", "c@x.test" };
	struct world *w = *state;

	w->unknown = "b@x.test";
	offer(w, "mx.test", to, 3);
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->accepted.outcome, MAIL_HELD);
	assert_int_equal(w->count, 3);
	assert_int_equal(only_part(w)->state, MAILQUEUE_HELD);
}

static void
test_limits(void **state)
{
	struct world *w = *state;

	refuse_to_connect(w);
	w->e->mail_queue->max_messages = 2;
	for (int i = 0; i < 2; i++) {
		send_to(w, "mx.test");
		virtual_advance(w->e, USEC_PER_SEC);
		assert_int_equal(w->accepted.outcome, MAIL_DEFERRED);
	}
	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->accepted.id, 0);
	assert_int_equal(w->class, MAIL_QUEUE_FULL);
	w->e->mail_queue->max_messages = 10;
	w->e->mail_queue->max_bytes = 200;
	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->class, MAIL_QUEUE_FULL);
	assert_int_equal(w->e->mail_queue->count, 2);
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

/* The run that offered it is killed before the commit: accepted all the same. */
static void
test_nobody_waits_any_more(void **state)
{
	struct world *w = *state;
	void *run = mem_ctx(w->ctx, "run");
	static const char *const noc[] = { "noc@example.test" };
	struct mail_request r = { .applet = "A",
		.server = "mx.test",
		.from = "a@b.test",
		.message_id = "<x@y>",
		.recipients = (const char **)(uintptr_t)noc,
		.recipient_count = 1,
		.message = "a: b\r\n\r\nc\r\n",
		.message_len = 11 };

	mail_queue_submit(run, w->e->mail_queue, &r, HOUR, on_accepted, w);
	/* Behind the timer that offers it, before the store answers. */
	timer_after(w->e, w->e->loop, 0, mem_free, run);
	virtual_advance(w->e, USEC_PER_SEC);
	assert_int_equal(w->answered, 0);
	assert_int_equal(w->jobs, 1);
	assert_int_equal(w->e->mail_queue->offered, 0);
	assert_int_equal(w->e->mail_queue->count, 0);
}

/* The clock is set ten years ahead: no mail is older for it. */
static void
test_clock_is_set(void **state)
{
	struct world *w = *state;

	refuse_to_connect(w);
	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	loop_step_wall(w->e->loop, 10 * 365 * 24 * HOUR);
	virtual_advance(w->e, 30 * MINUTE);
	assert_int_equal(w->e->mail_queue->count, 1);
	assert_int_equal(only_part(w)->state, MAILQUEUE_DEFERRED);
	loop_step_wall(w->e->loop, -20 * 365 * 24 * HOUR);
	let_in(w);
	virtual_advance(w->e, 2 * HOUR);
	assert_int_equal(w->e->mail_queue->count, 0);
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

/* The relay is back, five hundred old mails go out: a new one does not stand in line behind them. */
static void
test_new_before_old(void **state)
{
	struct world *w = *state;
	usec began;

	refuse_to_connect(w);
	for (int i = 0; i < 500; i++)
		send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC);
	let_in(w);
	while (w->e->mail_queue->count > 400)
		virtual_advance(w->e, 10 * USEC_PER_MSEC);
	began = clock_mono(w->e->clock);
	w->answered = 0;
	send_to(w, "mx.test");
	virtual_advance(w->e, USEC_PER_SEC / 2);
	assert_true(w->e->mail_queue->count > 0);
	assert_int_equal(w->answered, 1);
	assert_int_equal(w->accepted.outcome, MAIL_SENT);
	assert_in_range(w->answered_at - began, 0, 50 * USEC_PER_MSEC);
	virtual_advance(w->e, 10 * MINUTE);
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
#define TEST(f_) cmocka_unit_test_setup_teardown(f_, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sent),
		TEST(test_outlives_the_engine),
		TEST(test_interrupted_is_marked),
		TEST(test_interrupted_early_is_not_marked),
		TEST(test_reason_without_phase),
		TEST(test_unconfirmed_is_marked),
		TEST(test_back_off_and_expiry),
		TEST(test_put_off),
		TEST(test_twenty_that_hang),
		TEST(test_refused_is_held),
		TEST(test_refused_login_holds_the_others),
		TEST(test_recipients_by_themselves),
		TEST(test_limits),
		TEST(test_damaged_store),
		TEST(test_nobody_waits_any_more),
		TEST(test_clock_is_set),
		TEST(test_store_comes_late),
		TEST(test_new_before_old),
		TEST(test_any_page_damaged),
		TEST(test_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
