/*
 * Who calls: the clients of the configuration, each known by a token or by a certificate below its
 * trustpoint. Helper only, one thread.
 */
#ifndef RPC_CALLER_H
#define RPC_CALLER_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>
#include <openssl/x509.h>

#include "core/err.h"

struct callers;
struct revocation_cache;
struct tls_check;

/* [{"name","token"} | {"name","trust":pki/trust.h,"as":NAME}, "policy":RE], ...; NULL with err. */
struct callers *callers_new(const void *ctx, const json_t *clients, struct revocation_cache *, struct err *);

/* Does any of them show a certificate? Then everyone is asked for one. */
bool callers_have_certificates(const struct callers *);
/* Their certificates, PEM, for the list that a TLS server names. NULL: none. */
char *callers_authorities(const void *ctx, const struct callers *);

/*
 * Who shows this: `chain` (peer first) may be NULL, `token` too. The client's name; or NULL with the reason in
 * err; or NULL and `check`, the caller's, which has to run first: then it is asked again with `checked`, the
 * client that it was for.
 */
struct caller_shown {
	const STACK_OF(X509) * chain;
	const char *token;
	const char *checked; /* NULL: none */
};
struct caller_check {
	struct tls_check *check; /* NULL: none is needed */
	const char *client;      /* borrowed from the callers */
};
const char *callers_find(
	struct callers *, const struct caller_shown *, struct caller_check *needed, struct err *err);

/* May this client run the policy? */
bool callers_may_run(const struct callers *, const char *client, const char *policy);

#endif
