/* Asks certificate revocation lists (RFC 5280 sections 5 and 6.3). */
#include "pki/revocation.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/mem.h"
#include "pki/certtext.h"
#include "pki/import.h"
#include "pki/revocation_cache.h"

static const char *const reasons[] = { "unspecified", "key compromise", "CA compromise",
	"affiliation changed", "superseded", "cessation of operation", "certificate hold", NULL,
	"remove from CRL", "privilege withdrawn", "AA compromise" };

const char *
revocation_reason(int reason)
{
	if (reason < 0 || (size_t)reason >= sizeof(reasons) / sizeof(reasons[0]) || reasons[reason] == NULL)
		return "unspecified";
	return reasons[reason];
}

static bool
refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_CRYPTO, "%s", what);
}

/* Extensions that we do not honour must not be overlooked (RFC 5280 5.2): delta, indirect, partitioned by reason. */
static bool
check_crl_extensions(X509_CRL *crl, const X509 *cert, struct err *err)
{
	ISSUING_DIST_POINT *idp;
	bool is_ca = (X509_get_extension_flags((X509 *)cert) & EXFLAG_CA) != 0;
	bool fits;

	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		const X509_EXTENSION *ext = X509_CRL_get_ext(crl, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object((X509_EXTENSION *)ext));

		if (X509_EXTENSION_get_critical(ext) == 1 && nid != NID_issuing_distribution_point)
			return err_set(
				err, ERR_CRYPTO, "the CRL has the critical extension %s", OBJ_nid2sn(nid));
		if (nid == NID_delta_crl)
			return refuse(err, "the CRL is a delta CRL");
	}
	if (X509_CRL_get_ext_by_NID(crl, NID_crl_number, -1) < 0)
		return refuse(err, "the CRL has no number");
	idp = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, NULL, NULL);
	if (idp == NULL)
		return X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) < 0 ||
		       refuse(err, "issuingDistributionPoint of the CRL is malformed");
	fits = idp->indirectCRL <= 0 && idp->onlyattr <= 0 && idp->onlysomereasons == NULL &&
	       (is_ca ? idp->onlyuser <= 0 : idp->onlyCA <= 0);
	ISSUING_DIST_POINT_free(idp);
	return fits || refuse(err, "the CRL does not cover this kind of certificate");
}

static bool
check_crl_time(X509_CRL *crl, time_t at, struct err *err)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	time_t from, until;

	if (!asn1_to_time(X509_CRL_get0_lastUpdate(crl), &from) || from > at + REVOCATION_SKEW)
		return refuse(err, "the CRL is not valid yet");
	if (next == NULL)
		return refuse(err, "the CRL does not say when the next one comes");
	if (!asn1_to_time(next, &until) || until + REVOCATION_SKEW < at)
		return refuse(err, "the CRL has expired");
	return true;
}

static bool
check_crl(X509_CRL *crl, const struct revocation_ask *ask, struct err *err)
{
	EVP_PKEY *key = X509_get0_pubkey(ask->issuer);
	bool genuine;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(ask->issuer)) != 0)
		return refuse(err, "the CRL is another issuer's");
	if ((X509_get_extension_flags(ask->issuer) & EXFLAG_KUSAGE) != 0 &&
		(X509_get_key_usage(ask->issuer) & KU_CRL_SIGN) == 0)
		return refuse(err, "the issuer may not sign CRLs (keyUsage)");
	genuine = key != NULL && X509_CRL_verify(crl, key) == 1;
	ERR_clear_error();
	if (!genuine)
		return refuse(err, "the signature of the CRL is wrong");
	return check_crl_extensions(crl, ask->cert, err) && check_crl_time(crl, ask->at, err);
}

static enum revocation_status
look_up(X509_CRL *crl, const struct revocation_ask *ask, struct err *err)
{
	X509_REVOKED *entry = NULL;
	ASN1_ENUMERATED *reason;
	struct text *when;
	int found;

	if (!check_crl(crl, ask, err))
		return REVOCATION_UNKNOWN;
	found = X509_CRL_get0_by_cert(crl, &entry, ask->cert);
	if (found != 1 || entry == NULL) /* 2: removeFromCRL */
		return REVOCATION_GOOD;
	reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	when = text_new(NULL);
	certtext_time(when, X509_REVOKED_get0_revocationDate(entry));
	err_set(err, ERR_CRYPTO, "revoked at %s (%s)", when->s,
		revocation_reason(reason != NULL ? (int)ASN1_ENUMERATED_get(reason) : 0));
	mem_free(when);
	ASN1_ENUMERATED_free(reason);
	return REVOCATION_REVOKED;
}

