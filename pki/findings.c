/* Classes for what validation finds. */
#include "pki/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/x509_vfy.h>

#include "core/mem.h"
#include "pki/certtext.h"

struct class_row {
	const char *name;
	int alert; /* RFC 5246 7.2.2; seed 000 shows 42 for a chain without trustpoint */
};

/* ORDER: enum pki_class */
static const struct class_row classes[PKI_CLASS_COUNT] = {
	{ "OK", 0 },
	{ "CERT_UNTRUSTED", 42 },
	{ "CERT_WEAK", 46 },
	{ "CERT_EXPIRED", 45 },
	{ "CERT_NOT_YET_VALID", 46 },
	{ "CERT_REVOKED", 44 },
	{ "CERT_REVOCATION_UNKNOWN", 46 },
	{ "CERT_PURPOSE", 43 },
	{ "CERT_NAME_MISMATCH", 42 },
	{ "DANE_MISMATCH", 42 },
};

const char *pki_class_name(enum pki_class class)
{
	return classes[class].name;
}

int pki_class_alert(enum pki_class class)
{
	return classes[class].alert;
}

void
findings_add(struct findings *f, enum pki_class class, int depth, const char *fmt, ...)
{
	struct pki_finding *finding;
	va_list ap;

	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].class == class && f->list[i].depth == depth)
			return;
	if (f->count == PKI_MAX_FINDINGS)
		return;
	finding = &f->list[f->count++];
	finding->class = class;
	finding->depth = depth;
	va_start(ap, fmt);
	vsnprintf(finding->text, sizeof(finding->text), fmt, ap);
	va_end(ap);
}

/* Everything that is not in this table means that the path proves nothing: CERT_UNTRUSTED. */
static enum pki_class
class_of(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return PKI_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return PKI_NOT_YET_VALID;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return PKI_WEAK;
	case X509_V_ERR_INVALID_PURPOSE:
		return PKI_PURPOSE;
	case X509_V_ERR_CERT_REVOKED:
		return PKI_REVOKED;
	default:
		return PKI_UNTRUSTED;
	}
}

static void
add_expiry(struct findings *f, enum pki_class class, int depth, const X509 *cert)
{
	char *subject = certtext_name_new(NULL, X509_get_subject_name(cert));
	struct text *when = text_new(NULL);

	certtext_time(when, class == PKI_EXPIRED ? X509_get0_notAfter(cert) : X509_get0_notBefore(cert));
	findings_add(f, class, depth, "certificate \"%s\" %s %s", subject,
		class == PKI_EXPIRED ? "expired at" : "is not valid before", when->s);
	mem_free(when);
	mem_free(subject);
}

void
findings_add_openssl(struct findings *f, int error, int depth, const X509 *cert)
{
	enum pki_class class = class_of(error);
	char *name;

	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		add_expiry(f, class, depth, cert);
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		name = certtext_name_new(NULL, X509_get_issuer_name(cert));
		findings_add(f, class, depth, "unable to get local issuer certificate, issuer \"%s\"", name);
		break;
	default:
		name = certtext_name_new(NULL, X509_get_subject_name(cert));
		findings_add(f, class, depth, "%s, certificate \"%s\"", X509_verify_cert_error_string(error),
			name);
	}
	mem_free(name);
}

static int
compare(const void *a, const void *b)
{
	const struct pki_finding *left = a, *right = b;

	if (left->class != right->class)
		return left->class < right->class ? -1 : 1;
	return left->depth - right->depth;
}

void
findings_sort(struct findings *f)
{
	qsort(f->list, f->count, sizeof(f->list[0]), compare);
}

enum pki_class
findings_worst(const struct findings *f)
{
	enum pki_class worst = PKI_OK;

	for (size_t i = 0; i < f->count; i++)
		if (worst == PKI_OK || f->list[i].class < worst)
			worst = f->list[i].class;
	return worst;
}
