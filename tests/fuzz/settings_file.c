/* Fuzz target: a settings file. */
#include <stddef.h>
#include <stdint.h>

#include "core/mem.h"
#include "core/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
note(void *arg, const struct err *err)
{
	(void)arg, (void)err;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = mem_ctx(NULL, "fuzz");

	settings_parse(ctx, (const char *)data, size, note, NULL);
	mem_free(ctx);
	return 0;
}
