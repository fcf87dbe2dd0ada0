/*
 * The trustpoints of one engine: what the configuration says about them, the certificate that each
 * was given, the trustpool, and what `show crypto pki counters` counts. The configuration is the
 * only source: the rows of cli/config/ fill the store when they are applied, and installing a
 * certificate means adding its lines to the running configuration. Two things live
 * in files of the state directory: when a certificate was installed (rulings 38) and the trustpool.
 * Engine thread only.
 */
#ifndef PKI_STORE_H
#define PKI_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <openssl/x509.h>

#include "core/err.h"
#include "pki/trust.h"

struct engine;
struct learnt;
struct pki;

struct trustpoint {
	const char *name;
	struct trustpoint_policy policy; /* strings owned by the trustpoint */
	bool has_enrollment;             /* an enrollment method is configured */
	const char *fingerprint;         /* expected of the CA: upper-case hex digits, or NULL */
	X509 *ca;                        /* NULL: blank */
	int64_t installed_ns;            /* when ca came here, wall clock since 1970 */
	struct trustpoint *next;         /* in the order of definition */
};

/* Reads the files of the state directory; what is wrong with them is logged and left alone. */
struct pki *pki_new(const void *ctx, struct engine *);

const struct trustpoint *pki_first(const struct pki *);
const struct trustpoint *pki_find(const struct pki *, const char *name); /* NULL: not configured */

/* For the configuration rows: the trustpoint of that name, made when there is none. */
struct trustpoint *pki_trustpoint(struct pki *, const char *name);
void pki_remove(struct pki *, const char *name);
/* NULL takes the certificate away. Takes a reference. Its install time is known from earlier, or now. */
void pki_set_ca(struct pki *, const char *name, X509 *ca);

/*
 * Told whenever a trustpoint, its certificate or its identity changes; perhaps just before it does, so it is
 * to be looked at when the loop comes round. One at most.
 */
void pki_on_change(struct pki *, void (*f)(void *arg), void *arg);

/* ---- trustpool ---- */
const STACK_OF(X509) * pki_pool(const struct pki *);
bool pki_pool_has(const struct pki *, const X509 *);
/* Adds what is not there yet and saves the pool; *added may be NULL. */
bool pki_pool_add(struct pki *, const STACK_OF(X509) *, size_t *added, struct err *);
bool pki_pool_clean(struct pki *, struct err *);

/* ---- identities: pki/identity.h has the JSON, here with the key sealed ---- */
/* Borrowed; NULL: the trustpoint has none. */
const json_t *pki_identity(const struct pki *, const char *trustpoint);
X509 *pki_identity_cert(const struct pki *, const char *trustpoint); /* the caller owns the reference */
/* Takes the reference on `sealed`. It goes with its trustpoint. */
bool pki_set_identity(struct pki *, const char *trustpoint, json_t *sealed, struct err *);

/* ---- use ---- */
/*
 * What a connection may trust now: every authenticated trustpoint with its policy, then the
 * trustpool, whose certificates are named "Trustpool" and are not checked for revocation.
 */
struct trust *pki_snapshot(const void *ctx, const struct pki *);

/* Adds the system's certificates under the name "System"; what cannot be read is logged. */
void pki_add_system(struct pki *, struct trust *);

/* An installed certificate (trustpoint or pool) that signed `cert` with a key that may sign certificates; or NULL. */
X509 *pki_signer(const struct pki *, X509 *cert);

struct pki_counters {
	uint64_t started, ended;     /* sessions */
	uint64_t successful, failed; /* validations */
	uint64_t crls_checked, crl_fetches, crl_failed;
};
const struct pki_counters *pki_counters(const struct pki *);
/*
 * A helper's connection to `host` has come to its end: `tls` as pki/tls.h describes it, NULL without TLS;
 * its peer's chain found good or not. Counted when a chain was seen, and watched for its end.
 */
void pki_session(struct pki *, const char *host, const json_t *tls, bool valid);

/* ---- revocation: pki/revocation_cache.h has the messages ---- */
/* What a helper tells: entries and counters. `known`: see learnt_take(). */
void pki_learn(struct pki *, const json_t *message, uint64_t *known);
struct learnt *pki_learnt(const struct pki *);

#endif
