/*
 * TLSA records against chains: every usage, selector and matching type, rollover, digest agility, and
 * the rules of RFC 7671 about names and dates. OpenSSL's own DANE is asked the same questions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs.h"
#include "core/mem.h"
#include "pki/dane.h"
#include "pki/verify.h"

#define HOST "mail.example.com"
#define DAY  86400L

struct world {
	struct made root, ca, leaf, expired, direct, careless, careless_leaf, other;
};

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	w->root = make_cert(&(struct cert_spec){ .subject = { "CN=Root" }, .serial = "01", .ca = true });
	w->ca = make_cert(&(struct cert_spec){
		.subject = { "CN=CA" }, .serial = "02", .ca = true, .issuer = &w->root });
	w->leaf = make_cert(&(struct cert_spec){
		.subject = { "CN=leaf" }, .serial = "03", .issuer = &w->ca, .san = "DNS:" HOST });
	w->expired = make_cert(&(struct cert_spec){ .subject = { "CN=leaf" },
		.serial = "04",
		.issuer = &w->ca,
		.san = "DNS:" HOST,
		.from = -9 * DAY,
		.until = -DAY });
	w->direct = make_cert(&(struct cert_spec){
		.subject = { "CN=leaf" }, .serial = "05", .issuer = &w->root, .san = "DNS:" HOST });
	/* As home-made scripts make them: refused as a trustpoint's chain, good enough behind TLSA. */
	w->careless = make_cert(&(struct cert_spec){ .subject = { "CN=Home CA" },
		.serial = "06",
		.ca = true,
		.basic = "CA:TRUE",
		.key_usage = "" });
	w->careless_leaf = make_cert(&(struct cert_spec){
		.subject = { "CN=leaf" }, .serial = "07", .issuer = &w->careless, .san = "DNS:" HOST });
	w->other = make_cert(&(struct cert_spec){ .subject = { "CN=Root" }, .serial = "08", .ca = true });
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	struct made *all[] = { &w->root, &w->ca, &w->leaf, &w->expired, &w->direct, &w->careless,
		&w->careless_leaf, &w->other };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		made_free(all[i]);
	mem_free(w);
	return 0;
}

/* ---- records ---- */

/* What a zone's keeper would publish for this certificate. */
static struct dane_record
record(const void *ctx, unsigned usage, unsigned selector, unsigned matching, X509 *cert)
{
	unsigned char *der = NULL, md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int n = selector == 0 ? i2d_X509(cert, &der) : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	struct dane_record r = { (uint8_t)usage, (uint8_t)selector, (uint8_t)matching, NULL, (size_t)n };

	assert_true(n > 0);
	if (matching == 0) {
		r.data = mem_dup(ctx, der, (size_t)n);
	} else {
		EVP_Digest(der, (size_t)n, md, &len, matching == 1 ? EVP_sha256() : EVP_sha512(), NULL);
		r.data = mem_dup(ctx, md, len);
		r.len = len;
	}
	OPENSSL_free(der);
	return r;
}

struct asked {
	enum pki_class class;
	int record, depth;
	char detail[512], name[256];
};

static struct asked
ask(X509 *peer, X509 **sent, const char *host, const struct dane_record *records, size_t n)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	const char *const also[] = { "mx.example.com", "example.com" };
	struct pki_result r;
	struct asked a;

	sk_X509_push(chain, peer);
	for (size_t i = 0; sent != NULL && sent[i] != NULL; i++)
		sk_X509_push(chain, sent[i]);
	pki_verify(&(struct pki_request){ .peer = peer,
			   .untrusted = chain,
			   .name = { PKI_NAME_DNS, host },
			   .also = also,
			   .also_count = 2,
			   .depth = -1,
			   .dane = records,
			   .dane_count = n,
			   .revocation = PKI_REVOCATION_BY_POLICY },
		&r);
	a = (struct asked){ .class = r.class, .record = r.dane_record, .depth = r.dane_depth };
	snprintf(a.detail, sizeof(a.detail), "%s", r.detail);
	snprintf(a.name, sizeof(a.name), "%s", r.name);
	pki_result_clear(&r);
	sk_X509_free(chain);
	return a;
}

