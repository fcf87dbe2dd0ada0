/* The grammar of `last N`. */
#include "cli/last.h"

const struct kw last_kw[] = {
	{ .word = "last",
		.help = "Show only the last messages",
		.type = &kw_number,
		KW_AT(struct last_args, last),
		.min = 1,
		.max = 1000000 },
	KW_END,
};

uint64_t
last_skipped(const struct last_args *a, uint64_t count)
{
	uint64_t wanted = a->last.set ? (uint64_t)a->last.v : count;

	return count > wanted ? count - wanted : 0;
}
