/* CRLs and OCSP responses, made here and handed over by the fetch callback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "certs.h"
#include "core/mem.h"
#include "pki/revocation.h"
#include "pki/revocation_cache.h"
#include "pki/verify.h"

#define DAY     86400
#define CRL_URL "http://crl.example.com/ca.crl"

struct world {
	struct made root, ca, leaf, leaf_ocsp, staple_leaf, responder, other;
	struct trust *trust;
	struct trustpoint_policy policy;
};

static struct trustpoint_policy
policy_of(size_t n, enum revocation_method a, enum revocation_method b)
{
	return (struct trustpoint_policy){ .revocation = { a, b }, .revocation_count = n };
}

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	w->root = make_cert(&(struct cert_spec){ .subject = { "CN=Root" }, .serial = "01", .ca = true });
	w->ca = make_cert(&(struct cert_spec){ .subject = { "CN=CA" },
		.serial = "02",
		.ca = true,
		.issuer = &w->root,
		.more = { { "crlDistributionPoints", "URI:http://crl.example.com/root.crl" } } });
	w->leaf = make_cert(&(struct cert_spec){ .subject = { "CN=leaf" },
		.serial = "03",
		.issuer = &w->ca,
		.more = { { "crlDistributionPoints", "URI:" CRL_URL } } });
	w->leaf_ocsp = make_cert(&(struct cert_spec){ .subject = { "CN=leaf 2" },
		.serial = "04",
		.issuer = &w->ca,
		.more = { { "authorityInfoAccess", "OCSP;URI:http://ocsp.example.com/" } } });
	w->staple_leaf = make_cert(&(struct cert_spec){ .subject = { "CN=leaf 3" },
		.serial = "05",
		.issuer = &w->ca,
		.more = { { "tlsfeature", "status_request" } } });
	w->responder = make_cert(&(struct cert_spec){
		.subject = { "CN=OCSP" }, .serial = "06", .issuer = &w->ca, .ext_usage = "OCSPSigning" });
	w->other = make_cert(&(struct cert_spec){ .subject = { "CN=CA" }, .serial = "07", .ca = true });
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	struct made *all[] = { &w->root, &w->ca, &w->leaf, &w->leaf_ocsp, &w->staple_leaf, &w->responder,
		&w->other };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		made_free(all[i]);
	mem_free(w);
	return 0;
}

/* ---- CRLs ---- */

struct crl_spec {
	const struct made *issuer, *signer; /* signer NULL: the issuer */
	const X509 *revoked;
	int reason;       /* CRLReason, -1 = none */
	long from, until; /* 0, 0: a day ago until in a day */
	bool no_number;
	const char *more[2];
};

static X509_CRL *
make_crl(const struct crl_spec *s)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509V3_CTX ctx;
	bool usual = s->from == 0 && s->until == 0;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(s->issuer->cert));
	X509_gmtime_adj(t, usual ? -DAY : s->from);
	X509_CRL_set1_lastUpdate(crl, t);
	X509_gmtime_adj(t, usual ? DAY : s->until);
	X509_CRL_set1_nextUpdate(crl, t);
	ASN1_INTEGER_set(number, 7);
	if (!s->no_number)
		X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
	X509V3_set_ctx(&ctx, s->issuer->cert, NULL, NULL, crl, 0);
	if (s->more[0] != NULL) {
		X509_EXTENSION *ext = X509V3_EXT_conf(NULL, &ctx, s->more[0], s->more[1]);

		if (ext == NULL)
			fail_msg("%s=%s", s->more[0], s->more[1]);
		X509_CRL_add_ext(crl, ext, -1);
		X509_EXTENSION_free(ext);
	}
	if (s->revoked != NULL) {
		X509_REVOKED *entry = X509_REVOKED_new();
		ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

		X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)X509_get0_serialNumber(s->revoked));
		ASN1_TIME_set_string(t, "20240102030405Z");
		X509_REVOKED_set_revocationDate(entry, t);
		ASN1_ENUMERATED_set(reason, s->reason);
		if (s->reason >= 0)
			X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0);
		ASN1_ENUMERATED_free(reason);
		X509_CRL_add0_revoked(crl, entry);
	}
	X509_CRL_sign(crl, s->signer != NULL ? s->signer->key : s->issuer->key, EVP_sha256());
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(t);
	return crl;
}

static enum revocation_status
ask_crl(const struct world *w, const struct crl_spec *spec, struct err *err)
{
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
	struct revocation_ask ask = {
		.cert = w->leaf.cert, .issuer = w->ca.cert, .at = time(NULL), .crls = crls
	};
	enum revocation_status status;

	sk_X509_CRL_push(crls, make_crl(spec));
	status = crl_status(&ask, err);
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	return status;
}

