/*
 * What a TLS server has to fetch before it believes a client: its revocation, found out in another thread, so that
 * nobody else waits for who does not answer. A check holds copies of all it needs. Made, ended and freed in one
 * thread; only tls_check_run() is for another.
 */
#ifndef PKI_TLS_CHECK_H
#define PKI_TLS_CHECK_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "core/err.h"
#include "pki/trust.h"

struct revocation_cache;
struct tls_check;

struct tls_check *tls_check_new(const void *ctx, const struct trust *clients, X509 *peer,
	STACK_OF(X509) * chain, const struct revocation_cache *revoked);

/* Waits for whoever has to be asked, all of them together this long at most. Any thread. */
void tls_check_run(struct tls_check *, unsigned timeout_ms);

/* After the run: `revoked` learns what was fetched. False: err says why the client is not believed. */
bool tls_check_end(struct tls_check *, struct revocation_cache *revoked, struct err *);

#endif
