/* Asks OCSP responders, or reads what the server stapled (RFC 6960, RFC 9654 nonces when echoed). */
#include "pki/revocation.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "core/mem.h"
#include "pki/certtext.h"
#include "pki/revocation_cache.h"

static bool
refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_CRYPTO, "%s", what);
}

/*
 * Only the issuer is trusted here: the response is signed by it, or by a certificate that it issued
 * with id-kp-OCSPSigning (RFC 6960 4.2.2.2).
 */
static bool
is_signed_for(OCSP_BASICRESP *basic, const struct revocation_ask *ask)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *certs = sk_X509_new_null();
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
	bool good;

	X509_STORE_add_cert(store, ask->issuer);
	sk_X509_push(certs, ask->issuer);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_time(param, ask->at);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	good = OCSP_basic_verify(basic, certs, store, 0) == 1;
	ERR_clear_error();
	sk_X509_free(certs);
	X509_STORE_free(store);
	return good;
}

static bool
is_fresh(const ASN1_GENERALIZEDTIME *from, const ASN1_GENERALIZEDTIME *until, time_t at, struct err *err)
{
	time_t t;

	if (!asn1_to_time(from, &t) || t > at + REVOCATION_SKEW)
		return refuse(err, "the OCSP response is not valid yet");
	if (until == NULL)
		return t + 24 * 3600 + REVOCATION_SKEW >= at ||
		       refuse(err, "the OCSP response is older than a day");
	if (!asn1_to_time(until, &t) || t + REVOCATION_SKEW < at)
		return refuse(err, "the OCSP response has expired");
	return true;
}

/* The one response about our certificate, under whatever digest the responder chose for its id. */
static OCSP_SINGLERESP *
find_single(OCSP_BASICRESP *basic, const struct revocation_ask *ask)
{
	for (int i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
		OCSP_CERTID *theirs = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
		ASN1_OBJECT *md = NULL;
		OCSP_CERTID *ours;
		int differ;

		if (OCSP_id_get0_info(NULL, &md, NULL, NULL, theirs) != 1)
			continue;
		ours = OCSP_cert_to_id(EVP_get_digestbyobj(md), ask->cert, ask->issuer);
		differ = ours == NULL || OCSP_id_cmp(ours, theirs) != 0;
		OCSP_CERTID_free(ours);
		if (!differ)
			return single;
	}
	return NULL;
}

static enum revocation_status
judge_single(OCSP_SINGLERESP *single, time_t at, struct err *err)
{
	ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *until = NULL;
	int reason = 0;
	int status = OCSP_single_get0_status(single, &reason, &revoked, &from, &until);
	struct text *when;

	if (!is_fresh(from, until, at, err))
		return REVOCATION_UNKNOWN;
	if (status == V_OCSP_CERTSTATUS_GOOD)
		return REVOCATION_GOOD;
	if (status != V_OCSP_CERTSTATUS_REVOKED) {
		refuse(err, "the OCSP responder does not know the certificate");
		return REVOCATION_UNKNOWN;
	}
	when = text_new(NULL);
	certtext_time(when, revoked);
	err_set(err, ERR_CRYPTO, "revoked at %s (%s)", when->s, revocation_reason(reason));
	mem_free(when);
	return REVOCATION_REVOKED;
}

static enum revocation_status
judge_basic(OCSP_BASICRESP *basic, OCSP_REQUEST *request, const struct revocation_ask *ask, struct err *err)
{
	OCSP_SINGLERESP *single;

	if (!is_signed_for(basic, ask)) {
		refuse(err, "the OCSP response is not signed by the issuer or a responder of its");
		return REVOCATION_UNKNOWN;
	}
	/* 0: there are two nonces and they differ; an absent echo (-1) is usual. */
	if (request != NULL && OCSP_check_nonce(request, basic) == 0) {
		refuse(err, "the OCSP response answers another request (nonce)");
		return REVOCATION_UNKNOWN;
	}
	single = find_single(basic, ask);
	if (single != NULL)
		return judge_single(single, ask->at, err);
	refuse(err, "the OCSP response is about another certificate");
	return REVOCATION_UNKNOWN;
}

