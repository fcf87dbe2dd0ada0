/*
 * `crypto pki authenticate`: what becomes of a certificate that somebody offers for a trustpoint. The
 * dialog itself is in cli/exec/pki.c; here is what it asks and says. Engine thread only.
 */
#ifndef PKI_AUTHENTICATE_H
#define PKI_AUTHENTICATE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "core/err.h"

struct engine;
struct text;

/* May the trustpoint be authenticated now: configured, with an enrollment method, still blank? */
bool authenticate_ready(struct engine *, const char *trustpoint, struct err *);

/*
 * Reads and judges the offered text. *told receives what to print: attributes, warnings, verdict.
 * *ask says whether the user must accept; otherwise the certificate is good by its signer or its
 * fingerprint. The caller owns the reference. NULL and err when it can never be accepted; what
 * *told holds then is printed before the error.
 */
X509 *authenticate_judge(struct engine *, const char *trustpoint, const void *data, size_t n,
	struct text *told, bool *ask, struct err *);

/*
 * The strict rules of RFC 5280 4.2.1 that validation will hold against this certificate, one
 * sentence each behind "% Warning: " (rulings 35). Nothing when it is clean.
 */
void authenticate_warnings(struct text *, X509 *);

/* `fingerprint HEX` of the trustpoint: MD5 or SHA1 by its length. */
bool authenticate_has_fingerprint(const X509 *, const char *wanted);

#endif
