/*
 * Finds the ways from a certificate up to a trustpoint, over received and installed certificates, in
 * any order, with cross certificates and renewals: every way is offered in turn until one pleases.
 * Bounded in certificates, ways, signature checks and CPU. Any thread.
 */
#ifndef PKI_PATH_H
#define PKI_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "pki/trust.h"
#include "pki/verify.h"

#define PATH_MAX_CERTS (PKI_MAX_DEPTH + 2) /* peer, intermediates, anchor */

struct path {
	X509 *certs[PATH_MAX_CERTS]; /* peer first; borrowed */
	size_t count;
	const struct trustpoint_snapshot *anchor; /* of the last certificate; NULL: the way ends nowhere */
	bool too_deep;                            /* it ended because more intermediates are not allowed */
	bool bad_signature;                       /* an issuer by name is there, but did not sign */
};

enum path_limit { PATH_LIMIT_NONE, PATH_LIMIT_CERTS, PATH_LIMIT_WORK };

/* Answers true to end the search. */
typedef bool path_f(void *arg, const struct path *);

/*
 * Offers each complete way, the one that IOS takes first; when there was none, offers the longest
 * incomplete one.
 */
enum path_limit path_search(const struct pki_request *, path_f *, void *arg);

/* The trustpoint that holds exactly this certificate, or NULL. */
const struct trustpoint_snapshot *trust_find_identical(const struct trust *, const X509 *);

/* Trustpoint number *at or later whose subject is `name`; *at moves behind it. NULL at the end. */
const struct trustpoint_snapshot *trust_next_subject(const struct trust *, const X509_NAME *name, size_t *at);

bool cert_is_self_issued(const X509 *);

#endif
