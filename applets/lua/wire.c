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

static const char *
from_hex(const void *ctx, const char *hex, size_t n, size_t *len)
{
	char *out = mem_alloc(ctx, n / 2 + 1);

	*len = n / 2;
	if (hex_read(out, hex, n))
		return out;
	mem_free(out);
	return NULL;
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