/* The same question to OpenSSL: 1 match, 0 none. */
static int
ask_openssl(X509 *peer, X509 **sent, const struct dane_record *records, size_t n)
{
	SSL_CTX *ssl_ctx = SSL_CTX_new(TLS_client_method());
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	SSL *ssl;
	int good, usable = 0;

	for (size_t i = 0; sent != NULL && sent[i] != NULL; i++)
		sk_X509_push(chain, sent[i]);
	assert_int_equal(SSL_CTX_dane_enable(ssl_ctx), 1);
	SSL_CTX_dane_set_flags(ssl_ctx, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	ssl = SSL_new(ssl_ctx);
	assert_int_equal(SSL_dane_enable(ssl, HOST), 1);
	for (size_t i = 0; i < n; i++)
		usable += SSL_dane_tlsa_add(ssl, records[i].usage, records[i].selector, records[i].matching,
				  records[i].data, records[i].len) > 0;
	assert_true(usable > 0);
	X509_STORE_CTX_init(ctx, store, peer, chain);
	X509_STORE_CTX_set_default(ctx, "ssl_server");
	X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(ctx), HOST, 0);
	X509_STORE_CTX_set0_dane(ctx, SSL_get0_dane(ssl));
	good = X509_verify_cert(ctx) == 1;
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	SSL_free(ssl);
	SSL_CTX_free(ssl_ctx);
	sk_X509_free(chain);
	return good;
}

static void
test_every_combination(void **state)
{
	struct world *w = *state;
	X509 *sent[] = { w->ca.cert, w->root.cert, NULL };
	X509 *certs[] = { w->leaf.cert, w->ca.cert, w->root.cert, w->other.cert };
	void *ctx = mem_ctx(NULL, "records");

	for (unsigned usage = 2; usage <= 3; usage++)
		for (unsigned selector = 0; selector <= 1; selector++)
			for (unsigned matching = 0; matching <= 2; matching++)
				for (int i = 0; i < 4; i++) {
					struct dane_record r =
						record(ctx, usage, selector, matching, certs[i]);
					bool want = usage == 3 ? i == 0 : i == 1 || i == 2;
					struct asked a = ask(w->leaf.cert, sent, HOST, &r, 1);

					if ((a.class == PKI_OK) != want ||
						(ask_openssl(w->leaf.cert, sent, &r, 1) == 1) != want)
						fail_msg("%u %u %u of certificate %d: %s", usage, selector,
							matching, i, a.detail);
					assert_int_equal(a.record, want ? 0 : -1);
					assert_int_equal(a.depth, want ? i : -1);
					assert_int_equal(a.class, want ? PKI_OK : PKI_DANE_MISMATCH);
				}
	mem_free(ctx);
}

/* RFC 7671 5.1: the record is all that counts; 5.2.2: for a trust anchor name and dates count. */
static void
test_names_and_dates(void **state)
{
	struct world *w = *state;
	X509 *sent[] = { w->ca.cert, NULL };
	void *ctx = mem_ctx(NULL, "records");
	struct dane_record ee = record(ctx, 3, 1, 1, w->expired.cert), ta = record(ctx, 2, 0, 1, w->ca.cert);
	struct asked a;

	assert_int_equal(ask(w->expired.cert, sent, "elsewhere.example.net", &ee, 1).class, PKI_OK);
	assert_int_equal(ask(w->expired.cert, sent, HOST, &ta, 1).class, PKI_EXPIRED);
	a = ask(w->leaf.cert, sent, HOST, &ta, 1);
	assert_int_equal(a.class, PKI_OK);
	assert_string_equal(a.name, HOST);
	a = ask(w->leaf.cert, sent, "elsewhere.example.net", &ta, 1);
	assert_int_equal(a.class, PKI_NAME_MISMATCH);
	assert_non_null(strstr(a.detail, "is for mail.example.com, not for elsewhere.example.net"));
	/* Matched, and refused all the same: the record is told. */
	assert_int_equal(a.record, 0);
	mem_free(ctx);
}

/* Each of the reference identities is as good as the first. */
static void
test_further_names(void **state)
{
	struct world *w = *state;
	struct made leaf = make_cert(&(struct cert_spec){
		.subject = { "CN=leaf" }, .serial = "11", .issuer = &w->root, .san = "DNS:example.com" });
	void *ctx = mem_ctx(NULL, "records");
	struct dane_record ta = record(ctx, 2, 1, 0, w->root.cert);
	struct asked a = ask(leaf.cert, NULL, HOST, &ta, 1);

	assert_int_equal(a.class, PKI_OK);
	assert_string_equal(a.name, "example.com");
	made_free(&leaf);
	mem_free(ctx);
}

