/*
 * Says in good time that a certificate will expire: 30, 7 and 1 days ahead, and when it has; of
 * trustpoints, and of mail servers as their sessions showed them (IOS: PKI credentials expiry alerts,
 * %PKI-4-CERT_EXPIRY_WARNING and on the last day %PKI-1-CERT_EXPIRY_ALERT). Each step once for each
 * certificate; what was said, and which servers were seen, is in a file of the state directory. Runs on the
 * engine's clock. Engine thread only.
 */
#ifndef PKI_EXPIRY_H
#define PKI_EXPIRY_H

#include <jansson.h>

struct engine;
struct expiry;

struct expiry *expiry_new(const void *ctx, struct engine *);

/* Trustpoints have changed: looked at when the loop comes round. */
void expiry_recheck(struct expiry *);

/* A mail session with `host` has shown this chain: the "chain" of a "tls" object (pki/tls.h). */
void expiry_seen(struct expiry *, const char *host, const json_t *chain);

#endif
