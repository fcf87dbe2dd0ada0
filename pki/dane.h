/*
 * TLSA records (RFC 6698, RFC 7671) and what they say about a server's chain. Constant data by value;
 * any thread.
 */
#ifndef PKI_DANE_H
#define PKI_DANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

/* The numbers of RFC 7218. */
enum { DANE_PKIX_TA = 0, DANE_PKIX_EE = 1, DANE_TA = 2, DANE_EE = 3 };
enum { DANE_CERT = 0, DANE_SPKI = 1 };
enum { DANE_FULL = 0, DANE_SHA2_256 = 1, DANE_SHA2_512 = 2 };

struct dane_record {
	uint8_t usage, selector, matching;
	const unsigned char *data;
	size_t len;
};

/* What may be done with a record (mail-security 8). */
enum dane_use {
	DANE_COUNTS,
	DANE_BAD_USAGE, /* 0 and 1 mean nothing to SMTP (RFC 7672 3.1.3), others to nobody */
	DANE_BAD_SELECTOR,
	DANE_BAD_MATCHING,
	DANE_BAD_DATA, /* a digest of the wrong length; a certificate or key that does not parse */
	DANE_OUTRANKED /* a stronger digest stands beside it (RFC 7671 9) */
};

/* By itself: never DANE_OUTRANKED. */
enum dane_use dane_use(const struct dane_record *);
/* "usage 0 or 1", ...: behind "not usable: "; "" for DANE_COUNTS. */
const char *dane_use_text(enum dane_use);

/*
 * What each of the n records is worth beside the others. Answers how many count: with none a host
 * has no DANE, and TLS stays compulsory (RFC 7672 2.2). `use` may be NULL.
 */
size_t dane_select(const struct dane_record *, size_t n, enum dane_use *use);

/* Is this record about this certificate? Usage is not looked at. False for what is not usable. */
bool dane_matches(const struct dane_record *, const X509 *);

/* The certificate of `2 0 0`, the key of `2 1 0`; NULL for any other record. The caller owns the reference. */
X509 *dane_record_cert(const struct dane_record *);
EVP_PKEY *dane_record_key(const struct dane_record *);

#endif
