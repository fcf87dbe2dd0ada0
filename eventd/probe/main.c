/*
 * eventd-probe: sends what IP SLA operations send, and says what came back (probe/ask.h has the form); answers what
 * those of others send, when it is told to be a responder. It holds
 * no secrets and no configuration; many probes are under way at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <curl/curl.h>

#include "core/helper_side.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/privilege.h"
#include "probe/run.h"

int
main(void)
{
	struct rlimit files;
	void *ctx = mem_ctx(NULL, "eventd-probe");
	struct echo_sockets sockets;
	struct err err = ERR_INIT;

	helper_side_harden();
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) { /* each probe under way has a socket */
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	echo_open(&sockets);
	if (!privilege_drop_but_ports(&err)) { /* a responder may stand on them */
		fprintf(stderr, "eventd-probe: %s\n", err.text);
		return 1;
	}
	setenv("UV_THREADPOOL_SIZE", "32", 1); /* names and http transactions wait there */
	curl_global_init(CURL_GLOBAL_DEFAULT);
	loop_run(probe_world_new(ctx, &sockets));
	mem_free(ctx);
	curl_global_cleanup();
	return 0;
}
