/*
 * The identities that trustpoints hold, by the trustpoint's name: kept with sealed keys in a file of the
 * state directory, since the running configuration is shown to people. Engine thread only.
 */
#ifndef PKI_IDENTITIES_H
#define PKI_IDENTITIES_H

#include <stdbool.h>

#include <jansson.h>
#include <openssl/x509.h>

#include "core/err.h"

struct engine;
struct identities;

struct identities *identities_new(const void *ctx, struct engine *);

/* pki/identity.h's JSON with the key sealed; borrowed. NULL: none. */
const json_t *identities_find(const struct identities *, const char *trustpoint);
/* Its certificate; the caller owns the reference. NULL: none. */
X509 *identities_cert(const struct identities *, const char *trustpoint);
/* Takes the reference on `sealed`; NULL takes the identity away. Nothing is changed when it cannot be saved. */
bool identities_set(struct identities *, const char *trustpoint, json_t *sealed, struct err *);

#endif
