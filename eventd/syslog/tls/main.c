/*
 * eventd-tls: receives syslog over TLS (RFC 5425). It holds the certificate's key, meets whoever connects, and
 * hands messages on; a process for each listener.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <curl/curl.h>

#include "core/mem.h"
#include "core/privilege.h"
#include "syslog/tls/server.h"

int
main(void)
{
	const struct rlimit none = { 0, 0 };
	void *ctx = mem_ctx(NULL, "eventd-tls");
	struct err err = ERR_INIT;

	setrlimit(RLIMIT_CORE, &none);
	privilege_many_files();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	if (!privilege_drop(&err)) {
		fprintf(stderr, "eventd-tls: %s\n", err.text);
		return 1;
	}
	prctl(PR_SET_DUMPABLE, 0);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	server_run(ctx);
	mem_free(ctx);
	curl_global_cleanup();
	return 0;
}
