/* A message that is read again: its subject is UTF-8 wherever the raw one is, and nothing grows. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail/decode.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = mem_ctx(NULL, "fuzz");
	char *message = mem_strndup(ctx, (const char *)data, size);
	struct text *body = text_new(ctx);
	const char *subject = decode_field(ctx, message, "Subject");

	decode_body(body, message);
	if (body->len > size || strlen(subject) > size)
		abort();
	if (utf8_valid(message, strlen(message)) && !utf8_valid(subject, strlen(subject)))
		abort();
	mem_free(ctx);
	return 0;
}
