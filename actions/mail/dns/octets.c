/* Octets as hex digits. */
#include "actions/mail/dns/octets.h"

#include <string.h>

#include "core/mem.h"
#include "core/text.h"

char *
octets_to_hex(const void *ctx, const unsigned char *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *s = mem_alloc(ctx, 2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		s[2 * i] = digits[data[i] >> 4];
		s[2 * i + 1] = digits[data[i] & 15];
	}
	return s;
}

unsigned char *
octets_from_hex(const void *ctx, const char *hex, size_t *n)
{
	size_t len = strlen(hex);
	unsigned char *data;

	data = mem_alloc(ctx, len / 2 + 1);
	if (!hex_read(data, hex, len)) {
		mem_free(data);
		return NULL;
	}
	*n = len / 2;
	return data;
}
