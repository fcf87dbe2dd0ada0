/* A request of a caller, "VERB PATH\\nBODY": either refused with a sentence, or within its limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "rpc/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = mem_ctx(NULL, "fuzz");
	char *text = mem_strndup(ctx, (const char *)data, size), *body = text, *path;
	char *verb = strsep(&body, "\n");
	struct rpc_request r;
	struct err err = ERR_INIT;
	unsigned status;

	path = verb;
	verb = strsep(&path, " ");
	if (path == NULL)
		path = verb;
	if (body == NULL)
		body = path + strlen(path);
	status = rpc_request_read(ctx, verb, path, body, strlen(body), &r, &err);
	if ((status == 200) != (err.code == ERR_NONE) || (status != 200 && err.text[0] == '\0'))
		abort();
	if (status == 200) {
		if (r.nargs > RPC_RUN_ARGS ||
			(r.method == RPC_PUBLISH && (r.type == 0 || r.nargs > RPC_PUBLISH_ARGS)))
			abort();
		if ((r.method == RPC_RUN) != (r.policy != NULL) ||
			(r.policy != NULL && (*r.policy == '\0' || strlen(r.policy) > RPC_NAME_MAX)))
			abort();
		for (size_t i = 0; i < r.nargs; i++)
			if (r.args[i] == NULL)
				abort();
	}
	mem_free(ctx);
	return 0;
}