/* `2 0 0` and `2 1 0` bring what the server did not send; digests cannot. */
static void
test_anchor_in_the_record(void **state)
{
	struct world *w = *state;
	X509 *ca[] = { w->ca.cert, NULL };
	void *ctx = mem_ctx(NULL, "records");

	for (unsigned selector = 0; selector <= 1; selector++)
		for (unsigned matching = 0; matching <= 2; matching++) {
			struct dane_record of_root = record(ctx, 2, selector, matching, w->root.cert);
			struct dane_record of_ca = record(ctx, 2, selector, matching, w->ca.cert);
			enum pki_class want = matching == 0 ? PKI_OK : PKI_DANE_MISMATCH;
			struct asked a = ask(w->leaf.cert, ca, HOST, &of_root, 1);

			assert_int_equal(a.class, want);
			assert_int_equal(a.depth, matching == 0 ? 2 : -1);
			assert_int_equal(ask(w->direct.cert, NULL, HOST, &of_root, 1).class, want);
			a = ask(w->leaf.cert, NULL, HOST, &of_ca, 1);
			assert_int_equal(a.class, want);
			assert_int_equal(a.depth, matching == 0 ? 1 : -1);
			assert_int_equal(ask_openssl(w->leaf.cert, ca, &of_root, 1), matching == 0);
			assert_int_equal(ask_openssl(w->direct.cert, NULL, &of_root, 1), matching == 0);
		}
	mem_free(ctx);
}

/* A key of the same name that signed nothing here, and a chain that a record's certificate is beside. */
static void
test_anchor_that_leads_nowhere(void **state)
{
	struct world *w = *state;
	X509 *beside[] = { w->ca.cert, w->root.cert, w->careless.cert, NULL };
	void *ctx = mem_ctx(NULL, "records");
	struct dane_record rs[] = { record(ctx, 2, 1, 0, w->other.cert), record(ctx, 2, 0, 0, w->other.cert),
		record(ctx, 2, 0, 1, w->careless.cert) };
	struct asked a = ask(w->leaf.cert, beside, HOST, rs, 3);

	assert_int_equal(a.class, PKI_DANE_MISMATCH);
	assert_non_null(strstr(a.detail, "does not lead to what a TLSA record names"));
	assert_int_equal(ask_openssl(w->leaf.cert, beside, rs, 3), 0);
	mem_free(ctx);
}

static void
test_careless_private_ca(void **state)
{
	struct world *w = *state;
	X509 *sent[] = { w->careless.cert, NULL };
	void *ctx = mem_ctx(NULL, "records");
	struct dane_record ta = record(ctx, 2, 0, 1, w->careless.cert);

	assert_int_equal(ask(w->careless_leaf.cert, sent, HOST, &ta, 1).class, PKI_OK);
	mem_free(ctx);
}

/* The new key is published beside the old one before the server changes: either is good. */
static void
test_rollover(void **state)
{
	struct world *w = *state;
	X509 *sent[] = { w->ca.cert, NULL };
	void *ctx = mem_ctx(NULL, "records");
	struct dane_record rs[] = { record(ctx, 3, 1, 1, w->other.cert), record(ctx, 3, 1, 1, w->leaf.cert) };
	struct dane_record mixed[] = { record(ctx, 3, 1, 1, w->other.cert),
		record(ctx, 2, 1, 1, w->ca.cert) };
	struct asked a = ask(w->leaf.cert, sent, HOST, rs, 2);

	assert_int_equal(a.class, PKI_OK);
	assert_int_equal(a.record, 1);
	a = ask(w->leaf.cert, sent, HOST, mixed, 2);
	assert_int_equal(a.class, PKI_OK);
	assert_int_equal(a.record, 1);
	assert_int_equal(a.depth, 1);
	mem_free(ctx);
}

/* RFC 7671 9: beside SHA2-512 a SHA2-256 of the same usage and selector says nothing; full data do. */
static void
test_digest_agility(void **state)
{
	struct world *w = *state;
	void *ctx = mem_ctx(NULL, "records");
	struct dane_record strong_is_wrong[] = { record(ctx, 3, 1, 1, w->leaf.cert),
		record(ctx, 3, 1, 2, w->other.cert) };
	struct dane_record other_selector[] = { record(ctx, 3, 0, 1, w->leaf.cert),
		record(ctx, 3, 1, 2, w->other.cert) };
	struct dane_record full[] = { record(ctx, 3, 1, 0, w->leaf.cert),
		record(ctx, 3, 1, 2, w->other.cert) };
	struct dane_record broken[] = { record(ctx, 3, 1, 1, w->leaf.cert),
		record(ctx, 3, 1, 2, w->other.cert) };
	enum dane_use use[2];

	assert_int_equal(dane_select(strong_is_wrong, 2, use), 1);
	assert_int_equal(use[0], DANE_OUTRANKED);
	assert_int_equal(use[1], DANE_COUNTS);
	assert_int_equal(ask(w->leaf.cert, NULL, HOST, strong_is_wrong, 2).class, PKI_DANE_MISMATCH);
	assert_int_equal(ask_openssl(w->leaf.cert, NULL, strong_is_wrong, 2), 0);
	assert_int_equal(ask(w->leaf.cert, NULL, HOST, other_selector, 2).class, PKI_OK);
	assert_int_equal(ask(w->leaf.cert, NULL, HOST, full, 2).class, PKI_OK);
	broken[1].len--; /* what is unusable outranks nothing */
	assert_int_equal(ask(w->leaf.cert, NULL, HOST, broken, 2).class, PKI_OK);
	mem_free(ctx);
}

