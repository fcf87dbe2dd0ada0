/*
 * Cuts a syslog stream into messages (RFC 6587): octet counting ("83 <189>...") and lines, told apart
 * for each message, as senders mix them. The caller keeps the octets in a buffer of its own; the
 * answer never depends on how the stream was split into reads. One struct per connection; any thread.
 */
#ifndef SYSLOG_OCTETS_H
#define SYSLOG_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

#define OCTETS_COUNT_MAX 1048576u /* a greater count is no syslog: the stream is refused */

struct octets {
	size_t max;     /* octets of one message that are kept; the rest of it is passed over */
	size_t skip;    /* octets of a counted message still to be passed over */
	bool skip_line; /* passing over the rest of a line */
	uint64_t cut;   /* messages that were longer than max */
};

/* `max` must be at least 16. The caller's buffer must hold max + 16 octets. */
void octets_init(struct octets *, size_t max);

enum octets_result {
	OCTETS_MESSAGE, /* one message: `out`, a view into the data, without its line end */
	OCTETS_MORE,    /* the data holds no further whole message */
	OCTETS_REFUSED, /* a count that cannot be: close the connection */
};

/*
 * The next message in data[0..n). *used says how many octets are done with, in every case: drop them,
 * keep the rest in front of what comes next. `end`: nothing comes behind these octets, so a last line
 * without its end is a message, and an incomplete counted one is not. Empty lines are passed over.
 */
enum octets_result octets_next(
	struct octets *, const char *data, size_t n, bool end, struct slice *out, size_t *used);

#endif
