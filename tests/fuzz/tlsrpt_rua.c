/* The record that says where TLS reports go: refused with a reason, or addresses that may be written to. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail/report/rua.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = mem_ctx(NULL, "fuzz");
	struct err err = ERR_INIT;
	const char *text = mem_strndup(ctx, (const char *)data, size);
	struct rua *r = rua_parse(ctx, &text, 1, &err);

	if ((r == NULL) == (err.text[0] == '\0') || (r != NULL && (r->count == 0 || r->count > RUA_MAX)))
		abort();
	for (size_t i = 0; r != NULL && i < r->count; i++) {
		const struct rua_target *t = &r->targets[i];
		const char *to = t->is_mail ? t->mailbox : t->host;

		if (to == NULL || to[0] == '\0' || to[0] == '-' || strpbrk(to, "\r\n \t<>") != NULL)
			abort();
		if (!t->is_mail && (t->port < 1 || t->port > 65535))
			abort();
	}
	mem_free(ctx);
	return 0;
}
