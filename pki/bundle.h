/*
 * Bundles of CA certificates for the trustpool, as people and authorities give them: PEM with any number of
 * certificates, one in DER or base64, PKCS#7 in DER or PEM. Foreign bytes: bounded, never trusted. Any thread.
 */
#ifndef PKI_BUNDLE_H
#define PKI_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

#include "core/err.h"

struct bundle_counts {
	size_t read;    /* certificates in the bundle */
	size_t not_ca;  /* left out: they sign nothing */
	size_t expired; /* left out, at `now` */
};

/* Adds the CA certificates to `into`. False and err when the bundle cannot be read, or holds over `max`. */
bool bundle_import(STACK_OF(X509) * into, const void *data, size_t n, size_t max, time_t now,
	struct bundle_counts *, struct err *);

#endif
