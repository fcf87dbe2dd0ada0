/*
 * Fuzz target: what lldpcli prints. Objects are found wherever the stream is cut; what is read of one is text that ends.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "peers/lldp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct lldp_change c;
	size_t from, n;

	while ((n = lldp_object(s, size, &from)) > 0) {
		json_t *j;

		if (from + n > size || s[from] != '{' || s[from + n - 1] != '}')
			abort();
		j = json_loadb(s + from, n, JSON_ALLOW_NUL, NULL);
		if (lldp_change_read(j, &c) &&
			strlen(c.interface) + strlen(c.name) + strlen(c.port) + strlen(c.description) > n)
			abort();
		if (lldp_neighbor_read(j, &c) &&
			strlen(c.interface) + strlen(c.chassis) + strlen(c.address) + strlen(c.address6) > n)
			abort();
		json_decref(j);
		s += from + n;
		size -= from + n;
	}
	return 0;
}
