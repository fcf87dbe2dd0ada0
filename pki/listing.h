/*
 * One certificate as `show crypto pki certificates [verbose]` prints it: the fields, their order and
 * which of them may be absent are those of IOS XE 17. Engine thread only.
 */
#ifndef PKI_LISTING_H
#define PKI_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

struct writer;

struct listing {
	const char *heading; /* "CA Certificate": how it was installed, not what it is */
	X509 *cert;
	int64_t installed_ns;           /* wall clock since 1970, 0 = not known */
	const char *const *trustpoints; /* that hold this certificate; "Trustpool" last */
	size_t trustpoint_count;
};

/* In JSON: the members of an object that the caller has opened. */
void listing_show(struct writer *, const struct listing *, bool verbose);

#endif
