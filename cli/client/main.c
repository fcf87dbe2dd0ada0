/* eventctl: a terminal on the daemon, and a few commands that need none. */
#include <signal.h>
#include <unistd.h>

#include "cli/client/offline.h"
#include "cli/client/oneshot.h"
#include "cli/client/options.h"
#include "cli/client/terminal.h"
#include "core/mem.h"

int
main(int argc, char **argv)
{
	void *ctx = mem_ctx(NULL, "eventctl");
	struct ctl_options o;
	int status = offline_run(argc, argv);

	if (status < 0)
		status = ctl_options_parse(ctx, argc, argv, &o);
	if (status < 0) {
		if (o.n_commands == 0 && o.file == NULL && isatty(STDIN_FILENO))
			status = terminal_run(&o);
		else
			status = oneshot_run(&o);
	}
	mem_free(ctx);
	return status;
}
