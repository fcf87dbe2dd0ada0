/*
 * When certificates were installed: a side table keyed by the SHA-256 of the certificate (rulings
 * 38), because the running configuration has no place for it. A small JSON file in the state
 * directory, replaced as a whole; losing it costs the dates only. Engine thread only.
 */
#ifndef PKI_INSTALLED_H
#define PKI_INSTALLED_H

#include <stdint.h>

#include <openssl/x509.h>

struct engine;
struct installed;

struct installed *installed_new(const void *ctx, struct engine *);

/* Nanoseconds since 1970; a certificate that is not in the table is installed now. */
int64_t installed_at(struct installed *, const X509 *);
void installed_forget(struct installed *, const X509 *);

#endif
