/* What a device's program prints: the first line is what was typed, the rest comes back in pieces. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/device/screen.h"
#include "core/mem.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = mem_ctx(NULL, "fuzz");
	struct screen *s = screen_new(ctx);
	struct text *out = text_new(ctx);
	const uint8_t *lf = memchr(data, '\n', size);
	size_t typed = lf != NULL ? (size_t)(lf - data) : 0;

	screen_typed(s, lf != NULL ? mem_strndup(ctx, (const char *)data, typed) : NULL);
	for (size_t at = typed; at < size; at += 7)
		screen_feed(s, (const char *)data + at, size - at < 7 ? size - at : 7, out);
	/* Nothing is made up: text comes from what was printed or from the echo that it began with. */
	if (out->len > size || strlen(screen_line(s)) > out->len)
		abort();
	mem_free(ctx);
	return 0;
}
