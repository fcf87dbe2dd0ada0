/* Octets in JSON. */
#include "applets/lua/wire.h"

#include <string.h>

#include "core/mem.h"
#include "core/text.h"

json_t *
wire_bytes(const char *s, size_t n)
{
	json_t *j = json_stringn(s, n);
	struct text *hex;

	if (j != NULL)
		return j;
	hex = text_new(NULL);
	text_add_hex(hex, s, n, 0);
	j = json_pack("{s:s#}", WIRE_BYTES_KEY, hex->s, (int)hex->len);
	mem_free(hex);
	return j;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *
from_hex(const void *ctx, const char *hex, size_t n, size_t *len)
{
	char *out;

	if (n % 2 != 0)
		return NULL;
	out = mem_alloc(ctx, n / 2 + 1);
	for (*len = 0; *len < n / 2; ++*len) {
		int hi = digit(hex[*len * 2]), lo = digit(hex[*len * 2 + 1]);

		if (hi < 0 || lo < 0) {
			mem_free(out);
			return NULL;
		}
		out[*len] = (char)(hi << 4 | lo);
	}
	return out;
}

const char *
wire_text(const void *ctx, const json_t *j, size_t *n)
{
	const json_t *hex = json_object_get(j, WIRE_BYTES_KEY);

	if (json_is_string(j)) {
		*n = json_string_length(j);
		return json_string_value(j);
	}
	if (!json_is_string(hex) || json_object_size(j) != 1)
		return NULL;
	return from_hex(ctx, json_string_value(hex), json_string_length(hex), n);
}
