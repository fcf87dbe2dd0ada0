/* Credentials in foreign octets: marking must stay inside, and what is marked once is marked again. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/credentials.h"
#include "capture/login.h"
#include "core/mem.h"

#include <pcap/dlt.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
as_packets(const uint8_t *data, size_t n)
{
	static const int linktypes[] = { DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_LINUX_SLL2 };

	for (size_t i = 0; i < sizeof linktypes / sizeof linktypes[0]; i++) {
		struct credentials *c = credentials_keep(NULL);
		unsigned char *copy = mem_dup(c, data, n);

		credentials_learn(c, linktypes[i], data, n / 2);
		credentials_learn(c, linktypes[i], data, n);
		credentials_star(c, linktypes[i], copy, n);
		mem_free(c);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	unsigned char *octets = calloc(n + 1, 1), *secret = calloc(n + 1, 1), *again = calloc(n + 1, 1);

	if (n > 0)
		memcpy(octets, data, n);
	secret[n] = again[n] = 2;
	login_mark(octets, n, secret);
	login_mark_ber(octets, n, secret);
	assert(secret[n] == 2);
	login_mark(octets, n, again);
	login_mark_ber(octets, n, again);
	assert(memcmp(secret, again, n) == 0);
	free(octets);
	free(secret);
	free(again);
	if (n > 0)
		as_packets(data, n);
	return 0;
}
