/* Collapsing a backlog. */
#include "actions/mail/queue/digest.h"

void
queue_digest_commands(struct cli *cli)
{
	(void)cli;
}
