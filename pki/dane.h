/*
 * TLSA records (RFC 6698, RFC 7671) and what they say about a server's chain. Constant data by value;
 * any thread.
 */
#ifndef PKI_DANE_H
#define PKI_DANE_H

#include <stddef.h>
#include <stdint.h>

struct dane_record {
	uint8_t usage, selector, matching;
	const unsigned char *data;
	size_t len;
};

#endif