static void
test_crl_decides(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;

	assert_int_equal(ask_crl(w, &(struct crl_spec){ .issuer = &w->ca }, &err), REVOCATION_GOOD);
	assert_int_equal(
		ask_crl(w, &(struct crl_spec){ .issuer = &w->ca, .revoked = w->leaf_ocsp.cert }, &err),
		REVOCATION_GOOD);
	assert_int_equal(
		ask_crl(w, &(struct crl_spec){ .issuer = &w->ca, .revoked = w->leaf.cert, .reason = 1 },
			&err),
		REVOCATION_REVOKED);
	assert_string_equal(err.text, "revoked at 03:04:05 UTC Jan 2 2024 (key compromise)");
	assert_int_equal(
		ask_crl(w, &(struct crl_spec){ .issuer = &w->ca, .revoked = w->leaf.cert, .reason = -1 },
			&err),
		REVOCATION_REVOKED);
	assert_string_equal(err.text, "revoked at 03:04:05 UTC Jan 2 2024 (unspecified)");
}

static void
test_crl_that_cannot_decide(void **state)
{
	struct world *w = *state;
	const struct {
		struct crl_spec spec;
		const char *why;
	} rows[] = {
		{ { .issuer = &w->ca, .from = -9 * DAY, .until = -DAY }, "the CRL has expired" },
		{ { .issuer = &w->ca, .from = DAY, .until = 9 * DAY }, "the CRL is not valid yet" },
		{ { .issuer = &w->ca, .signer = &w->other }, "the signature of the CRL is wrong" },
		{ { .issuer = &w->root }, "no CRL of its issuer is at hand" },
		{ { .issuer = &w->ca, .no_number = true }, "the CRL has no number" },
		{ { .issuer = &w->ca, .more = { "issuingDistributionPoint", "critical,onlyCA:TRUE" } },
			"the CRL does not cover this kind of certificate" },
		{ { .issuer = &w->ca, .more = { "issuingDistributionPoint", "critical,indirectCRL:TRUE" } },
			"the CRL does not cover this kind of certificate" },
		{ { .issuer = &w->ca, .more = { "deltaCRL", "critical,DER:020101" } },
			"critical extension deltaCRL" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;

		if (ask_crl(w, &rows[i].spec, &err) != REVOCATION_UNKNOWN ||
			strstr(err.text, rows[i].why) == NULL)
			fail_msg("row %zu: %s", i, err.text);
	}
}

/* ---- fetching ---- */

struct shelf {
	unsigned char *data;
	size_t len;
	int asked;
	char url[200];
	/* for OCSP: how to answer */
	const struct world *world;
	const struct made *signer;
	int status;
	long from, until; /* 0, 0: an hour ago until in an hour */
	bool other_nonce, other_cert;
};

static bool
take_from_shelf(void *arg, const void *ctx, const struct pki_fetch_ask *ask, unsigned char **data,
	size_t *len, struct err *err)
{
	struct shelf *shelf = arg;

	shelf->asked++;
	snprintf(shelf->url, sizeof(shelf->url), "%s", ask->url);
	if (shelf->data == NULL)
		return err_set(err, ERR_IO, "Connection refused");
	*data = mem_dup(ctx, shelf->data, shelf->len);
	*len = shelf->len;
	return true;
}

static void
test_crl_is_fetched_and_cached(void **state)
{
	struct world *w = *state;
	void *ctx = mem_ctx(NULL, "test");
	X509_CRL *crl = make_crl(&(struct crl_spec){ .issuer = &w->ca, .from = -DAY, .until = 3600 });
	struct shelf shelf = { 0 };
	struct pki_fetch fetch = { take_from_shelf, &shelf, revocation_cache_new(ctx) };
	struct revocation_ask ask = {
		.cert = w->leaf.cert, .issuer = w->ca.cert, .at = time(NULL), .fetch = &fetch
	};
	struct err err = ERR_INIT;

	assert_int_equal(crl_status(&ask, &err), REVOCATION_UNKNOWN);
	assert_string_equal(err.text, CRL_URL ": Connection refused");
	shelf.len = (size_t)i2d_X509_CRL(crl, &shelf.data);
	assert_int_equal(crl_status(&ask, &err), REVOCATION_GOOD);
	assert_string_equal(shelf.url, CRL_URL);
	assert_int_equal(crl_status(&ask, &err), REVOCATION_GOOD);
	assert_int_equal(shelf.asked, 2);
	ask.at += 3600; /* behind nextUpdate: asked again, though the skew still lets it pass */
	assert_int_equal(crl_status(&ask, &err), REVOCATION_GOOD);
	assert_int_equal(shelf.asked, 3);
	ask.cert = w->leaf_ocsp.cert;
	assert_int_equal(crl_status(&ask, &err), REVOCATION_UNKNOWN);
	assert_string_equal(err.text, "the certificate does not say where its CRL is");
	assert_non_null(strstr(err.hint, "revocation-check none"));
	OPENSSL_free(shelf.data);
	X509_CRL_free(crl);
	mem_free(ctx);
}

static void
test_cache_forgets_after_a_day(void **state)
{
	struct world *w = *state;
	struct revocation_cache *cache = revocation_cache_new(NULL);
	X509_CRL *crl = make_crl(&(struct crl_spec){ .issuer = &w->ca, .from = -DAY, .until = 30 * DAY });
	time_t now = time(NULL);

	revocation_cache_add_crl(cache, CRL_URL, crl, now);
	assert_ptr_equal(revocation_cache_crl(cache, CRL_URL, now + DAY - 1), crl);
	assert_null(revocation_cache_crl(cache, CRL_URL, now + DAY));
	assert_null(revocation_cache_crl(cache, "http://crl.example.com/b.crl", now));
	X509_CRL_free(crl);
	mem_free(cache);
}

static void
assert_same_der(X509_CRL *a, X509_CRL *b)
{
	unsigned char *left = NULL, *right = NULL;
	int n = i2d_X509_CRL(a, &left);

	assert_int_equal(n, i2d_X509_CRL(b, &right));
	assert_memory_equal(left, right, (size_t)n);
	OPENSSL_free(left);
	OPENSSL_free(right);
}

/* What one process has fetched is the other's, and is told on once. */
static void
test_cache_tells_and_takes(void **state)
{
	struct world *w = *state;
	struct revocation_cache *one = revocation_cache_new(NULL), *other = revocation_cache_new(NULL);
	X509_CRL *crl = make_crl(&(struct crl_spec){ .issuer = &w->ca, .until = 30 * DAY });
	time_t now = time(NULL);
	size_t n = 0;
	json_t *news, *forget;

	assert_null(revocation_cache_news(one));
	revocation_cache_add_crl(one, CRL_URL, crl, now);
	revocation_cache_add_ocsp(one, "3041", "http://ocsp.example.com/", "response", 8, now + 100, now);
	revocation_cache_count(one, REVOCATION_FETCHED);
	news = revocation_cache_news(one);
	assert_int_equal(json_array_size(json_object_get(news, "entries")), 2);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(news, "counters"), "fetches")), 1);
	assert_null(revocation_cache_news(one));

	revocation_cache_take(other, news);
	assert_same_der(revocation_cache_crl(other, CRL_URL, now), crl);
	assert_memory_equal(revocation_cache_ocsp(other, "3041", now + 99, &n), "response", 8);
	assert_int_equal(n, 8);
	assert_null(revocation_cache_ocsp(other, "3041", now + 100, &n));
	assert_null(revocation_cache_news(other));

	forget = json_pack("{s:b}", "forget", 1);
	revocation_cache_take(other, forget);
	assert_null(revocation_cache_crl(other, CRL_URL, now));
	for (int i = 0; i < 3 * REVOCATION_KEEP_MAX; i++) {
		char url[64];

		snprintf(url, sizeof(url), "http://crl.example.com/%d.crl", i);
		revocation_cache_add_crl(other, url, crl, now);
	}
	assert_null(revocation_cache_crl(other, "http://crl.example.com/0.crl", now));
	assert_non_null(revocation_cache_crl(other, "http://crl.example.com/191.crl", now));
	json_decref(forget);
	json_decref(news);
	X509_CRL_free(crl);
	mem_free(one);
	mem_free(other);
}

