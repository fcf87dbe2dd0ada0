/* SCRAM by the examples of its RFCs, the octets of tokens, and the choice between mechanisms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "actions/mail/encode.h"
#include "actions/mail/sasl/oauth.h"
#include "actions/mail/sasl/sasl.h"
#include "actions/mail/sasl/scram.h"
#include "core/mem.h"

static struct channel_binding binding = { "tls-exporter", "0123456789abcdef", 16 };

static const struct dialogue {
	const char *digest, *nonce, *first, *server_first, *final, *server_final;
} examples[] = {
	/* RFC 5802 section 5 */
	{ "SHA1", "fyko+d2lbbFgONRv9qkxdawL", "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
		"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
		"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=" },
	/* RFC 7677 section 3 */
	{ "SHA256", "rOprNGfwEbeRWgbNEkqO", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
		"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
		"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" },
};

static struct scram *
begun(const struct dialogue *d, struct text *out)
{
	const struct scram_want want = {
		.user = "user", .password = "pencil", .digest = d->digest, .nonce = d->nonce
	};
	struct err err = ERR_INIT;
	struct scram *s = scram_new(NULL, &want, &err);

	assert_non_null(s);
	text_clear(out);
	scram_begin(s, out);
	return s;
}

static void
scram_says_what_the_rfcs_say(void **state)
{
	struct text *out = text_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
		const struct dialogue *d = &examples[i];
		struct scram *s = begun(d, out);
		struct err err = ERR_INIT;

		assert_string_equal(out->s, d->first);
		text_clear(out);
		assert_true(scram_answer(s, d->server_first, strlen(d->server_first), out, &err));
		assert_string_equal(out->s, d->final);
		assert_false(scram_is_complete(s));
		text_clear(out);
		assert_true(scram_answer(s, d->server_final, strlen(d->server_final), out, &err));
		assert_int_equal(out->len, 0);
		assert_true(scram_is_complete(s));
		assert_false(scram_answer(s, d->server_final, strlen(d->server_final), out, &err));
		assert_string_equal(err.class, "PROTOCOL_ERROR");
		mem_free(s);
	}
	mem_free(out);
}

static void
scram_refuses_first_messages(void **state)
{
	static const struct {
		const char *message, *class;
	} rows[] = {
		{ "", "PROTOCOL_ERROR" },
		{ "r=", "PROTOCOL_ERROR" },
		{ "r=other,s=QSXCR+Q6sek8bf92,i=4096", "PROTOCOL_ERROR" },
		{ "r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4096",
			"PROTOCOL_ERROR" }, /* nothing added */
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,i=4096", "PROTOCOL_ERROR" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=,i=4096", "PROTOCOL_ERROR" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=!!!,i=4096", "PROTOCOL_ERROR" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92", "PROTOCOL_ERROR" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=", "PROTOCOL_ERROR" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=-1", "PROTOCOL_ERROR" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=4095", "AUTH_FAILED" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=10000001", "AUTH_FAILED" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=99999999999999999999", "AUTH_FAILED" },
		{ "m=x,r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=4096", "PROTOCOL_ERROR" },
	};
	struct text *out = text_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct scram *s = begun(&examples[0], out);
		struct err err = ERR_INIT;

		assert_false(scram_answer(s, rows[i].message, strlen(rows[i].message), out, &err));
		assert_string_equal(err.class, rows[i].class);
		mem_free(s);
	}
	mem_free(out);
}

static void
scram_refuses_a_server_that_does_not_know_the_password(void **state)
{
	static const struct {
		const char *message, *class;
	} rows[] = {
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKE=", "AUTH_FAILED" },
		{ "v=rmF9", "AUTH_FAILED" },
		{ "v=", "PROTOCOL_ERROR" },
		{ "", "PROTOCOL_ERROR" },
		{ "e=invalid-proof", "AUTH_FAILED" },
	};
	struct text *out = text_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct scram *s = begun(&examples[0], out);
		struct err err = ERR_INIT;

		assert_true(scram_answer(
			s, examples[0].server_first, strlen(examples[0].server_first), out, &err));
		assert_false(scram_answer(s, rows[i].message, strlen(rows[i].message), out, &err));
		assert_string_equal(err.class, rows[i].class);
		assert_false(scram_is_complete(s));
		mem_free(s);
	}
	mem_free(out);
}

/* RFC 5802 6: p with a binding that is used, y when only we could, n when we cannot or it was not chosen. */
static void
scram_tells_what_could_be_bound(void **state)
{
	static const struct {
		bool has_binding, plus, offered;
		const char *begin;
	} rows[] = {
		{ true, true, true, "p=tls-exporter,,n=a=3Db=2Cc,r=N" },
		{ true, false, false, "y,,n=a=3Db=2Cc,r=N" },
		{ true, false, true, "n,,n=a=3Db=2Cc,r=N" },
		{ false, false, false, "n,,n=a=3Db=2Cc,r=N" },
	};
	struct text *out = text_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct scram_want want = { .user = "a=b,c",
			.password = "x",
			.digest = "SHA256",
			.nonce = "N",
			.binding = rows[i].has_binding ? &binding : NULL,
			.plus = rows[i].plus,
			.offered = rows[i].offered };
		struct err err = ERR_INIT;
		struct scram *s = scram_new(NULL, &want, &err);

		text_clear(out);
		scram_begin(s, out);
		assert_string_equal(out->s, rows[i].begin);
		text_clear(out);
		assert_true(scram_answer(s, "r=Nx,s=QSXCR+Q6sek8bf92,i=4096", 30, out, &err));
		/* c= holds the header, and behind it the binding's octets */
		assert_true(strncmp(out->s,
				    rows[i].plus ? "c=cD10bHMtZXhwb3J0ZXIsLDAxMjM0NTY3ODlhYmNkZWY=,"
				    : rows[i].begin[0] == 'y' ? "c=eSws,"
							      : "c=biws,",
				    7) == 0);
		if (rows[i].plus)
			assert_non_null(strstr(out->s, "c=cD10bHMtZXhwb3J0ZXIsLDAxMjM0NTY3ODlhYmNkZWY=,"));
		mem_free(s);
	}
	mem_free(out);
}

