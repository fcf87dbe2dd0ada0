/* What `http secure` trusts beside the system's certificates: the trustpoints, and the trustpool. */
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "core/mem.h"
#include "pki/store.h"
#include "probe/operation.h"

const char *
sla_anchors(const void *ctx, const struct pki *pki)
{
	struct trust *trust = pki_snapshot(NULL, pki);
	BIO *out = BIO_new(BIO_s_mem());
	const char *pem = NULL;
	char *text;
	long n;

	for (size_t i = 0; out != NULL && i < trust->count; i++)
		PEM_write_bio_X509(out, trust->points[i].cert);
	n = out == NULL ? 0 : BIO_get_mem_data(out, &text);
	if (n > 0)
		pem = mem_strndup(ctx, text, (size_t)n);
	BIO_free(out);
	mem_free(trust);
	return pem;
}
