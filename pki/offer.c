/* Describes certificates that a server showed. */
#include "pki/offer.h"

#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "core/clock.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/certtext.h"
#include "pki/import.h"
#include "pki/path.h"
#include "pki/pool.h"
#include "pki/store.h"

#define NAMES_SHOWN 8
#define DAY         86400

/* Some servers send their own certificate twice. */
static bool
has(const STACK_OF(X509) * chain, const X509 *cert)
{
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (X509_cmp(sk_X509_value(chain, i), cert) == 0)
			return true;
	return false;
}

STACK_OF(X509) * offer_chain(const json_t *answer, struct err *err)
{
	const json_t *list = json_object_get(answer, "certificates"), *item;
	STACK_OF(X509) *chain = sk_X509_new_null();
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *base64 = json_string_value(item);
		X509 *cert = base64 != NULL && i < OFFER_CHAIN_MAX ? cert_import(base64, strlen(base64), err)
								   : NULL;

		if (cert == NULL) {
			if (err->code == ERR_NONE)
				err_set(err, ERR_RANGE, "the server shows more than %d certificates",
					OFFER_CHAIN_MAX);
			sk_X509_pop_free(chain, X509_free);
			return NULL;
		}
		if (has(chain, cert))
			X509_free(cert);
		else
			sk_X509_push(chain, cert);
	}
	if (sk_X509_num(chain) > 0)
		return chain;
	sk_X509_free(chain);
	err_set(err, ERR_NOT_FOUND, "the server shows no certificate");
	return NULL;
}

static bool
is_ca(X509 *cert)
{
	return (X509_get_extension_flags(cert) & EXFLAG_CA) != 0;
}

/* "root CA", "intermediate CA", "server certificate", "self-signed server certificate" */
static const char *
offer_kind(X509 *cert)
{
	bool self_signed = cert_is_self_issued(cert);

	if (is_ca(cert))
		return self_signed ? "root CA" : "intermediate CA";
	return self_signed ? "self-signed server certificate" : "server certificate";
}

static time_t
now_of(const struct engine *engine)
{
	return (time_t)(clock_wall(engine->clock) / USEC_PER_SEC);
}

static void
describe_time(struct text *t, struct engine *engine, const X509 *cert)
{
	time_t end = 0, now = now_of(engine);

	text_add(t, "  Valid: from ");
	certtext_time(t, X509_get0_notBefore(cert));
	text_add(t, " until ");
	certtext_time(t, X509_get0_notAfter(cert));
	if (asn1_to_time(X509_get0_notAfter(cert), &end) && end > now)
		text_printf(t, " (%lld days left)", (long long)((end - now) / DAY));
	text_addc(t, '\n');
}

static void
describe_fingerprint(struct text *t, const X509 *cert, const char *label, const char *md)
{
	text_printf(t, "  Fingerprint %s: ", label);
	certtext_fingerprint(t, cert, md);
	text_addc(t, '\n');
}

static const char *
holder_of(struct engine *engine, const X509 *cert)
{
	for (const struct trustpoint *tp = pki_first(engine->pki); tp != NULL; tp = tp->next)
		if (tp->ca != NULL && X509_cmp(tp->ca, cert) == 0)
			return tp->name;
	return pki_pool_has(engine->pki, cert) ? POOL_NAME : NULL;
}

const char *
offer_holder(struct engine *engine, const X509 *cert)
{
	return holder_of(engine, cert);
}

static int
signer_in_chain(const STACK_OF(X509) * chain, X509 *cert)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *other = sk_X509_value(chain, i);

		if (X509_cmp(other, cert) != 0 && X509_check_issued(other, cert) == X509_V_OK &&
			X509_verify(cert, X509_get0_pubkey(other)) == 1)
			return i;
	}
	return -1;
}

static void
describe_signer(struct text *t, struct engine *engine, const STACK_OF(X509) * chain, X509 *cert)
{
	X509 *known = pki_signer(engine->pki, cert);
	int i = signer_in_chain(chain, cert);

	text_add(t, "  Signed by: ");
	if (known != NULL && X509_cmp(known, cert) != 0)
		text_printf(t, "%s, which is trusted here already\n", holder_of(engine, known));
	else if (cert_is_self_issued(cert))
		text_add(t, "itself\n");
	else if (i >= 0)
		text_printf(t, "certificate %d\n", i + 1);
	else
		text_add(t, "a CA that is neither shown nor installed\n");
}

static void
describe_meaning(struct text *t, X509 *cert)
{
	if (is_ca(cert))
		text_add(t, "  To trust it means: every certificate that this CA, or a CA below it, signs is "
			    "good for "
			    "the host\n  that it names, until ");
	else
		text_add(t, "  To trust it means: a server that shows this very certificate is good, and no "
			    "other; when "
			    "it is\n  renewed the new one has to be installed, at the latest by ");
	certtext_time(t, X509_get0_notAfter(cert));
	text_addc(t, '\n');
}

void
offer_describe(struct text *t, struct engine *engine, const STACK_OF(X509) * chain, int i)
{
	X509 *cert = sk_X509_value(chain, i);
	struct text names;

	text_init(&names, NULL);
	text_printf(t, "Certificate %d of %d: %s\n  Subject: ", i + 1, sk_X509_num(chain), offer_kind(cert));
	certtext_name(t, X509_get_subject_name(cert), ",");
	text_add(t, "\n  Issuer: ");
	certtext_name(t, X509_get_issuer_name(cert), ",");
	text_add(t, "\n");
	certtext_san(&names, cert, ", ", NAMES_SHOWN);
	if (names.len > 0)
		text_printf(t, "  Names: %s\n", names.s);
	describe_time(t, engine, cert);
	describe_fingerprint(t, cert, "MD5", "md5");
	describe_fingerprint(t, cert, "SHA1", "sha1");
	describe_fingerprint(t, cert, "SHA256", "sha256");
	describe_signer(t, engine, chain, cert);
	describe_meaning(t, cert);
	mem_free(names.s);
}

bool
offer_is_current(struct text *told, struct engine *engine, const X509 *cert)
{
	time_t now = now_of(engine);
	bool begun = X509_cmp_time(X509_get0_notBefore(cert), &now) < 0;

	if (begun && X509_cmp_time(X509_get0_notAfter(cert), &now) > 0)
		return true;
	text_printf(told, "%% It %s: it cannot be installed.\n", begun ? "has expired" : "is not valid yet");
	return false;
}

const char *
offer_revocation_line(const STACK_OF(X509) * chain)
{
	bool crl = true, ocsp = true;

	/* Every certificate but the anchor is checked: the last one shown is none of those. */
	for (int i = 0; i == 0 || i + 1 < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i);
		STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(cert);

		crl &= X509_get_ext_by_NID(cert, NID_crl_distribution_points, -1) >= 0;
		ocsp &= sk_OPENSSL_STRING_num(urls) > 0;
		X509_email_free(urls);
	}
	if (crl)
		return "revocation-check crl";
	return ocsp ? "revocation-check ocsp" : "revocation-check none";
}

void
offer_missing_root(struct text *t, const STACK_OF(X509) * chain)
{
	X509 *top = sk_X509_value(chain, sk_X509_num(chain) - 1);

	if (!cert_is_self_issued(top) && signer_in_chain(chain, top) < 0)
		certtext_name(t, X509_get_issuer_name(top), ",");
}
