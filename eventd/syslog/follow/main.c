/* eventd-follow: follows files through rotation. It reads them with the rights of eventd, and understands nothing of them. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/mem.h"
#include "syslog/follow/follow.h"

int
main(void)
{
	const struct rlimit none = { 0, 0 };
	void *ctx = mem_ctx(NULL, "eventd-follow");

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	follow_run(ctx);
	mem_free(ctx);
	return 0;
}