static void
prohibited_characters(void **state)
{
	const struct scram_want want = { .user = "user", .password = "bell\a", .digest = "SHA256" };
	struct err err = ERR_INIT;

	(void)state;
	assert_null(scram_new(NULL, &want, &err));
	assert_string_equal(err.class, "CONFIG");
}

static void
tokens_in_both_forms(void **state)
{
	const struct oauth_login login = { "a=b,c@d", "t0k.en", "mail.example", 587 };
	struct text *out = text_new(NULL);

	(void)state;
	oauth_xoauth2(out, &login);
	assert_string_equal(out->s, "user=a=b,c@d\001auth=Bearer t0k.en\001\001");
	text_clear(out);
	oauth_bearer(out, &login);
	assert_string_equal(
		out->s, "n,a=a=3Db=2Cc@d,\001host=mail.example\001port=587\001auth=Bearer t0k.en\001\001");
	mem_free(out);
}

static void
what_a_server_says_of_a_token(void **state)
{
	static const struct {
		const char *json, *status;
	} rows[] = {
		{ "{\"status\":\"401\",\"schemes\":\"bearer\",\"scope\":\"x\"}", "401" },
		{ "{\"status\":\"invalid_token\"}", "invalid_token" },
		{ "{\"status\":401}", NULL },
		{ "{\"status\":\"\"}", NULL },
		{ "{\"status\":\"a\\u001b[31m\"}", "a\\x1B[31m" },
		{ "{\"status\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
			NULL },
		{ "[]", NULL },
		{ "no json", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *status = oauth_status(NULL, rows[i].json, strlen(rows[i].json));

		if (rows[i].status == NULL)
			assert_null(status);
		else
			assert_string_equal(status, rows[i].status);
		mem_free(status);
	}
}

#define EVERYTHING                                                                                           \
	" EXTERNAL SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 XOAUTH2 OAUTHBEARER PLAIN " \
	"LOGIN CRAM-MD5 NTLM "

/* Mechanisms in the order in which they would be tried. */
static void
choose(const struct sasl_want *want, const char *offered, const char *expected)
{
	const struct smtp_ehlo ehlo = { .auth = true, .mechanisms = offered };
	struct err err = ERR_INIT;
	struct sasl *s = sasl_new(NULL, want, &err);
	struct text *out = text_new(s);
	const char *mech;

	while ((mech = sasl_choose(s, &ehlo)) != NULL)
		text_printf(out, "%s%s", out->len > 0 ? " " : "", mech);
	assert_string_equal(out->s, expected);
	mem_free(s);
}

static void
the_order_of_mechanisms(void **state)
{
	struct sasl_want w = { .user = "u", .password = "p", .verified = true };

	(void)state;
	choose(&w, EVERYTHING, "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5");
	w.verified = false;
	choose(&w, EVERYTHING, "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN");
	w.verified = true;
	w.binding = &binding;
	choose(&w, EVERYTHING,
		"SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5");
	choose(&w, " LOGIN ", "LOGIN");
	choose(&w, " NTLM ", "");
	w.allowed = "LOGIN scram-sha-256 EXTERNAL DIGEST-MD5";
	choose(&w, EVERYTHING, "LOGIN SCRAM-SHA-256"); /* EXTERNAL: no certificate was shown */
	w.certificate = true;
	choose(&w, EVERYTHING, "LOGIN SCRAM-SHA-256 EXTERNAL");
	w.allowed = NULL;
	choose(&w, " EXTERNAL ", ""); /* only when it is asked for */
	w.password = NULL;
	w.token = "t";
	choose(&w, EVERYTHING, "XOAUTH2 OAUTHBEARER");
	choose(&w, " OAUTHBEARER PLAIN ", "OAUTHBEARER");
}

static void
external_names_whom(void **state)
{
	struct sasl_want w = { .user = "router", .certificate = true, .allowed = "EXTERNAL" };
	struct err err = ERR_INIT;
	struct sasl *s = sasl_new(NULL, &w, &err);
	struct text *out = text_new(s);

	(void)state;
	assert_true(sasl_start(s, "EXTERNAL", &err) && sasl_step(s, NULL, out, &err));
	assert_string_equal(out->s, "cm91dGVy");
	assert_true(sasl_is_complete(s));
	assert_false(sasl_step(s, "", out, &err));
	mem_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scram_says_what_the_rfcs_say),
		cmocka_unit_test(scram_refuses_first_messages),
		cmocka_unit_test(scram_refuses_a_server_that_does_not_know_the_password),
		cmocka_unit_test(scram_tells_what_could_be_bound),
		cmocka_unit_test(prohibited_characters),
		cmocka_unit_test(tokens_in_both_forms),
		cmocka_unit_test(what_a_server_says_of_a_token),
		cmocka_unit_test(the_order_of_mechanisms),
		cmocka_unit_test(external_names_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
