/*
 * Is a certificate revoked? One method at a time (CRL, OCSP), and the trustpoint's list of methods
 * in its order: the first that knows decides (RFC 5280 6.3, RFC 6960, IOS `revocation-check`).
 * Blocks while something is fetched. One thread per cache.
 */
#ifndef PKI_REVOCATION_H
#define PKI_REVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

#include "pki/fetch.h"
#include "pki/trust.h"
#include "pki/verify.h"

enum revocation_status { REVOCATION_GOOD, REVOCATION_REVOKED, REVOCATION_UNKNOWN, REVOCATION_UNCHECKED };

/* Seconds by which clocks may differ. */
#define REVOCATION_SKEW 300

struct revocation_ask {
	X509 *cert, *issuer;
	time_t at;
	const STACK_OF(X509_CRL) * crls; /* at hand, or NULL */
	const struct pki_fetch *fetch;   /* or NULL */
	const char *ocsp_url;            /* instead of the certificate's own, or NULL */
	const unsigned char *staple;     /* an OCSP response about this certificate, or NULL */
	size_t staple_len;
};

/* `err` says why: revoked when and for what, or what is missing; err->hint what would help. */
enum revocation_status crl_status(const struct revocation_ask *, struct err *err);
enum revocation_status ocsp_status(const struct revocation_ask *, struct err *err);

/* The trustpoint's methods in order; REVOCATION_UNCHECKED when `none` decided. */
enum revocation_status revocation_status(
	const struct trustpoint_policy *, const struct revocation_ask *, struct err *err);

/* RFC 7633: does the certificate demand a stapled response? */
bool revocation_must_staple(const X509 *);

/* "key compromise", ... of a CRLReason. */
const char *revocation_reason(int reason);

#endif