static enum revocation_status
look_at_hand(const struct revocation_ask *ask, struct err *err)
{
	enum revocation_status best = REVOCATION_UNKNOWN;

	for (int i = 0; i < sk_X509_CRL_num(ask->crls); i++) {
		enum revocation_status status;

		if (X509_NAME_cmp(X509_CRL_get_issuer(sk_X509_CRL_value(ask->crls, i)),
			    X509_get_issuer_name(ask->cert)) != 0)
			continue;
		status = look_up(sk_X509_CRL_value(ask->crls, i), ask, err);
		if (status == REVOCATION_REVOKED)
			return status;
		if (status == REVOCATION_GOOD)
			best = status;
	}
	return best;
}

static X509_CRL *
fetch_crl(const struct pki_fetch *fetch, const char *url, struct err *err)
{
	void *ctx = mem_ctx(NULL, "CRL fetch");
	X509_CRL *crl = NULL;
	unsigned char *data;
	size_t n;

	revocation_cache_count(fetch->cache, REVOCATION_FETCHED);
	if (fetch->get(fetch->arg, ctx, &(struct pki_fetch_ask){ .url = url }, &data, &n, err))
		crl = crl_import(data, n, err);
	if (crl == NULL)
		revocation_cache_count(fetch->cache, REVOCATION_FAILED);
	mem_free(ctx);
	return crl;
}

static enum revocation_status
look_at_url(const struct revocation_ask *ask, const ASN1_STRING *uri, struct err *err)
{
	char *url =
		mem_strndup(NULL, (const char *)ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri));
	X509_CRL *kept = revocation_cache_crl(ask->fetch->cache, url, ask->at);
	X509_CRL *crl = kept == NULL ? fetch_crl(ask->fetch, url, err) : NULL;
	enum revocation_status status = REVOCATION_UNKNOWN;

	if (kept != NULL || crl != NULL)
		revocation_cache_count(ask->fetch->cache, REVOCATION_CHECKED);
	if (kept != NULL)
		status = look_up(kept, ask, err);
	else if (crl != NULL)
		status = look_up(crl, ask, err);
	if (status == REVOCATION_UNKNOWN)
		err_wrap(err, "%s", url);
	else if (crl != NULL) /* a list that is no use must not shut out the right one for a day */
		revocation_cache_add_crl(ask->fetch->cache, url, crl, ask->at);
	X509_CRL_free(crl);
	mem_free(url);
	return status;
}

/* Whole names only: names relative to the issuer and other issuers' CRLs are not used. */
static enum revocation_status
look_at_point(const struct revocation_ask *ask, const DIST_POINT *point, bool *any, struct err *err)
{
	const GENERAL_NAMES *names;

	if (point->distpoint == NULL || point->distpoint->type != 0 || point->CRLissuer != NULL ||
		point->reasons != NULL)
		return REVOCATION_UNKNOWN;
	names = point->distpoint->name.fullname;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		enum revocation_status status;

		if (name->type != GEN_URI)
			continue;
		*any = true;
		status = look_at_url(ask, name->d.uniformResourceIdentifier, err);
		if (status != REVOCATION_UNKNOWN)
			return status;
	}
	return REVOCATION_UNKNOWN;
}

enum revocation_status
crl_status(const struct revocation_ask *ask, struct err *err)
{
	enum revocation_status status;
	CRL_DIST_POINTS *points;
	bool any = false;

	err_set(err, ERR_CRYPTO, "no CRL of its issuer is at hand");
	status = look_at_hand(ask, err);
	if (status != REVOCATION_UNKNOWN || ask->fetch == NULL)
		return status;
	points = X509_get_ext_d2i(ask->cert, NID_crl_distribution_points, NULL, NULL);
	for (int i = 0; status == REVOCATION_UNKNOWN && i < sk_DIST_POINT_num(points); i++)
		status = look_at_point(ask, sk_DIST_POINT_value(points, i), &any, err);
	CRL_DIST_POINTS_free(points);
	if (!any) {
		err_set(err, ERR_CRYPTO, "the certificate does not say where its CRL is");
		err_hint(err, "\"revocation-check none\" in the trustpoint accepts it without a check");
	}
	return status;
}
