/*
 * The data of single DNS records as they came over the wire (RFC 1035, RFC 3596, RFC 6698): decoded
 * with every length checked. Names must be uncompressed. Pure; any thread.
 */
#ifndef ACTIONS_MAIL_DNS_RDATA_H
#define ACTIONS_MAIL_DNS_RDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pki/dane.h"

/* The wire has names of 255 octets at most; presented without escapes they are shorter. */
#define RDATA_NAME_MAX 256

enum {
	RDATA_A = 1,
	RDATA_CNAME = 5,
	RDATA_MX = 15,
	RDATA_TXT = 16,
	RDATA_AAAA = 28,
	RDATA_DNSKEY = 48,
	RDATA_TLSA = 52
};

/*
 * A host name in lower case without final dot; "" is the root. False when it is no name, is followed by
 * more, or holds what no host name does (letters, digits, hyphen, underscore).
 */
bool rdata_host(const uint8_t *data, size_t n, char out[RDATA_NAME_MAX]);

struct rdata_mx {
	unsigned preference;
	char host[RDATA_NAME_MAX];
};
bool rdata_mx(const uint8_t *data, size_t n, struct rdata_mx *);

/* Numeric text of an A (4 octets) or AAAA record (16); NULL for any other length. */
char *rdata_address(const void *ctx, const uint8_t *data, size_t n);

/* False when there is no association data. */
bool rdata_tlsa(const void *ctx, const uint8_t *data, size_t n, struct dane_record *);

/* The strings of a TXT record joined; NULL when they do not fill it exactly or hold a NUL. */
char *rdata_txt(const void *ctx, const uint8_t *data, size_t n);

/*
 * Seconds until the first signature in the answer section of a whole message ends (RFC 4034 3.1.5), 0
 * when one has; UINT32_MAX when there is none, or the message cannot be read that far.
 */
uint32_t rdata_signed_for(const uint8_t *message, size_t n, uint32_t now);

#endif
