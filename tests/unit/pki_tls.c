/*
 * Real handshakes over a socket pair, with a chain of the shape that seed 000 shows: a leaf, its CA,
 * and a root that an older root has cross-signed: what is demanded of a server, and what ends the handshake.
 */
#include "tlspair.h"

static void
test_one_root_is_enough(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->old, "SMTP.gmail.com.", TLS1_3_VERSION, PKI | TLS, false);

	assert_true(s->good);
	assert_string_equal(s->version, "TLSv1.3");
	assert_string_equal(s->anchor, "CA-GlobalSign-Root");
	assert_string_equal(json_string_value(json_object_get(s->json, "trustpoint")), "CA-GlobalSign-Root");
	assert_string_equal(json_string_value(json_object_get(s->json, "anchor")),
		"cn=GlobalSign Root CA,ou=Root CA,o=GlobalSign nv-sa,c=BE");
	assert_int_equal(json_array_size(json_object_get(s->json, "chain")), 3);
	assert_non_null(strstr(s->lines.s, "validation path has 3 certs"));
	assert_non_null(strstr(s->lines.s, "<<< TLS 1.3 Handshake [length 00"));
	session_free(s);
}

static void
test_tls13_failure(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->none, "smtp.gmail.com", TLS1_3_VERSION, PKI | TLS, false);

	assert_false(s->good);
	assert_string_equal(s->err.class, "CERT_UNTRUSTED");
	assert_int_equal(s->server_alert, 42);
	assert_non_null(strstr(
		s->lines.s, "TS: >>> TLS 1.3 Alert [length 0002], fatal bad_certificate\nTS: 02 2A\n"));
	session_free(s);
}

static void
test_wrong_name(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->all, "mail.example.com", TLS1_3_VERSION, PKI, false);

	assert_false(s->good);
	assert_string_equal(s->err.class, "CERT_NAME_MISMATCH");
	assert_int_equal(s->server_alert, 42);
	assert_non_null(strstr(s->lines.s,
		"CERT_NAME_MISMATCH: the certificate is for smtp.gmail.com, not for mail.example.com\n"
		"TS: CRYPTO_OPSSL: Certificate verification has failed"));
	session_free(s);
}

static void
test_opportunistic(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->none, "smtp.gmail.com", TLS1_3_VERSION, 0, true);

	assert_true(s->good);
	assert_false(s->verified);
	assert_string_equal(s->class, "CERT_UNTRUSTED");
	assert_int_equal(s->lines.len, 0);
	session_free(s);
}

static void
test_old_version_is_refused(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->all, "smtp.gmail.com", TLS1_1_VERSION, 0, false);

	assert_false(s->good);
	assert_string_equal(s->err.class, "TLS_VERSION");
	session_free(s);
}

