/*
 * What the user is told about a certificate that a server showed, before it may become trusted: what it
 * is, until when, whose signature it bears, and what trusting it would mean. Engine thread only.
 */
#ifndef PKI_OFFER_H
#define PKI_OFFER_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>
#include <openssl/x509.h>

#include "core/err.h"

struct engine;
struct text;

#define OFFER_CHAIN_MAX 64

/* The "certificates" of an errand's answer. NULL and err when there is none, too many, or one is none. */
STACK_OF(X509) * offer_chain(const json_t *answer, struct err *);

/* Certificate i of the chain, in lines. */
void offer_describe(struct text *, struct engine *, const STACK_OF(X509) * chain, int i);

/* Who holds this very certificate already; NULL: nobody. */
const char *offer_holder(struct engine *, const X509 *);

/* Is it valid now? Otherwise *told receives a line that says so. */
bool offer_is_current(struct text *told, struct engine *, const X509 *);

/* The revocation-check line that a trustpoint for this chain can live with: what its certificates name. */
const char *offer_revocation_line(const STACK_OF(X509) * chain);

/* Names that the chain leads to, but does not hold: "" or the issuer of its last certificate. */
void offer_missing_root(struct text *, const STACK_OF(X509) * chain);

#endif
