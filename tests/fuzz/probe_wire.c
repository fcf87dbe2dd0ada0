/* Echo replies and answers of name servers, as anybody may send them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "probe/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	unsigned char query[300], *copy;
	const unsigned char *payload;
	char addresses[64] = "";
	size_t len, q;

	if (n < 1)
		return 0;
	copy = malloc(n); /* exactly as long: one octet too far is seen */
	if (copy == NULL)
		return 0;
	memcpy(copy, data + 1, n - 1);
	if (echo_parse(copy, n - 1, (data[0] & 1) != 0, (data[0] & 2) != 0, (data[0] & 4) != 0 ? 0x1234 : 0,
		    &payload, &len) >= 0 &&
		(payload < copy || payload + len > copy + n - 1))
		abort();
	q = dns_query(query, sizeof query, (uint16_t)(data[0] << 8 | 0x55), "www.example.test", DNS_A);
	dns_answers(copy, n - 1, query, q);
	if (lookup_addresses(copy, n - 1, (data[0] & 1) != 0 ? DNS_AAAA : DNS_A, addresses,
		    sizeof addresses) != (addresses[0] != '\0'))
		abort();
	free(copy);
	return 0;
}
