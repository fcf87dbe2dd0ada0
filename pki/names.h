/*
 * Does a certificate belong to a host, an address, a mailbox? RFC 9525 for hosts: only dNSName
 * entries, "*" only as the whole left-most label with two labels behind it; RFC 5280 for mailboxes.
 * Any thread.
 */
#ifndef PKI_NAMES_H
#define PKI_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "pki/verify.h"

/* `matched` (may be NULL) receives the entry that fits, e.g. "*.example.com". */
bool name_matches(const X509 *cert, const struct pki_name *, bool legacy_cn, char *matched, size_t size);

/* One presented dNSName against a host name, both in their own bytes. */
bool dns_name_matches(const char *pattern, size_t n, const char *host);

#endif
