/*
 * A stapled response, the answer of an OCSP responder, a CRL from a distribution point, and a message of
 * the cache: the first octet says which. Nothing that the issuer has not signed may make a certificate
 * good or revoked: the certificates here have no CRL and no response that is signed.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>
#include <openssl/err.h>

#include "certs.h"
#include "core/mem.h"
#include "pki/revocation.h"
#include "pki/revocation_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static bool
give(void *arg, const void *ctx, const struct pki_fetch_ask *ask, unsigned char **data, size_t *len,
	struct err *err)
{
	const struct input *in = arg;

	*data = mem_dup(ctx, in->data, in->size);
	*len = in->size;
	return true;
}

static void
take_message(const uint8_t *data, size_t size)
{
	struct revocation_cache *cache = revocation_cache_new(NULL);
	json_t *message = json_loadb((const char *)data, size, 0, NULL), *news;

	revocation_cache_take(cache, message);
	news = revocation_cache_news(cache);
	if (news != NULL)
		abort(); /* what was told is no news */
	json_decref(message);
	mem_free(cache);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct made ca, leaf; /* made once: keys cost more than the inputs */
	struct input in;
	struct pki_fetch fetch = { .get = give, .arg = &in };
	struct revocation_ask ask = { .at = 1700000000 };
	struct err err = ERR_INIT;
	enum revocation_status status = REVOCATION_UNKNOWN;

	if (size < 1)
		return 0;
	in = (struct input){ data + 1, size - 1 };
	if (ca.cert == NULL) {
		ca = make_cert(&(struct cert_spec){ .subject = { "CN=CA" }, .serial = "02", .ca = true });
		leaf = make_cert(&(struct cert_spec){ .subject = { "CN=leaf" },
			.issuer = &ca,
			.more = { { "crlDistributionPoints", "URI:http://a.example/c.crl" },
				{ "authorityInfoAccess", "OCSP;URI:http://a.example/" } } });
	}
	ask.cert = leaf.cert;
	ask.issuer = ca.cert;
	switch (data[0] % 4) {
	case 0:
		ask.staple = in.data;
		ask.staple_len = in.size;
		status = ocsp_status(&ask, &err);
		break;
	case 1:
		ask.fetch = &fetch;
		fetch.cache = revocation_cache_new(NULL);
		status = ocsp_status(&ask, &err);
		mem_free(fetch.cache);
		break;
	case 2:
		ask.fetch = &fetch;
		fetch.cache = revocation_cache_new(NULL);
		status = crl_status(&ask, &err);
		mem_free(fetch.cache);
		break;
	case 3:
		take_message(in.data, in.size);
		break;
	}
	if (status != REVOCATION_UNKNOWN)
		abort();
	ERR_clear_error();
	return 0;
}
