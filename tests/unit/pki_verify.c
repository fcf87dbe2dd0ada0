/* Every class of verdict on chains made for it, and the ways that lead to a good one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "certs.h"
#include "core/mem.h"
#include "pki/strict.h"
#include "pki/verify.h"

#define DAY 86400

struct world {
	struct made root, ca, leaf, other;
	struct trust *trust;
};

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	w->root = make_cert(
		&(struct cert_spec){ .subject = { "O=Test", "CN=Root" }, .serial = "01", .ca = true });
	w->ca = make_cert(&(struct cert_spec){
		.subject = { "O=Test", "CN=CA" }, .serial = "02", .ca = true, .issuer = &w->root });
	w->leaf = make_cert(&(struct cert_spec){
		.subject = { "CN=mail" }, .serial = "03", .issuer = &w->ca, .san = "DNS:mail.example.com" });
	w->other = make_cert(&(struct cert_spec){ .subject = { "CN=Other" }, .serial = "04", .ca = true });
	w->trust = trust_new(w);
	trust_add(w->trust, "ROOT", w->root.cert, NULL);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	made_free(&w->root);
	made_free(&w->ca);
	made_free(&w->leaf);
	made_free(&w->other);
	mem_free(w);
	return 0;
}

/* The verdict on `peer` with up to three certificates sent along. */
static struct pki_result
verdict(const struct trust *trust, const struct made *peer, const struct made *const *sent, const char *host)
{
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	struct pki_request ask = { .trust = trust,
		.peer = peer->cert,
		.untrusted = untrusted,
		.name = { .kind = host != NULL ? PKI_NAME_DNS : PKI_NAME_NONE, .value = host },
		.depth = -1 };
	struct pki_result r;

	for (; *sent != NULL; sent++)
		sk_X509_push(untrusted, (*sent)->cert);
	pki_verify(&ask, &r);
	sk_X509_free(untrusted);
	return r;
}

#define SENT(...) ((const struct made *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

static void
assert_verdict(struct pki_result r, enum pki_class class, int depth, const char *anchor)
{
	if (r.class != class || r.depth != depth || strcmp(r.anchor, anchor) != 0)
		fail_msg("%s at %d, anchor \"%s\": %s", pki_class_name(r.class), r.depth, r.anchor, r.detail);
	pki_result_clear(&r);
}

/* A leaf below the world's CA that differs from a good one as `spec` says. */
static void
assert_leaf(struct world *w, struct cert_spec spec, enum pki_class class)
{
	struct made leaf;

	spec.subject[0] = "CN=mail";
	if (spec.issuer == NULL)
		spec.issuer = &w->ca;
	if (spec.san == NULL)
		spec.san = "DNS:mail.example.com";
	leaf = make_cert(&spec);
	assert_verdict(verdict(w->trust, &leaf, SENT(&w->ca), "mail.example.com"), class,
		class == PKI_OK ? 2 : 0, "ROOT");
	made_free(&leaf);
}

static void
test_good_in_any_order(void **state)
{
	struct world *w = *state;

	assert_verdict(verdict(w->trust, &w->leaf, SENT(&w->ca), "mail.example.com"), PKI_OK, 2, "ROOT");
	assert_verdict(
		verdict(w->trust, &w->leaf, SENT(&w->root, &w->other, &w->ca), NULL), PKI_OK, 2, "ROOT");
	assert_verdict(verdict(w->trust, &w->leaf, SENT(&w->leaf, &w->ca), NULL), PKI_OK, 2, "ROOT");
}

static void
test_dates(void **state)
{
	struct world *w = *state;

	assert_leaf(w, (struct cert_spec){ .from = -9 * DAY, .until = -DAY }, PKI_EXPIRED);
	assert_leaf(w, (struct cert_spec){ .from = DAY, .until = 9 * DAY }, PKI_NOT_YET_VALID);
}

