/* Certificates and CRLs as they are pasted or fetched, and what is then printed of them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "core/mem.h"
#include "core/text.h"
#include "pki/bundle.h"
#include "pki/certtext.h"
#include "pki/import.h"
#include "pki/names.h"
#include "pki/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use(X509 *cert)
{
	struct trust *trust = trust_new(NULL);
	struct text *t = text_new(trust);
	struct pki_request ask = { .trust = trust,
		.peer = cert,
		.name = { PKI_NAME_DNS, "mail.example.com" },
		.depth = -1,
		.at = 1700000000 };
	struct pki_result r;
	unsigned bits;

	certtext_name(t, X509_get_subject_name(cert), "\n");
	certtext_serial(t, cert, ' ');
	certtext_san(t, cert, ", ", 8);
	certtext_signature(t, cert);
	certtext_time(t, X509_get0_notAfter(cert));
	certtext_fingerprint(t, cert, "sha1");
	certtext_key_usage_bits(cert, &bits);
	pki_verify(&ask, &r);
	pki_result_clear(&r);
	trust_add(trust, "SELF", cert, NULL);
	pki_verify(&ask, &r);
	pki_result_clear(&r);
	mem_free(trust);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	X509 *cert = cert_import(data, size, &err);
	X509_CRL *crl = crl_import(data, size, &err);
	STACK_OF(X509) *bundle = sk_X509_new_null();
	struct bundle_counts counts;

	if (bundle_import(bundle, data, size, 100, 1700000000, &counts, &err) &&
		counts.read != counts.not_ca + counts.expired + (size_t)sk_X509_num(bundle))
		abort();
	sk_X509_pop_free(bundle, X509_free);
	if (cert != NULL)
		use(cert);
	X509_free(cert);
	X509_CRL_free(crl);
	return 0;
}
