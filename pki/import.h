/*
 * Certificates and CRLs as people give them: PEM, bare base64 (with any white space, CRLF, or half a
 * BEGIN/END frame) or DER. Foreign bytes: bounded, never trusted. Any thread.
 */
#ifndef PKI_IMPORT_H
#define PKI_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "core/err.h"

#define CERT_MAX_BYTES (256u * 1024u) /* of one certificate's text */

/* Exactly one certificate; the caller owns the reference. NULL and err otherwise. */
X509 *cert_import(const void *data, size_t n, struct err *);

/* Every certificate of a PEM bundle, or the one of base64 or DER text; at most `max`. */
bool certs_import(STACK_OF(X509) * into, const void *data, size_t n, size_t max, struct err *);

/* PEM, base64 or DER. */
X509_CRL *crl_import(const void *data, size_t n, struct err *);

/* Every CRL of a PEM bundle, or the one of DER text; at most `max`. */
bool crls_import(STACK_OF(X509_CRL) * into, const void *data, size_t n, size_t max, struct err *);

/* As one line of base64, in ctx. */
char *cert_to_base64(const void *ctx, X509 *cert);

#endif