/* RFC 5280 4.1.2.5: from notBefore through notAfter, inclusive. */
static void
test_validity_is_inclusive(void **state)
{
	struct world *w = *state;
	/* It ends before those above it, which were made at another second. */
	struct made leaf = make_cert(&(struct cert_spec){
		.subject = { "CN=mail" }, .issuer = &w->ca, .from = -DAY, .until = 3600 });
	STACK_OF(X509) *sent = sk_X509_new_null();
	struct pki_request ask = { .trust = w->trust, .peer = leaf.cert, .untrusted = sent, .depth = -1 };
	struct pki_result r;
	struct tm tm;
	time_t end;

	sk_X509_push(sent, w->ca.cert);
	ASN1_TIME_to_tm(X509_get0_notAfter(leaf.cert), &tm);
	end = timegm(&tm);
	ask.at = end;
	assert_true(pki_verify(&ask, &r));
	pki_result_clear(&r);
	ask.at = end + 1;
	assert_false(pki_verify(&ask, &r));
	assert_int_equal(r.class, PKI_EXPIRED);
	pki_result_clear(&r);
	sk_X509_free(sent);
	made_free(&leaf);
}

static void
test_expired_anywhere(void **state)
{
	struct world *w = *state;
	struct made ca = make_cert(&(struct cert_spec){ .subject = { "O=Test", "CN=Old CA" },
		.ca = true,
		.issuer = &w->root,
		.from = -9 * DAY,
		.until = -DAY });
	struct made leaf = make_cert(&(struct cert_spec){
		.subject = { "CN=mail" }, .issuer = &ca, .san = "DNS:mail.example.com" });

	assert_verdict(verdict(w->trust, &leaf, SENT(&ca), "mail.example.com"), PKI_EXPIRED, 1, "ROOT");
	made_free(&leaf);
	made_free(&ca);
}

static void
test_names_and_purpose(void **state)
{
	struct world *w = *state;

	assert_leaf(w, (struct cert_spec){ .san = "DNS:mail.example.org" }, PKI_NAME_MISMATCH);
	assert_leaf(w, (struct cert_spec){ .ext_usage = "clientAuth" }, PKI_PURPOSE);
	assert_leaf(w, (struct cert_spec){ .ext_usage = "msSGC" }, PKI_PURPOSE);
	assert_leaf(w, (struct cert_spec){ .ext_usage = "" }, PKI_OK);
	assert_leaf(w, (struct cert_spec){ .key_usage = "critical,keyAgreement,dataEncipherment" }, PKI_OK);
	assert_leaf(w, (struct cert_spec){ .key_usage = "critical,cRLSign" }, PKI_PURPOSE);
}

static void
test_weak(void **state)
{
	struct world *w = *state;
	EVP_PKEY *small = EVP_RSA_gen(1024);

	assert_leaf(w, (struct cert_spec){ .key = small }, PKI_WEAK);
	assert_leaf(w, (struct cert_spec){ .md = EVP_sha1() }, PKI_WEAK);
	EVP_PKEY_free(small);
}

static void
test_untrusted(void **state)
{
	struct world *w = *state;
	struct trust *none = trust_new(NULL);
	struct made alone =
		make_cert(&(struct cert_spec){ .subject = { "CN=mail" }, .san = "DNS:mail.example.com" });
	struct made forged = make_cert(
		&(struct cert_spec){ .subject = { "O=Test", "CN=CA" }, .ca = true, .issuer = &w->other });
	struct pki_result r;

	r = verdict(none, &w->leaf, SENT(&w->ca), "mail.example.com");
	assert_string_equal(r.detail, "no trustpoint configured; unable to get local issuer certificate, "
				      "issuer \"cn=Root,o=Test\"");
	assert_non_null(strstr(r.hint, "crypto pki authenticate"));
	assert_verdict(r, PKI_UNTRUSTED, 1, "");
	r = verdict(w->trust, &w->leaf, SENT(), "mail.example.com");
	assert_string_equal(r.detail, "unable to get local issuer certificate, issuer \"cn=CA,o=Test\"");
	assert_verdict(r, PKI_UNTRUSTED, 0, "");
	r = verdict(w->trust, &alone, SENT(), "mail.example.com");
	assert_string_equal(r.detail, "self-signed certificate \"cn=mail\" is no trustpoint");
	assert_verdict(r, PKI_UNTRUSTED, 0, "");
	r = verdict(w->trust, &w->leaf, SENT(&forged), "mail.example.com");
	assert_verdict(r, PKI_UNTRUSTED, 0, "");
	made_free(&forged);
	made_free(&alone);
	mem_free(none);
}

