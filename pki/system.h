/*
 * The system's certificates: trusted for mail with `mail trustpool system` only (mail-security 5.2), and for
 * the web's own hosts (10.1). Read
 * from the file that OpenSSL's SSL_CERT_FILE names, else Debian's, again when it has changed. Any thread, each
 * with a store of its own.
 */
#ifndef PKI_SYSTEM_H
#define PKI_SYSTEM_H

#include <openssl/x509.h>

#include "core/err.h"
#include "pki/trust.h"

#define SYSTEM_NAME "System" /* in validation results */

struct system_store;

struct system_store *system_store_new(const void *ctx);
/* Borrowed until the next call; NULL and err when the file cannot be read. */
const STACK_OF(X509) * system_store_certs(struct system_store *, struct err *);

/* All of them at once, as anchors without revocation checks. NULL and err when the file cannot be read. */
struct trust *system_trust(const void *ctx, struct err *);

#endif
