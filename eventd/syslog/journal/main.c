/* eventd-journal: follows the systemd journal through journalctl(1), with the rights of eventd. */
#include "core/helper_side.h"
#include "core/mem.h"
#include "syslog/journal/journal.h"

int
main(void)
{
	void *ctx;

	helper_side_harden();
	ctx = mem_ctx(NULL, "eventd-journal");
	journal_run(ctx);
	mem_free(ctx);
	return 0;
}