static void
test_everything_wrong_is_listed(void **state)
{
	struct world *w = *state;
	struct made leaf = make_cert(&(struct cert_spec){ .subject = { "CN=mail" },
		.issuer = &w->ca,
		.san = "DNS:mail.example.org",
		.ext_usage = "clientAuth",
		.from = -9 * DAY,
		.until = -DAY });
	struct pki_result r = verdict(w->trust, &leaf, SENT(), "mail.example.com");

	assert_int_equal(r.finding_count, 4);
	assert_int_equal(r.findings[0].class, PKI_UNTRUSTED);
	assert_int_equal(r.findings[1].class, PKI_EXPIRED);
	assert_int_equal(r.findings[2].class, PKI_PURPOSE);
	assert_int_equal(r.findings[3].class, PKI_NAME_MISMATCH);
	assert_verdict(r, PKI_UNTRUSTED, 0, "");
	made_free(&leaf);
}

/* seed 000: CA-GTS-1C3 is an intermediate, CA-gmail-SMTP the server's own certificate. */
static void
test_any_of_the_chain_is_an_anchor(void **state)
{
	struct world *w = *state;
	struct trust *by_ca = trust_new(NULL), *by_leaf = trust_new(NULL);
	struct made sibling = make_cert(&(struct cert_spec){
		.subject = { "CN=mail" }, .issuer = &w->ca, .san = "DNS:mail.example.com" });

	trust_add(by_ca, "CA", w->ca.cert, NULL);
	trust_add(by_leaf, "LEAF", w->leaf.cert, NULL);
	assert_verdict(verdict(by_ca, &w->leaf, SENT(), "mail.example.com"), PKI_OK, 1, "CA");
	assert_verdict(verdict(by_leaf, &w->leaf, SENT(), "mail.example.com"), PKI_OK, 0, "LEAF");
	assert_verdict(verdict(by_leaf, &w->leaf, SENT(), "mail.example.org"), PKI_NAME_MISMATCH, 0, "LEAF");
	assert_verdict(verdict(by_leaf, &sibling, SENT(&w->ca), "mail.example.com"), PKI_UNTRUSTED, 1, "");
	made_free(&sibling);
	mem_free(by_leaf);
	mem_free(by_ca);
}

static void
test_cross_signed(void **state)
{
	struct world *w = *state;
	struct made cross = make_cert(&(struct cert_spec){
		.subject = { "O=Test", "CN=Root" }, .key = w->root.key, .issuer = &w->other, .ca = true });
	struct made expired = make_cert(&(struct cert_spec){ .subject = { "O=Test", "CN=Root" },
		.key = w->root.key,
		.issuer = &w->other,
		.ca = true,
		.from = -9 * DAY,
		.until = -DAY });
	struct trust *old = trust_new(NULL), *both = trust_new(NULL);

	trust_add(old, "OTHER", w->other.cert, NULL);
	trust_add(both, "OTHER", w->other.cert, NULL);
	trust_add(both, "ROOT", w->root.cert, NULL);
	assert_verdict(verdict(old, &w->leaf, SENT(&w->ca, &cross), NULL), PKI_OK, 3, "OTHER");
	assert_verdict(verdict(both, &w->leaf, SENT(&w->ca, &expired), NULL), PKI_OK, 2, "ROOT");
	assert_verdict(verdict(old, &w->leaf, SENT(&w->ca, &expired, &cross), NULL), PKI_OK, 3, "OTHER");
	made_free(&expired);
	made_free(&cross);
	mem_free(both);
	mem_free(old);
}

static void
test_chain_validation_continue(void **state)
{
	struct world *w = *state;
	struct trust *alone = trust_new(NULL), *below = trust_new(NULL), *astray = trust_new(NULL);
	struct trustpoint_policy go_on = { .chain_continue = true };
	struct trustpoint_policy to_root = { .chain_continue = true, .parent = "ROOT" };
	struct trustpoint_policy to_other = { .chain_continue = true, .parent = "OTHER" };

	trust_add(alone, "CA", w->ca.cert, &go_on);
	trust_add(below, "CA", w->ca.cert, &to_root);
	trust_add(below, "ROOT", w->root.cert, NULL);
	trust_add(astray, "CA", w->ca.cert, &to_other);
	trust_add(astray, "ROOT", w->root.cert, NULL);
	trust_add(astray, "OTHER", w->other.cert, NULL);
	assert_verdict(verdict(alone, &w->leaf, SENT(), NULL), PKI_UNTRUSTED, 1, "");
	assert_verdict(verdict(below, &w->leaf, SENT(), NULL), PKI_OK, 2, "ROOT");
	assert_verdict(verdict(astray, &w->leaf, SENT(), NULL), PKI_UNTRUSTED, 2, "");
	mem_free(astray);
	mem_free(below);
	mem_free(alone);
}

