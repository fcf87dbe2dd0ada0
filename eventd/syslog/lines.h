/*
 * Cuts what is read from a file into lines, each a message. Only a line with its end is one, as its writer may
 * not be done; what is longer than SYSLOG_LINE_MAX is cut and its rest passed over. The zeros that a file has
 * where it was truncated under its writer are no part of the line behind them. Any thread.
 */
#ifndef SYSLOG_LINES_H
#define SYSLOG_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct lines {
	bool skip; /* passing over the rest of a line that was cut */
};

/*
 * The next line of data[0..n), without its end. *used: octets that are done with, in any case. `last`: no more
 * comes, so that a line without its end is one. *cut: it was longer. False: no further line in here.
 */
bool lines_next(
	struct lines *, const char *data, size_t n, bool last, struct slice *line, bool *cut, size_t *used);

#endif
