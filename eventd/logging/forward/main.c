/*
 * eventd-forward: brings this device's messages to one host (forward.h); a process for each `logging host`. It gives
 * root up before it reads.
 */
#include <stdio.h>

#include <curl/curl.h>

#include "core/helper_side.h"
#include "core/mem.h"
#include "core/privilege.h"
#include "logging/forward/forward.h"

int
main(void)
{
	void *ctx = mem_ctx(NULL, "eventd-forward");
	struct err err = ERR_INIT;

	helper_side_harden();
	if (!privilege_drop(&err)) {
		fprintf(stderr, "eventd-forward: %s\n", err.text);
		return 1;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	forward_run(ctx);
	mem_free(ctx);
	curl_global_cleanup();
	return 0;
}
