/*
 * Any octets as a syslog stream: the messages do not depend on how it was split. The first octet is
 * the size of the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syslog/octets.h"

#define MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A checksum over messages and their ends. */
static uint64_t
cut(const char *s, size_t n, size_t step)
{
	struct octets o;
	char *buf = malloc(n + 1);
	size_t have = 0, fed = 0;
	uint64_t sum = 14695981039346656037u;
	enum octets_result r = OCTETS_MORE;

	octets_init(&o, MAX);
	while (fed < n && r != OCTETS_REFUSED) {
		size_t take = step < n - fed ? step : n - fed, used;
		struct slice m;

		memcpy(buf + have, s + fed, take);
		have += take;
		fed += take;
		do {
			r = octets_next(&o, buf, have, fed == n, &m, &used);
			if (used > have || (r == OCTETS_MESSAGE && (used == 0 || m.n > MAX)))
				abort();
			for (size_t i = 0; r == OCTETS_MESSAGE && i <= m.n; i++)
				sum = (sum ^ (i < m.n ? (unsigned char)m.s[i] : 256u)) * 1099511628211u;
			have -= used;
			memmove(buf, buf + used, have);
		} while (r == OCTETS_MESSAGE);
		if (r == OCTETS_MORE && have > MAX + 16)
			abort();
	}
	free(buf);
	return r == OCTETS_REFUSED ? sum + 1 : sum + 2 * o.cut;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 2 || n > 4096)
		return 0;
	if (cut((const char *)data + 1, n - 1, 1 + data[0] % 16) != cut((const char *)data + 1, n - 1, n))
		abort();
	return 0;
}
