/*
 * What a certificate must look like beyond what OpenSSL's strict mode asks (RFC 5280 section 4.2, and
 * the Web PKI profile where it is stricter). One certificate at a time. Any thread.
 */
#ifndef PKI_STRICT_H
#define PKI_STRICT_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "core/err.h"

enum strict_role {
	STRICT_PEER,
	STRICT_CA,
	STRICT_ANCHOR,
	STRICT_PINNED, /* the peer's own certificate is the anchor (seed 000: CA-gmail-SMTP) */
};

/* False with the sentence when the certificate cannot have this role. */
bool strict_check(X509 *, enum strict_role, struct err *);

/* False with the sentence when its key is of a kind or size that nobody should trust. */
bool strict_key(X509 *, struct err *);

/*
 * For `crypto pki authenticate` (rulings 35): would validation refuse this certificate as a CA?
 * False with the extension named.
 */
bool strict_authenticate(X509 *, struct err *);

#endif
