/*
 * The mail queue on a virtual clock: the schedule with its put-off and back-off, servers that hang, recipients by
 * themselves, bounces, expiry, limits.
 */
#include "queuehost.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_is_marked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_early_is_not_marked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reason_without_phase, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unconfirmed_is_marked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_back_off_and_expiry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_put_off, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twenty_that_hang, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_is_held, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_login_holds_the_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recipients_by_themselves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody_waits_any_more, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clock_is_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_before_old, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
