/* SMTP replies and EHLO keywords; jobs and results by value; the table of classes. */
#include "actions/mail/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "actions/mail/ehlo.h"
#include "actions/mail/job.h"
#include "actions/mail/result.h"
#include "core/mem.h"

static void *ctx;

static int
setup(void **state)
{
	ctx = mem_ctx(NULL, "test");
	return 0;
}

static int
teardown(void **state)
{
	mem_free(ctx);
	return 0;
}

static enum smtp_fed
feed(struct smtp_reply *r, const char *s, size_t n, size_t step, size_t *left)
{
	enum smtp_fed fed = SMTP_MORE;
	size_t at = 0, used;

	smtp_reply_init(r, ctx);
	while (at < n && fed == SMTP_MORE) {
		fed = smtp_reply_feed(r, s + at, n - at < step ? n - at : step, &used);
		at += used;
	}
	*left = n - at;
	return fed;
}

static void
replies_decode_however_they_are_cut(void **state)
{
	static const struct {
		const char *octets;
		enum smtp_fed fed;
		int code;
		size_t left;
		const char *text, *enhanced;
	} cases[] = {
		{ "220 hello\r\n", SMTP_DONE, 220, 0, "hello", "" },
		{ "220\r\n", SMTP_DONE, 220, 0, "", "" },
		{ "220 \r\n", SMTP_DONE, 220, 0, "", "" },
		{ "250-one\r\n250-two\r\n250 three\r\n", SMTP_DONE, 250, 0, "one\ntwo\nthree", "" },
		{ "250-\r\n250\r\n", SMTP_DONE, 250, 0, "\n", "" },
		{ "550 5.1.1 unknown\r\n250 x\r\n", SMTP_DONE, 550, 7, "5.1.1 unknown", "5.1.1" },
		{ "550-5.1.1 a\r\n550 5.1.1 b\r\n", SMTP_DONE, 550, 0, "5.1.1 a\n5.1.1 b", "5.1.1" },
		{ "550 4.1.1 not of this class\r\n", SMTP_DONE, 550, 0, "4.1.1 not of this class", "" },
		{ "550 5.1.1\r\n", SMTP_DONE, 550, 0, "5.1.1", "5.1.1" },
		{ "550 5.1.1x\r\n", SMTP_DONE, 550, 0, "5.1.1x", "" },
		{ "250 bare line feed\n", SMTP_DONE, 250, 0, "bare line feed", "" },
		{ "250-more", SMTP_MORE, 0, 0, "", "" },
		{ "250-a\r\n251 b\r\n", SMTP_BAD, 250, 0, "a", "" },
		{ "199 x\r\n", SMTP_BAD, 0, 0, "", "" },
		{ "600 x\r\n", SMTP_BAD, 0, 0, "", "" },
		{ "25x y\r\n", SMTP_BAD, 0, 0, "", "" },
		{ "250?\r\n", SMTP_BAD, 0, 0, "", "" },
		{ "hello\r\n", SMTP_BAD, 0, 0, "", "" },
		{ "\r\n", SMTP_BAD, 0, 0, "", "" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (size_t step = 1; step < 40; step += 3) {
			struct smtp_reply r;
			char enhanced[16];
			size_t left;

			assert_int_equal(feed(&r, cases[i].octets, strlen(cases[i].octets), step, &left),
				cases[i].fed);
			if (cases[i].fed != SMTP_DONE) {
				assert_true(cases[i].fed == SMTP_MORE || r.why != NULL);
				continue;
			}
			assert_int_equal(left, cases[i].left);
			assert_int_equal(r.code, cases[i].code);
			assert_string_equal(r.text.s, cases[i].text);
			smtp_reply_enhanced(&r, enhanced);
			assert_string_equal(enhanced, cases[i].enhanced);
		}
	}
}

static void
replies_have_limits(void **state)
{
	struct text *t = text_new(ctx);
	struct smtp_reply r;
	size_t left;

	text_add(t, "250 ");
	for (int i = 0; i < 4096; i++)
		text_addc(t, 'x');
	assert_int_equal(feed(&r, t->s, t->len, 100, &left), SMTP_BAD);
	text_clear(t);
	for (int i = 0; i < SMTP_LINES_MAX; i++)
		text_add(t, "250-x\r\n");
	assert_int_equal(feed(&r, t->s, t->len, 100, &left), SMTP_MORE);
	text_add(t, "250-x\r\n");
	assert_int_equal(feed(&r, t->s, t->len, 100, &left), SMTP_BAD);
	text_clear(t);
	for (int i = 0; i < 100; i++)
		text_printf(t, "250-%1000s\r\n", "x");
	assert_int_equal(feed(&r, t->s, t->len, 100, &left), SMTP_BAD);
	assert_int_equal(feed(&r, "250 a\0b\r\n", 9, 9, &left), SMTP_BAD);
}

static void
keywords_are_learnt(void **state)
{
	static const char octets[] =
		"250-mx.example greets you STARTTLS\r\n250-pipelining\r\n250-SIZE 1000\r\n"
		"250-AUTH=LOGIN\r\n250-Auth login PLAIN  CRAM-MD5\r\n250-X-ODD\x1b[2J\r\n"
		"250-8bitmime\r\n250 SMTPUTF8\r\n";
	struct smtp_reply r;
	struct smtp_ehlo *e;
	size_t left;

	assert_int_equal(feed(&r, octets, sizeof octets - 1, 7, &left), SMTP_DONE);
	e = smtp_ehlo_parse(ctx, &r);
	assert_false(e->starttls); /* it stands in the greeting only */
	assert_true(e->pipelining && e->eight_bit && e->smtputf8 && e->auth && e->size);
	assert_int_equal(e->size_max, 1000);
	assert_true(smtp_ehlo_has_mechanism(e, "LOGIN") && smtp_ehlo_has_mechanism(e, "CRAM-MD5"));
	assert_true(smtp_ehlo_has_mechanism(e, "PLAIN"));
	assert_false(smtp_ehlo_has_mechanism(e, "CRAM") || smtp_ehlo_has_mechanism(e, "MD5"));
	assert_int_equal(e->capability_count, 7);
	assert_string_equal(e->capabilities[4], "X-ODD\\x1B[2J");
}

static void
jobs_survive_their_journey(void **state)
{
	const char *to[] = { "noc@example.net", "jörg@example.net" };
	struct mail_job job = {
		.id = 77,
		.verb = MAIL_DELIVER,
		.policy = "LINK",
		.policy_hash = "abc",
		.host = "2001:db8::25",
		.host_kind = MAIL_HOST_IPV6,
		.port = 587,
		.user = "a@b",
		.password = "p:a@ss wörd",
		.mechanisms = "PLAIN LOGIN",
		.cleartext_auth = true,
		.from = "eem@r1.example",
		.recipients = to,
		.recipient_count = 2,
		.message = "Subject: ü\r\n\r\nbody\r\n",
		.secure = MAIL_SECURE_SMTPS,
		.tls_minimum = 13,
		.source_interface = "eth0",
		.helo = "r1.example",
		.timeouts = mail_timeouts_default,
		.debug = 0xffff,
	};
	json_t *j, *again;
	struct mail_job *copy;
	struct err err = ERR_INIT;

	job.timeouts.total = 1234;
	j = mail_job_to_json(&job);
	copy = mail_job_from_json(ctx, j, &err);
	assert_non_null(copy);
	assert_int_equal(copy->message_len, strlen(job.message));
	assert_int_equal(copy->timeouts.total, 1234);
	assert_string_equal(copy->password, job.password);
	again = mail_job_to_json(copy);
	assert_true(json_equal(j, again));
	json_decref(j);
	json_decref(again);
}

static void
jobs_that_could_break_a_command_are_refused(void **state)
{
	static const struct {
		const char *key, *value;
	} bad[] = {
		{ "from", "\"a@b>\\r\\nRCPT TO:<c@d\"" },
		{ "from", "null" },
		{ "host", "\"a b\"" },
		{ "helo", "\"x\\ny\"" },
		{ "port", "65536" },
		{ "port", "\"25\"" },
		{ "recipients", "[]" },
		{ "recipients", "[\"a@b\", 7]" },
		{ "recipients", "[\"a@b c\"]" },
		{ "version", "99" },
		{ "secure", "\"ssl\"" },
		{ "message", "\"a\\u0000b\"" },
		{ "timeouts", "{\"dot\": -1}" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		json_t *j = json_pack("{s:i, s:I, s:s, s:s, s:[s], s:s}", "version", MAIL_JOB_VERSION, "id",
			(json_int_t)1, "host", "mx", "from", "", "recipients", "a@b", "message", "x");
		struct err err = ERR_INIT;

		assert_non_null(mail_job_from_json(ctx, j, &err));
		json_object_set_new(
			j, bad[i].key, json_loads(bad[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
		if (mail_job_from_json(ctx, j, &err) != NULL)
			fail_msg("%s = %s was taken", bad[i].key, bad[i].value);
		assert_true(err.text[0] != '\0');
		json_decref(j);
	}
}

static void
results_survive_their_journey(void **state)
{
	struct mail_result *r = mail_result_new(ctx, 5), *copy;
	const char *capabilities[] = { "PIPELINING", "SIZE 1" };
	struct mail_recipient_result to[] = {
		{ "a@b", MAIL_OK, PHASE_NONE, { 250, "2.1.5", "2.1.5 ok" } },
		{ "c@d", MAIL_RECIPIENT_REJECTED, PHASE_RCPT, { 550, "5.1.1", "5.1.1 no" } },
	};
	struct err err = ERR_INIT;
	json_t *j, *again;

	r->class = MAIL_RECIPIENT_REJECTED;
	r->phase = PHASE_RCPT;
	r->detail = "c@d: 550 5.1.1 no";
	r->reply = to[1].reply;
	r->host = "mx";
	r->auth_mech = "PLAIN";
	r->auth_user = "bob";
	r->capabilities = capabilities;
	r->capability_count = 2;
	r->recipients = to;
	r->recipient_count = 2;
	r->steps[r->step_count++] = (struct mail_step){ PHASE_DNS, 3, MAIL_OK };
	r->tls = json_pack("{s:s}", "version", "TLSv1.3");
	j = mail_result_to_json(r);
	copy = mail_result_from_json(ctx, j, &err);
	assert_non_null(copy);
	again = mail_result_to_json(copy);
	assert_true(json_equal(j, again));
	assert_string_equal(json_string_value(json_object_get(j, "outcome")), "held");
	assert_string_equal(mail_result_reason(ctx, copy),
		"error in sending mail [RECIPIENT_REJECTED rcpt: c@d: 550 5.1.1 no]");
	json_decref(j);
	json_decref(again);
}

static void
every_class_has_a_row(void **state)
{
	for (int c = 0; c < MAIL_CLASS_COUNT; c++) {
		const char *name = mail_class_name((enum mail_class)c);

		assert_non_null(name);
		assert_int_equal(mail_class_named(name), c);
		assert_non_null(mail_reason((enum mail_class)c, PHASE_DATA));
	}
	for (int p = 0; p < PHASE_COUNT; p++)
		assert_int_equal(mail_phase_named(mail_phase_name((enum mail_phase)p)), p);
	assert_int_equal(mail_class_named("NO_SUCH_CLASS"), MAIL_CLASS_COUNT);
}

static void
reasons_and_outcomes_follow_the_rulings(void **state)
{
	static const struct {
		enum mail_class class;
		enum mail_phase phase;
		int code;
		const char *reason;
		enum mail_outcome relay, direct;
	} cases[] = {
		{ MAIL_OK, PHASE_NONE, 250, "", MAIL_SENT, MAIL_SENT },
		{ MAIL_CERT_UNTRUSTED, PHASE_TLS, 0, "error in connecting to SMTP server", MAIL_HELD,
			MAIL_DEFERRED },
		{ MAIL_CERT_REVOCATION_UNKNOWN, PHASE_TLS, 0, "error in connecting to SMTP server",
			MAIL_DEFERRED, MAIL_DEFERRED },
		{ MAIL_TLS_REFUSED, PHASE_STARTTLS, 502, "error in connecting to SMTP server", MAIL_HELD,
			MAIL_DEFERRED },
		{ MAIL_TLS_REFUSED, PHASE_STARTTLS, 454, "error in connecting to SMTP server", MAIL_DEFERRED,
			MAIL_DEFERRED },
		{ MAIL_CONNECT_REFUSED, PHASE_CONNECT, 0, "error in connecting to SMTP server", MAIL_DEFERRED,
			MAIL_DEFERRED },
		{ MAIL_CONNECT_TIMEOUT, PHASE_CONNECT, 0, "timeout error", MAIL_DEFERRED, MAIL_DEFERRED },
		{ MAIL_TIMEOUT, PHASE_DOT, 0, "timeout error", MAIL_DEFERRED, MAIL_DEFERRED },
		{ MAIL_CONNECTION_LOST, PHASE_BANNER, 0, "error in connecting to SMTP server", MAIL_DEFERRED,
			MAIL_DEFERRED },
		{ MAIL_CONNECTION_LOST, PHASE_DOT, 0, "error in sending mail", MAIL_DEFERRED, MAIL_DEFERRED },
		{ MAIL_PROTOCOL_ERROR, PHASE_RCPT, 0, "error in reply from SMTP server", MAIL_DEFERRED,
			MAIL_DEFERRED },
		{ MAIL_AUTH_FAILED, PHASE_AUTH, 535, "error in authentication", MAIL_HELD, MAIL_BOUNCED },
		{ MAIL_AUTH_TEMPFAIL, PHASE_AUTH, 454, "error in authentication", MAIL_DEFERRED,
			MAIL_DEFERRED },
		{ MAIL_BAD_HOST, PHASE_CONFIG, 0, "bad SMTP server name", MAIL_HELD, MAIL_BOUNCED },
		{ MAIL_RECIPIENT_REJECTED, PHASE_RCPT, 550, "error in sending mail", MAIL_HELD,
			MAIL_BOUNCED },
		{ MAIL_RECIPIENT_REJECTED, PHASE_RCPT, 450, "error in sending mail", MAIL_DEFERRED,
			MAIL_DEFERRED },
		{ MAIL_DNS_NXDOMAIN, PHASE_DNS, 0, "error in connecting to SMTP server", MAIL_HELD,
			MAIL_BOUNCED },
		{ MAIL_HELPER_FAILED, PHASE_NONE, 0, "error in sending mail", MAIL_DEFERRED, MAIL_DEFERRED },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_string_equal(mail_reason(cases[i].class, cases[i].phase), cases[i].reason);
		assert_int_equal(mail_outcome(cases[i].class, cases[i].code, false), cases[i].relay);
		assert_int_equal(mail_outcome(cases[i].class, cases[i].code, true), cases[i].direct);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_decode_however_they_are_cut),
		cmocka_unit_test(replies_have_limits),
		cmocka_unit_test(keywords_are_learnt),
		cmocka_unit_test(jobs_survive_their_journey),
		cmocka_unit_test(jobs_that_could_break_a_command_are_refused),
		cmocka_unit_test(results_survive_their_journey),
		cmocka_unit_test(every_class_has_a_row),
		cmocka_unit_test(reasons_and_outcomes_follow_the_rulings),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