static void
test_constraints_of_cas(void **state)
{
	static const struct {
		const char *basic, *key_usage, *name, *value;
		enum pki_class class;
	} rows[] = {
		{ "critical,CA:TRUE", NULL, NULL, NULL, PKI_OK },
		{ "critical,CA:FALSE", "critical,digitalSignature", NULL, NULL, PKI_UNTRUSTED },
		{ "", NULL, NULL, NULL, PKI_UNTRUSTED },
		{ "CA:TRUE", NULL, NULL, NULL, PKI_UNTRUSTED },
		{ "critical,CA:TRUE", "", NULL, NULL, PKI_UNTRUSTED },
		{ "critical,CA:TRUE", "critical,cRLSign", NULL, NULL, PKI_UNTRUSTED },
		{ NULL, NULL, "nameConstraints", "critical,permitted;DNS:example.com", PKI_OK },
		{ NULL, NULL, "nameConstraints", "critical,permitted;DNS:example.org", PKI_UNTRUSTED },
		{ NULL, NULL, "nameConstraints", "critical,excluded;DNS:mail.example.com", PKI_UNTRUSTED },
		{ NULL, NULL, "nameConstraints", "critical,permitted;DNS:.example.com", PKI_UNTRUSTED },
		{ NULL, NULL, "1.2.3.4", "critical,DER:0500", PKI_UNTRUSTED },
		{ NULL, NULL, "1.2.3.4", "DER:0500", PKI_OK },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made ca = make_cert(&(struct cert_spec){ .subject = { "CN=Sub" },
			.ca = true,
			.issuer = &w->root,
			.basic = rows[i].basic,
			.key_usage = rows[i].key_usage,
			.more = { { rows[i].name, rows[i].value } } });
		struct made leaf = make_cert(&(struct cert_spec){
			.subject = { "CN=mail" }, .issuer = &ca, .san = "DNS:mail.example.com" });
		struct pki_result r = verdict(w->trust, &leaf, SENT(&ca), "mail.example.com");

		if (r.class != rows[i].class)
			fail_msg("row %zu: %s %s", i, pki_class_name(r.class), r.detail);
		pki_result_clear(&r);
		made_free(&leaf);
		made_free(&ca);
	}
}

/* rulings 35: what `crypto pki authenticate` warns of is what validation refuses. */
static void
test_authenticate_warns(void **state)
{
	struct world *w = *state;
	struct made home = make_cert(&(struct cert_spec){
		.subject = { "CN=Home" }, .ca = true, .basic = "CA:TRUE", .key_usage = "" });
	struct err err = ERR_INIT;

	assert_true(strict_authenticate(w->root.cert, &err));
	assert_true(strict_authenticate(w->leaf.cert, &err));
	assert_false(strict_authenticate(home.cert, &err));
	assert_string_equal(err.text, "basicConstraints of a CA must be critical");
	made_free(&home);
}

static void
test_limits(void **state)
{
	struct world *w = *state;
	struct made chain[PKI_MAX_DEPTH + 3];
	STACK_OF(X509) *sent = sk_X509_new_null();
	struct pki_request ask = { .trust = w->trust, .untrusted = sent, .depth = -1 };
	struct pki_result r;
	size_t n = 0;

	for (const struct made *issuer = &w->root; n < PKI_MAX_DEPTH + 2; issuer = &chain[n++]) {
		char cn[32];

		snprintf(cn, sizeof(cn), "CN=CA %zu", n);
		chain[n] = make_cert(&(struct cert_spec){ .subject = { cn }, .ca = true, .issuer = issuer });
		sk_X509_push(sent, chain[n].cert);
	}
	chain[n] = make_cert(
		&(struct cert_spec){ .subject = { "CN=mail" }, .issuer = &chain[PKI_MAX_DEPTH - 1] });
	ask.peer = chain[n].cert;
	assert_true(pki_verify(&ask, &r));
	pki_result_clear(&r);
	ask.depth = PKI_MAX_DEPTH - 1;
	assert_false(pki_verify(&ask, &r));
	assert_string_equal(r.detail, "the path has more intermediates than allowed");
	pki_result_clear(&r);
	X509_free(chain[n].cert);
	EVP_PKEY_free(chain[n].key);
	chain[n] =
		make_cert(&(struct cert_spec){ .subject = { "CN=mail" }, .issuer = &chain[PKI_MAX_DEPTH] });
	ask.peer = chain[n].cert;
	ask.depth = -1;
	assert_false(pki_verify(&ask, &r));
	pki_result_clear(&r);
	while (sk_X509_num(sent) <= PKI_MAX_CERTS)
		sk_X509_push(sent, w->other.cert);
	assert_false(pki_verify(&ask, &r));
	assert_string_equal(r.detail, "too many certificates");
	pki_result_clear(&r);
	for (size_t i = 0; i <= n; i++)
		made_free(&chain[i]);
	sk_X509_free(sent);
}

