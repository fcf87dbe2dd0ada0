/* eventd-follow: follows files through rotation. It reads them with the rights of eventd, and understands nothing of them. */
#include "core/helper_side.h"
#include "core/mem.h"
#include "syslog/follow/follow.h"

int
main(void)
{
	void *ctx;

	helper_side_harden();
	ctx = mem_ctx(NULL, "eventd-follow");
	follow_run(ctx);
	mem_free(ctx);
	return 0;
}
