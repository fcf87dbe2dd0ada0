/*
 * The trustpool: certificates that `crypto pki trustpool import` brought, kept as PEM in the state
 * directory. The system's certificates are never in it by themselves (rulings 35). Engine thread only.
 */
#ifndef PKI_POOL_H
#define PKI_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "core/err.h"

#define POOL_NAME "Trustpool" /* in `Associated Trustpoints` and in validation results */
#define POOL_MAX  1000        /* certificates */

struct engine;
struct pool;

struct pool *pool_new(const void *ctx, struct engine *);
const STACK_OF(X509) * pool_certs(const struct pool *);
bool pool_has(const struct pool *, const X509 *);
/* Nothing is changed when it cannot be saved. */
bool pool_add(struct pool *, const STACK_OF(X509) *, size_t *added, struct err *);
bool pool_clean(struct pool *, struct err *);

#endif