/* Hundreds of installed certificates are no more work than those whose names lead on. */
static void
test_large_trustpool(void **state)
{
	struct world *w = *state;
	struct trust *trust = trust_new(NULL);
	EVP_PKEY *key = key_new_ec();
	struct pki_request ask = { .trust = trust, .depth = -1 };
	struct made leaf = make_cert(&(struct cert_spec){ .subject = { "CN=mail" }, .issuer = &w->root });
	struct pki_result r;

	for (int i = 0; i < 900; i++) {
		char cn[32];
		struct made stranger;

		snprintf(cn, sizeof(cn), "CN=Stranger %d", i);
		stranger = make_cert(&(struct cert_spec){ .subject = { cn }, .key = key, .ca = true });
		trust_add(trust, "Trustpool", stranger.cert, NULL);
		made_free(&stranger);
	}
	ask.peer = leaf.cert;
	assert_false(pki_verify(&ask, &r));
	assert_int_equal(r.class, PKI_UNTRUSTED);
	assert_non_null(strstr(r.detail, "unable to get local issuer certificate"));
	pki_result_clear(&r);
	trust_add(trust, "ROOT", w->root.cert, NULL);
	assert_true(pki_verify(&ask, &r));
	assert_string_equal(r.anchor, "ROOT");
	pki_result_clear(&r);
	made_free(&leaf);
	EVP_PKEY_free(key);
	mem_free(trust);
}

static void
test_snapshot_through_json(void **state)
{
	struct world *w = *state;
	struct trust *trust = trust_new(NULL), *copy;
	struct trustpoint_policy policy = { .revocation = { REVOCATION_OCSP, REVOCATION_CRL,
						    REVOCATION_NONE },
		.revocation_count = 3,
		.chain_continue = true,
		.parent = "ROOT",
		.ocsp_url = "http://ocsp.example.com/" };
	struct err err = ERR_INIT;
	json_t *json, *again;

	trust_add(trust, "CA", w->ca.cert, &policy);
	trust_add(trust, "ROOT", w->root.cert, NULL);
	json = trust_to_json(trust);
	copy = trust_from_json(NULL, json, &err);
	assert_non_null(copy);
	assert_int_equal(copy->count, 2);
	assert_int_equal(X509_cmp(copy->points[0].cert, w->ca.cert), 0);
	again = trust_to_json(copy);
	assert_true(json_equal(json, again));
	json_decref(again);
	mem_free(copy);
	json_object_set_new(json_array_get(json, 0), "certificate", json_string("AAAA"));
	assert_null(trust_from_json(NULL, json, &err));
	assert_string_equal(err.text, "trustpoint CA: not a certificate: the bytes do not decode as ASN.1");
	json_decref(json);
	mem_free(trust);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_in_any_order),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_validity_is_inclusive),
		cmocka_unit_test(test_expired_anywhere),
		cmocka_unit_test(test_names_and_purpose),
		cmocka_unit_test(test_weak),
		cmocka_unit_test(test_untrusted),
		cmocka_unit_test(test_everything_wrong_is_listed),
		cmocka_unit_test(test_any_of_the_chain_is_an_anchor),
		cmocka_unit_test(test_cross_signed),
		cmocka_unit_test(test_chain_validation_continue),
		cmocka_unit_test(test_constraints_of_cas),
		cmocka_unit_test(test_authenticate_warns),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_large_trustpool),
		cmocka_unit_test(test_snapshot_through_json),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
