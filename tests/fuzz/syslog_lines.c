/*
 * Any octets as a file that is followed: the lines do not depend on where reading stopped. The first octet is the
 * size of the pieces, in units of 700 octets.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syslog/lines.h"
#include "syslog/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A checksum over lines and their ends. What is not done with is read again, together with what came. */
static uint64_t
cut(const char *s, size_t n, size_t step)
{
	struct lines l = { false };
	uint64_t sum = 14695981039346656037u;
	size_t at = 0, seen = 0;

	while (seen < n) {
		size_t used;
		struct slice line;
		bool is_cut;

		seen = step < n - seen ? seen + step : n;
		while (lines_next(&l, s + at, seen - at, false, &line, &is_cut, &used)) {
			if (used == 0 || used > seen - at || line.n == 0 || line.n > SYSLOG_LINE_MAX)
				abort();
			for (size_t i = 0; i < line.n; i++)
				sum = (sum ^ (unsigned char)line.s[i]) * 1099511628211u;
			sum = (sum ^ (is_cut ? 257u : 256u)) * 1099511628211u;
			at += used;
		}
		if (used > seen - at)
			abort();
		at += used;
		if (seen - at > SYSLOG_LINE_MAX)
			abort();
	}
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 2)
		return 0;
	if (cut((const char *)data + 1, n - 1, 1 + 700 * (size_t)(data[0] % 16)) !=
		cut((const char *)data + 1, n - 1, n))
		abort();
	return 0;
}