/* ---- OCSP ---- */

static unsigned char *
make_response(const struct shelf *shelf, X509 *cert, OCSP_REQUEST *request, size_t *len)
{
	const struct world *w = shelf->world;

	return make_ocsp(&(struct ocsp_spec){ .cert = shelf->other_cert ? w->leaf.cert : cert,
				 .issuer = w->ca.cert,
				 .signer = shelf->signer,
				 .status = shelf->status,
				 .from = shelf->from,
				 .until = shelf->until,
				 .request = request,
				 .other_nonce = shelf->other_nonce },
		len);
}

static bool
answer(void *arg, const void *ctx, const struct pki_fetch_ask *ask, unsigned char **data, size_t *len,
	struct err *err)
{
	struct shelf *shelf = arg;
	const unsigned char *p = ask->body;
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &p, (long)ask->body_len);
	unsigned char *response;

	assert_non_null(request);
	assert_string_equal(ask->content_type, "application/ocsp-request");
	shelf->asked++;
	snprintf(shelf->url, sizeof(shelf->url), "%s", ask->url);
	response = make_response(shelf, shelf->world->leaf_ocsp.cert, request, len);
	*data = mem_dup(ctx, response, *len);
	OPENSSL_free(response);
	OCSP_REQUEST_free(request);
	return true;
}