static enum revocation_status
judge_response(const unsigned char *data, size_t n, OCSP_REQUEST *request, const struct revocation_ask *ask,
	struct err *err)
{
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &data, (long)n);
	OCSP_BASICRESP *basic = NULL;
	enum revocation_status status = REVOCATION_UNKNOWN;
	int answer = response != NULL ? OCSP_response_status(response) : -1;

	if (response == NULL)
		refuse(err, "the OCSP response does not decode");
	else if (answer != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		err_set(err, ERR_CRYPTO, "the OCSP responder answers \"%s\"",
			OCSP_response_status_str(answer));
	else if ((basic = OCSP_response_get1_basic(response)) == NULL)
		refuse(err, "the OCSP response holds no basic response");
	else
		status = judge_basic(basic, request, ask, err);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	return status;
}

/* Whose status: the key of the cache. */
static char *
key_of(const void *ctx, const struct revocation_ask *ask)
{
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha256(), ask->cert, ask->issuer);
	struct text *hex = text_new(ctx);
	unsigned char *der = NULL;
	int n = i2d_OCSP_CERTID(id, &der);

	if (n > 0)
		text_add_hex(hex, der, (size_t)n, '\0');
	OPENSSL_free(der);
	OCSP_CERTID_free(id);
	return hex->s;
}

/* A response that says until when it holds need not be asked for again before. */
static void
keep_response(const struct revocation_ask *ask, const char *key, const char *url, const unsigned char *data,
	size_t n)
{
	const unsigned char *p = data;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &p, (long)n);
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
	ASN1_GENERALIZEDTIME *until = NULL;
	OCSP_SINGLERESP *single = find_single(basic, ask);
	time_t t;

	OCSP_single_get0_status(single, NULL, NULL, NULL, &until);
	if (until != NULL && asn1_to_time(until, &t) && t > ask->at)
		revocation_cache_add_ocsp(ask->fetch->cache, key, url, data, n, t, ask->at);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
}

static enum revocation_status
look_at_kept(const struct revocation_ask *ask, const char *key, struct err *err)
{
	size_t n = 0;
	const unsigned char *data = revocation_cache_ocsp(ask->fetch->cache, key, ask->at, &n);

	return data != NULL ? judge_response(data, n, NULL, ask, err) : REVOCATION_UNKNOWN;
}

static enum revocation_status
query(const struct revocation_ask *ask, const char *url, struct err *err)
{
	void *ctx = mem_ctx(NULL, "OCSP query");
	const char *key = key_of(ctx, ask);
	enum revocation_status status = look_at_kept(ask, key, err);
	OCSP_REQUEST *request = NULL;
	unsigned char *body = NULL, *data;
	size_t len;
	int n;

	if (status != REVOCATION_UNKNOWN) {
		mem_free(ctx);
		return status;
	}
	request = OCSP_REQUEST_new();
	OCSP_request_add0_id(request, OCSP_cert_to_id(EVP_sha1(), ask->cert, ask->issuer));
	OCSP_request_add1_nonce(request, NULL, -1);
	n = i2d_OCSP_REQUEST(request, &body);
	if (n > 0 && ask->fetch->get(ask->fetch->arg, ctx,
			     &(struct pki_fetch_ask){ .url = url,
				     .content_type = "application/ocsp-request",
				     .body = body,
				     .body_len = (size_t)n },
			     &data, &len, err))
		status = judge_response(data, len, request, ask, err);
	if (status == REVOCATION_UNKNOWN)
		err_wrap(err, "%s", url);
	else
		keep_response(ask, key, url, data, len);
	OPENSSL_free(body);
	OCSP_REQUEST_free(request);
	mem_free(ctx);
	return status;
}

static enum revocation_status
query_own_urls(const struct revocation_ask *ask, struct err *err)
{
	STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(ask->cert);
	enum revocation_status status = REVOCATION_UNKNOWN;

	if (sk_OPENSSL_STRING_num(urls) <= 0) {
		refuse(err, "the certificate names no OCSP responder");
		err_hint(err, "\"revocation-check none\" in the trustpoint accepts it without a check");
	}
	for (int i = 0; status == REVOCATION_UNKNOWN && i < sk_OPENSSL_STRING_num(urls); i++)
		status = query(ask, sk_OPENSSL_STRING_value(urls, i), err);
	X509_email_free(urls);
	return status;
}

enum revocation_status
ocsp_status(const struct revocation_ask *ask, struct err *err)
{
	enum revocation_status status = REVOCATION_UNKNOWN;

	err_set(err, ERR_CRYPTO, "no OCSP responder can be asked");
	if (ask->staple != NULL)
		status = judge_response(ask->staple, ask->staple_len, NULL, ask, err);
	if (status != REVOCATION_UNKNOWN || ask->fetch == NULL)
		return status;
	return ask->ocsp_url != NULL ? query(ask, ask->ocsp_url, err) : query_own_urls(ask, err);
}
