/*
 * What a connection may trust, by value: a snapshot of the authenticated trustpoints with their
 * policies. The engine makes one for each mail job and sends it along as JSON; `pki verify` makes
 * one from files. Immutable once built; owned by its context. Any thread.
 */
#ifndef PKI_TRUST_H
#define PKI_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>
#include <openssl/x509.h>

#include "core/err.h"

enum revocation_method { REVOCATION_NONE, REVOCATION_CRL, REVOCATION_OCSP };

struct trustpoint_policy {
	enum revocation_method revocation[3]; /* tried in order */
	size_t revocation_count;              /* 0 = nothing is checked */
	bool chain_continue;                  /* chain-validation continue */
	const char *parent;                   /* of `continue PARENT`, or NULL */
	const char *ocsp_url;                 /* override, or NULL */
};

struct trustpoint_snapshot {
	const char *name; /* "CA-GTS-1C3" */
	X509 *cert;       /* its authenticated certificate: root, intermediate or leaf */
	struct trustpoint_policy policy;
};

struct trust {
	struct trustpoint_snapshot *points;
	size_t count;
};

struct trust *trust_new(const void *ctx);

/* Copies name and policy, takes a reference on cert. */
void trust_add(struct trust *, const char *name, X509 *cert, const struct trustpoint_policy *);

struct trust *trust_copy(const void *ctx, const struct trust *);

json_t *trust_to_json(const struct trust *);
struct trust *trust_from_json(const void *ctx, const json_t *, struct err *);

#endif