static void
test_ocsp(void **state)
{
	struct world *w = *state;
	const struct {
		struct shelf shelf;
		enum revocation_status status;
		const char *why;
	} rows[] = {
		{ { .signer = &w->ca, .status = V_OCSP_CERTSTATUS_GOOD }, REVOCATION_GOOD, "" },
		{ { .signer = &w->responder, .status = V_OCSP_CERTSTATUS_GOOD }, REVOCATION_GOOD, "" },
		{ { .signer = &w->ca, .status = V_OCSP_CERTSTATUS_REVOKED }, REVOCATION_REVOKED,
			"revoked at 03:04:05 UTC Jan 2 2024 (superseded)" },
		{ { .signer = &w->ca, .status = V_OCSP_CERTSTATUS_UNKNOWN }, REVOCATION_UNKNOWN,
			"does not know the certificate" },
		{ { .signer = &w->leaf }, REVOCATION_UNKNOWN, "not signed by the issuer" },
		{ { .signer = &w->other }, REVOCATION_UNKNOWN, "not signed by the issuer" },
		{ { .signer = &w->root }, REVOCATION_UNKNOWN, "not signed by the issuer" },
		{ { .signer = &w->ca, .from = -9 * DAY, .until = -DAY }, REVOCATION_UNKNOWN, "has expired" },
		{ { .signer = &w->ca, .from = DAY, .until = 2 * DAY }, REVOCATION_UNKNOWN, "not valid yet" },
		{ { .signer = &w->ca, .from = -3600, .until = -200 }, REVOCATION_GOOD, "" },
		{ { .signer = &w->ca, .other_nonce = true }, REVOCATION_UNKNOWN, "nonce" },
		{ { .signer = &w->ca, .other_cert = true }, REVOCATION_UNKNOWN, "about another certificate" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct shelf shelf = rows[i].shelf;
		struct pki_fetch fetch = { answer, &shelf, NULL };
		struct revocation_ask ask = {
			.cert = w->leaf_ocsp.cert, .issuer = w->ca.cert, .at = time(NULL), .fetch = &fetch
		};
		struct err err = ERR_INIT;

		shelf.world = w;
		if (ocsp_status(&ask, &err) != rows[i].status ||
			(rows[i].why[0] != '\0' && strstr(err.text, rows[i].why) == NULL))
			fail_msg("row %zu: %s", i, err.text);
		assert_string_equal(shelf.url, "http://ocsp.example.com/");
	}
}

/* ---- the whole, through validation ---- */

static struct pki_result
validate(struct world *w, const struct made *leaf, const struct trustpoint_policy *policy,
	const struct pki_fetch *fetch, const unsigned char *staple, size_t len)
{
	struct trust *trust = trust_new(NULL);
	struct pki_request ask = { .trust = trust,
		.peer = leaf->cert,
		.depth = -1,
		.revocation = PKI_REVOCATION_BY_POLICY,
		.fetch = fetch,
		.staple = staple,
		.staple_len = len };
	struct pki_result r;

	trust_add(trust, "CA", w->ca.cert, policy);
	pki_verify(&ask, &r);
	pki_result_clear(&r);
	mem_free(trust);
	return r;
}

static void
test_methods_in_order(void **state)
{
	struct world *w = *state;
	struct shelf none = { 0 }, good = { .world = w, .signer = &w->ca, .status = V_OCSP_CERTSTATUS_GOOD };
	struct pki_fetch nothing = { take_from_shelf, &none, NULL }, responder = { answer, &good, NULL };
	struct trustpoint_policy crl = policy_of(1, REVOCATION_CRL, REVOCATION_NONE);
	struct trustpoint_policy crl_none = policy_of(2, REVOCATION_CRL, REVOCATION_NONE);
	struct trustpoint_policy crl_ocsp = policy_of(2, REVOCATION_CRL, REVOCATION_OCSP);
	struct pki_result r;

	r = validate(w, &w->leaf, NULL, &nothing, NULL, 0);
	assert_int_equal(r.class, PKI_OK);
	assert_true(r.warning);
	r = validate(w, &w->leaf, &crl, &nothing, NULL, 0);
	assert_int_equal(r.class, PKI_REVOCATION_UNKNOWN);
	assert_non_null(strstr(r.detail, CRL_URL ": Connection refused"));
	assert_int_equal(pki_class_alert(r.class), 46);
	r = validate(w, &w->leaf, &crl_none, &nothing, NULL, 0);
	assert_int_equal(r.class, PKI_OK);
	assert_true(r.warning);
	r = validate(w, &w->leaf_ocsp, &crl_ocsp, &responder, NULL, 0);
	assert_int_equal(r.class, PKI_OK);
	assert_false(r.warning);
	good.status = V_OCSP_CERTSTATUS_REVOKED;
	r = validate(w, &w->leaf_ocsp, &crl_ocsp, &responder, NULL, 0);
	assert_int_equal(r.class, PKI_REVOKED);
	assert_string_equal(
		r.detail, "certificate \"cn=leaf 2\" is revoked at 03:04:05 UTC Jan 2 2024 (superseded)");
}

static void
test_staple(void **state)
{
	struct world *w = *state;
	struct shelf shelf = { .world = w, .signer = &w->ca, .status = V_OCSP_CERTSTATUS_GOOD };
	struct trustpoint_policy ocsp = policy_of(1, REVOCATION_OCSP, REVOCATION_NONE);
	struct trustpoint_policy none = policy_of(1, REVOCATION_NONE, REVOCATION_NONE);
	struct pki_result r;
	unsigned char *staple;
	size_t len;

	staple = make_response(&shelf, w->staple_leaf.cert, NULL, &len);
	r = validate(w, &w->staple_leaf, &ocsp, NULL, staple, len);
	assert_int_equal(r.class, PKI_OK);
	assert_false(r.warning);
	OPENSSL_free(staple);
	shelf.status = V_OCSP_CERTSTATUS_REVOKED;
	staple = make_response(&shelf, w->staple_leaf.cert, NULL, &len);
	r = validate(w, &w->staple_leaf, &ocsp, NULL, staple, len);
	assert_int_equal(r.class, PKI_REVOKED);
	OPENSSL_free(staple);
	/* RFC 7633: it said that it would bring one. */
	r = validate(w, &w->staple_leaf, &none, NULL, NULL, 0);
	assert_int_equal(r.class, PKI_REVOCATION_UNKNOWN);
	assert_non_null(strstr(r.detail, "demands a stapled OCSP response"));
}

/* `pki verify --crl`: each certificate but the anchor needs one. */
static void
test_given_crls(void **state)
{
	struct world *w = *state;
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
	STACK_OF(X509) *sent = sk_X509_new_null();
	struct trust *trust = trust_new(NULL);
	struct pki_request ask = { .trust = trust,
		.peer = w->leaf.cert,
		.untrusted = sent,
		.depth = -1,
		.revocation = PKI_REVOCATION_CRLS,
		.crls = crls };
	struct pki_result r;

	trust_add(trust, "ROOT", w->root.cert, NULL);
	sk_X509_push(sent, w->ca.cert);
	sk_X509_CRL_push(crls, make_crl(&(struct crl_spec){ .issuer = &w->ca }));
	assert_false(pki_verify(&ask, &r));
	assert_int_equal(r.class, PKI_REVOCATION_UNKNOWN);
	assert_int_equal(r.depth, 1);
	pki_result_clear(&r);
	sk_X509_CRL_push(crls, make_crl(&(struct crl_spec){ .issuer = &w->root }));
	assert_true(pki_verify(&ask, &r));
	assert_false(r.warning);
	pki_result_clear(&r);
	sk_X509_CRL_push(
		crls, make_crl(&(struct crl_spec){ .issuer = &w->root, .revoked = w->ca.cert, .reason = 2 }));
	assert_false(pki_verify(&ask, &r));
	assert_int_equal(r.class, PKI_REVOKED);
	pki_result_clear(&r);
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	sk_X509_free(sent);
	mem_free(trust);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crl_decides),
		cmocka_unit_test(test_crl_that_cannot_decide),
		cmocka_unit_test(test_crl_is_fetched_and_cached),
		cmocka_unit_test(test_cache_forgets_after_a_day),
		cmocka_unit_test(test_cache_tells_and_takes),
		cmocka_unit_test(test_ocsp),
		cmocka_unit_test(test_methods_in_order),
		cmocka_unit_test(test_staple),
		cmocka_unit_test(test_given_crls),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