/* mail-security.md 14: which alert tells the server. */
static void
test_alerts(void **state)
{
	static const struct {
		struct cert_spec spec;
		const char *class;
		int alert;
	} rows[] = {
		{ { .from = -9 * 86400, .until = -86400 }, "CERT_EXPIRED", 45 },
		{ { .from = 86400, .until = 9 * 86400 }, "CERT_NOT_YET_VALID", 46 },
		{ { .ext_usage = "clientAuth" }, "CERT_PURPOSE", 43 },
		{ { .san = "DNS:mail.example.com" }, "CERT_NAME_MISMATCH", 42 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world other = *w;
		struct cert_spec spec = rows[i].spec;
		struct session *s;

		spec.subject[0] = "CN=smtp.gmail.com";
		spec.issuer = &w->ca;
		spec.san = spec.san != NULL ? spec.san : "DNS:smtp.gmail.com";
		other.leaf = make_cert(&spec);
		s = run(&other, w->old, "smtp.gmail.com", TLS1_3_VERSION, 0, false);
		assert_string_equal(s->err.class, rows[i].class);
		assert_int_equal(s->server_alert, rows[i].alert);
		session_free(s);
		made_free(&other.leaf);
	}
}

/* TLS 1.2 brings the staple behind the certificate, TLS 1.3 with it. */
static void
test_staple_in_the_handshake(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct world *w = *state;
	struct trust *trust = trust_new(NULL);

	trust_add(trust, "CA", w->ca.cert,
		&(struct trustpoint_policy){ .revocation = { REVOCATION_OCSP }, .revocation_count = 1 });
	for (size_t i = 0; i < 2; i++) {
		struct session *s;

		s = run_stapled(w, trust, "smtp.gmail.com", versions[i], PKI, false, V_OCSP_CERTSTATUS_GOOD);
		assert_true(s->good && s->verified);
		assert_non_null(
			strstr(s->lines.s, "anchored to trustpoint CA, and chain validation result was: "
					   "CRYPTO_VALID_CERT\n"));
		session_free(s);
		s = run_stapled(
			w, trust, "smtp.gmail.com", versions[i], PKI, false, V_OCSP_CERTSTATUS_REVOKED);
		assert_false(s->good || s->verified);
		assert_string_equal(s->err.class, "CERT_REVOKED");
		session_free(s);
		s = run_stapled(w, trust, "smtp.gmail.com", versions[i], PKI, false, -1);
		assert_false(s->good || s->verified);
		assert_string_equal(s->err.class, "CERT_REVOCATION_UNKNOWN");
		session_free(s);
	}
	mem_free(trust);
}

/* Each switch prints its own lines and no others. */
static void
test_switches(void **state)
{
	static const struct {
		enum debug_switch which;
		const char *has, *has_not;
	} rows[] = {
		{ DEBUG_PKI_API, "Cert Lookup", "validation path" },
		{ DEBUG_PKI_CALLBACKS, "Validate Certificate Chain Callback", "Cert Lookup" },
		{ DEBUG_PKI_MESSAGES, "Added x509 peer certificate", "Session started" },
		{ DEBUG_PKI_TRANSACTIONS, "Suitable trustpoints are", "validation path" },
		{ DEBUG_PKI_VALIDATION, "validation path has 1 certs", "Cert Lookup" },
		{ DEBUG_SSL_STATES, "SSL_connect:SSLv3/TLS write client hello", ">>>" },
		{ DEBUG_SSL_MSG, ">>> ??? [length 0005]", "SSL_connect" },
		{ DEBUG_SSL_EXT, "TLS server extension", "[length" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session *s =
			run(w, w->all, "smtp.gmail.com", TLS1_2_VERSION, DEBUG_BIT(rows[i].which), false);

		if (strstr(s->lines.s, rows[i].has) == NULL || strstr(s->lines.s, rows[i].has_not) != NULL)
			fail_msg("%s:\n%s", debug_rows[rows[i].which].words, s->lines.s);
		session_free(s);
	}
}

static void
test_silence_times_out(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct tls *tls;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	tls = tls_client_new(NULL, &(struct tls_want){ .trust = w->all, .host = "192.0.2.7" }, &err);
	assert_false(tls_handshake(tls, ends[0], tls_now() + 50000, &err));
	assert_string_equal(err.class, "TIMEOUT");
	assert_null(tls_result(tls)->sni);
	mem_free(tls);
	close(ends[0]);
	close(ends[1]);
}

static void
test_plain_text_answer(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct tls *tls;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(write(ends[1], "220 mail.example.com ESMTP\r\n", 28), 28);
	tls = tls_client_new(NULL, &(struct tls_want){ .trust = w->all, .host = "mail.example.com" }, &err);
	assert_false(tls_handshake(tls, ends[0], tls_now() + 20000000, &err));
	assert_string_equal(err.class, "HANDSHAKE_FAILED");
	mem_free(tls);
	close(ends[0]);
	close(ends[1]);
}

/* TLSA records decide, whatever the trustpoints are; SNI stays the host, the names are the record's. */
static void
test_dane_decides(void **state)
{
	struct world *w = *state;
	const char *const names[] = { "elsewhere.example.net", "smtp.gmail.com" };
	unsigned char spki[32], cert[32];
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(w->leaf.cert), &der);
	struct dane_record ee = { DANE_EE, DANE_SPKI, DANE_SHA2_256, spki, 32 };
	struct dane_record ta = { DANE_TA, DANE_CERT, DANE_SHA2_256, cert, 32 };
	struct dane_record wrong = { DANE_EE, DANE_CERT, DANE_SHA2_256, spki, 32 };
	const struct {
		const struct dane_record *record;
		const char *const *names;
		bool good;
		const char *class;
		int depth;
	} rows[] = {
		{ &ee, NULL, true, "OK", 0 },
		{ &ta, names, true, "OK", 1 },
		{ &ta, NULL, false, "CERT_NAME_MISMATCH", 1 },
		{ &wrong, NULL, false, "DANE_MISMATCH", -1 },
	};

	assert_int_equal(EVP_Digest(der, (size_t)n, spki, NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(X509_digest(w->ca.cert, EVP_sha256(), cert, NULL), 1);
	OPENSSL_free(der);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct tls_want want = { .host = "mx.gmail.com",
				.names = rows[i].names,
				.name_count = rows[i].names != NULL ? 2 : 0,
				.dane = rows[i].record,
				.dane_count = 1 };
			struct session *s = run_want(w, want, version, PKI, -1);
			const json_t *dane = json_object_get(s->json, "dane");

			assert_int_equal(s->good, rows[i].good);
			assert_int_equal(s->verified, rows[i].good);
			assert_string_equal(s->class, rows[i].class);
			assert_string_equal(
				json_string_value(json_object_get(s->json, "sni")), "mx.gmail.com");
			assert_int_equal(dane != NULL, rows[i].depth >= 0);
			if (dane != NULL)
				assert_int_equal(
					json_integer_value(json_object_get(dane, "depth")), rows[i].depth);
			if (!s->good) {
				assert_string_equal(s->err.class, rows[i].class);
				assert_int_equal(s->server_alert, 42);
			}
			assert_non_null(
				strstr(s->lines.s, rows[i].depth >= 0 ? "TLSA record" : "No TLSA record"));
			session_free(s);
			/* Opportunistic: the handshake goes on and nothing is called verified. */
			want.unverified = true;
			s = run_want(w, want, version, 0, -1);
			assert_true(s->good);
			assert_int_equal(s->verified, rows[i].good);
			session_free(s);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_root_is_enough),
		cmocka_unit_test(test_tls13_failure),
		cmocka_unit_test(test_wrong_name),
		cmocka_unit_test(test_opportunistic),
		cmocka_unit_test(test_old_version_is_refused),
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_staple_in_the_handshake),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_silence_times_out),
		cmocka_unit_test(test_plain_text_answer),
		cmocka_unit_test(test_dane_decides),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
