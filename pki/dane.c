/* Which TLSA records count, and which certificate each of them is about. */
#include "pki/dane.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

enum { USAGES = 4, SELECTORS = 2, MATCHINGS = 3 };

/* ORDER: the matching types; RFC 7671 9 ranks SHA2-512 above SHA2-256. */
static const size_t digest_bytes[MATCHINGS] = { 0, 32, 64 };

/* ORDER: enum dane_use */
static const char *const use_texts[] = {
	"",
	"usage is neither DANE-TA(2) nor DANE-EE(3)",
	"selector is neither Cert(0) nor SPKI(1)",
	"matching type is unknown",
	"data do not fit the matching type",
	"a stronger digest stands beside it",
};

const char *
dane_use_text(enum dane_use use)
{
	return use_texts[use];
}

X509 *
dane_record_cert(const struct dane_record *r)
{
	const unsigned char *p = r->data;
	X509 *cert;

	if (r->selector != DANE_CERT || r->matching != DANE_FULL || r->len == 0)
		return NULL;
	cert = d2i_X509(NULL, &p, (long)r->len);
	ERR_clear_error();
	if (cert != NULL && p == r->data + r->len && X509_get0_pubkey(cert) != NULL)
		return cert;
	X509_free(cert);
	ERR_clear_error();
	return NULL;
}

EVP_PKEY *
dane_record_key(const struct dane_record *r)
{
	const unsigned char *p = r->data;
	EVP_PKEY *key;

	if (r->selector != DANE_SPKI || r->matching != DANE_FULL || r->len == 0)
		return NULL;
	key = d2i_PUBKEY(NULL, &p, (long)r->len);
	ERR_clear_error();
	if (key != NULL && p == r->data + r->len)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool
has_good_data(const struct dane_record *r)
{
	X509 *cert;
	EVP_PKEY *key;

	if (r->data == NULL)
		return false;
	if (r->matching != DANE_FULL)
		return r->len == digest_bytes[r->matching];
	cert = dane_record_cert(r);
	key = dane_record_key(r);
	X509_free(cert);
	EVP_PKEY_free(key);
	return cert != NULL || key != NULL;
}

enum dane_use
dane_use(const struct dane_record *r)
{
	if (r->usage != DANE_TA && r->usage != DANE_EE)
		return DANE_BAD_USAGE;
	if (r->selector >= SELECTORS)
		return DANE_BAD_SELECTOR;
	if (r->matching >= MATCHINGS)
		return DANE_BAD_MATCHING;
	return has_good_data(r) ? DANE_COUNTS : DANE_BAD_DATA;
}

size_t
dane_select(const struct dane_record *records, size_t n, enum dane_use *use)
{
	uint8_t strongest[USAGES][SELECTORS] = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct dane_record *r = &records[i];

		if (dane_use(r) == DANE_COUNTS && r->matching > strongest[r->usage][r->selector])
			strongest[r->usage][r->selector] = r->matching;
	}
	for (size_t i = 0; i < n; i++) {
		const struct dane_record *r = &records[i];
		enum dane_use u = dane_use(r);

		/* Full data always count. */
		if (u == DANE_COUNTS && r->matching != DANE_FULL &&
			r->matching < strongest[r->usage][r->selector])
			u = DANE_OUTRANKED;
		count += u == DANE_COUNTS;
		if (use != NULL)
			use[i] = u;
	}
	return count;
}

/* What the selector selects, in DER, for OPENSSL_free(). */
static int
selected(uint8_t selector, const X509 *cert, unsigned char **der)
{
	*der = NULL;
	return selector == DANE_CERT ? i2d_X509((X509 *)cert, der)
				     : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), der);
}

static bool
data_match(const struct dane_record *r, const unsigned char *der, size_t n)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (r->matching == DANE_FULL)
		return r->len == n && memcmp(r->data, der, n) == 0;
	return EVP_Digest(der, n, md, &len, r->matching == DANE_SHA2_256 ? EVP_sha256() : EVP_sha512(),
		       NULL) == 1 &&
	       r->len == len && memcmp(r->data, md, len) == 0;
}

bool
dane_matches(const struct dane_record *r, const X509 *cert)
{
	unsigned char *der;
	bool match;
	int n;

	if (dane_use(r) != DANE_COUNTS)
		return false;
	n = selected(r->selector, cert, &der);
	match = n > 0 && data_match(r, der, (size_t)n);
	OPENSSL_free(der);
	ERR_clear_error();
	return match;
}