static void
test_usability(void **state)
{
	struct world *w = *state;
	void *ctx = mem_ctx(NULL, "records");
	struct dane_record good[] = { record(ctx, 3, 0, 0, w->leaf.cert), record(ctx, 3, 1, 0, w->leaf.cert),
		record(ctx, 2, 0, 1, w->leaf.cert), record(ctx, 2, 1, 2, w->leaf.cert) };
	struct dane_record bad[] = { record(ctx, 0, 0, 1, w->leaf.cert), record(ctx, 1, 0, 1, w->leaf.cert),
		record(ctx, 4, 0, 1, w->leaf.cert), record(ctx, 255, 0, 1, w->leaf.cert),
		{ 3, 2, 1, good[2].data, 32 }, { 3, 1, 3, good[2].data, 32 }, { 3, 1, 1, good[2].data, 31 },
		{ 3, 1, 2, good[2].data, 32 }, { 3, 0, 0, good[0].data, good[0].len - 1 },
		{ 3, 1, 0, good[0].data, good[0].len }, { 3, 0, 0, good[1].data, good[1].len },
		{ 3, 1, 1, NULL, 0 }, { 2, 0, 0, good[0].data, 0 } };
	static const enum dane_use why[] = { DANE_BAD_USAGE, DANE_BAD_USAGE, DANE_BAD_USAGE, DANE_BAD_USAGE,
		DANE_BAD_SELECTOR, DANE_BAD_MATCHING, DANE_BAD_DATA, DANE_BAD_DATA, DANE_BAD_DATA,
		DANE_BAD_DATA, DANE_BAD_DATA, DANE_BAD_DATA, DANE_BAD_DATA };
	struct asked a;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(dane_use(&good[i]), DANE_COUNTS);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(dane_use(&bad[i]), why[i]);
		assert_true(dane_use_text(dane_use(&bad[i]))[0] != '\0');
		assert_false(dane_matches(&bad[i], w->leaf.cert));
	}
	assert_int_equal(dane_select(bad, sizeof(bad) / sizeof(bad[0]), NULL), 0);
	a = ask(w->leaf.cert, NULL, HOST, bad, sizeof(bad) / sizeof(bad[0]));
	assert_int_equal(a.class, PKI_DANE_MISMATCH);
	assert_string_equal(a.detail, "no TLSA record is usable");
	mem_free(ctx);
}

/* A self-signed server certificate is no trust anchor of itself (RFC 7671 5.2). */
static void
test_leaf_is_no_anchor(void **state)
{
	struct made self = make_cert(&(struct cert_spec){
		.subject = { "CN=self" }, .serial = "21", .ca = true, .san = "DNS:" HOST });
	void *ctx = mem_ctx(NULL, "records");
	struct dane_record ee = record(ctx, 3, 0, 1, self.cert);

	for (unsigned selector = 0; selector <= 1; selector++)
		for (unsigned matching = 0; matching <= 2; matching++) {
			struct dane_record ta = record(ctx, 2, selector, matching, self.cert);

			assert_int_equal(ask(self.cert, NULL, HOST, &ta, 1).class, PKI_DANE_MISMATCH);
		}
	assert_int_equal(ask(self.cert, NULL, HOST, &ee, 1).class, PKI_OK);
	made_free(&self);
	mem_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_combination),
		cmocka_unit_test(test_names_and_dates),
		cmocka_unit_test(test_further_names),
		cmocka_unit_test(test_anchor_in_the_record),
		cmocka_unit_test(test_anchor_that_leads_nowhere),
		cmocka_unit_test(test_careless_private_ca),
		cmocka_unit_test(test_rollover),
		cmocka_unit_test(test_digest_agility),
		cmocka_unit_test(test_usability),
		cmocka_unit_test(test_leaf_is_no_anchor),
	};

	return cmocka_run_group_tests_name("pki_dane", tests, setup, teardown);
}
