/* Octets as hex digits. */
#include "actions/mail/dns/octets.h"

#include <string.h>

#include "core/mem.h"

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

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

unsigned char *
octets_from_hex(const void *ctx, const char *hex, size_t *n)
{
	size_t len = strlen(hex);
	unsigned char *data;

	if (len % 2 != 0)
		return NULL;
	data = mem_alloc(ctx, len / 2 + 1);
	for (size_t i = 0; i < len / 2; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0) {
			mem_free(data);
			return NULL;
		}
		data[i] = (unsigned char)(high << 4 | low);
	}
	*n = len / 2;
	return data;
}
