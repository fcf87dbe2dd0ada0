/*
 * A file that is being written by a process of its own: a copy of ours, with the buffer as it was in that moment,
 * so that packets go on coming in meanwhile however slow the disk is. One thread.
 */
#ifndef CAPTURE_WRITING_H
#define CAPTURE_WRITING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct recording;
struct window;
struct writing;

struct written {
	uint64_t packets, bytes;
	int64_t first_ns, last_ns; /* of its packets */
	bool is_cut;               /* max_bytes was reached */
	char why[160];             /* it failed: the file is not whole */
};

/* The window's packets; `window` is taken. NULL with err. */
struct writing *writing_start(const void *ctx, struct recording *, struct window *, struct err *);

int writing_fd(const struct writing *); /* readable: it is over */
const struct window *writing_window(const struct writing *);
void writing_finish(struct writing *, struct written *); /* waits; then free it */

#endif
