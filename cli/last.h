/* `last N` behind a command that shows lines of a log: only so many of them, the newest. */
#ifndef CLI_LAST_H
#define CLI_LAST_H

#include <stdint.h>

#include "cli/kw/kw.h"

struct last_args {
	struct kw_int last;
};

extern const struct kw last_kw[];

/* How many of `count` lines, the oldest, are not shown. */
uint64_t last_skipped(const struct last_args *, uint64_t count);

#endif
