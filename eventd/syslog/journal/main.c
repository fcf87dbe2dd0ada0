/* eventd-journal: follows the systemd journal through journalctl(1), with the rights of eventd. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/mem.h"
#include "syslog/journal/journal.h"

int
main(void)
{
	const struct rlimit none = { 0, 0 };
	void *ctx = mem_ctx(NULL, "eventd-journal");

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	journal_run(ctx);
	mem_free(ctx);
	return 0;
}
