/*
 * Host names as DNS, SNI and certificates want them: IDNA 2008 A-labels (RFC 5891, non-transitional)
 * under the STD 3 rules, with the underscore that local names are known to hold. Pure; any thread.
 */
#ifndef ACTIONS_MAIL_HOSTNAME_H
#define ACTIONS_MAIL_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define HOSTNAME_MAX 253

/*
 * `s` is UTF-8. One final dot is dropped. ASCII names stay as typed. NULL and err->class BAD_HOST or
 * TOO_LONG when it is no host name; an IPv4 address is none either.
 */
char *hostname_to_ascii(const void *ctx, const char *s, size_t n, struct err *);

/* Are these n bytes the text of an IPv4 / IPv6 address (no zone, no brackets)? */
bool is_ipv4(const char *s, size_t n);
bool is_ipv6(const char *s, size_t n);

#endif
