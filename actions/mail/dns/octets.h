/* Octets as lower-case hex digits, as TLSA data is written. Any thread. */
#ifndef ACTIONS_MAIL_DNS_OCTETS_H
#define ACTIONS_MAIL_DNS_OCTETS_H

#include <stddef.h>

char *octets_to_hex(const void *ctx, const unsigned char *data, size_t n);

/* NULL when it is no even number of hex digits. Never NULL for "". */
unsigned char *octets_from_hex(const void *ctx, const char *hex, size_t *n);

#endif
