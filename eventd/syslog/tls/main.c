/*
 * eventd-tls: receives syslog over TLS (RFC 5425). It holds the certificate's key, meets whoever connects, and
 * hands messages on; a process for each listener.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>

#include "core/helper_side.h"
#include "core/mem.h"
#include "core/privilege.h"
#include "syslog/tls/inquiry.h"
#include "syslog/tls/server.h"

int
main(void)
{
	void *ctx = mem_ctx(NULL, "eventd-tls");
	struct err err = ERR_INIT;

	helper_side_harden();
	privilege_many_files();
	if (!privilege_drop(&err)) {
		fprintf(stderr, "eventd-tls: %s\n", err.text);
		return 1;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	setenv("UV_THREADPOOL_SIZE", INQUIRY_THREADS, 1);
	if (!server_run(ctx))
		_exit(0);
	mem_free(ctx);
	curl_global_cleanup();
	return 0;
}
