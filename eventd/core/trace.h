/*
 * Where trace lines go: a sink with a mask. In the engine the sink writes debug log lines; in a
 * helper it sends them to the engine with its own time stamp; in a test it collects them.
 * A line is produced only when a switch in its mask is on, so callers may trace freely. One thread a sink.
 */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/debug.h"

/*
 * `stamped`: the line begins a log line of its own (prefixed with a time stamp and ": ");
 * otherwise it continues the previous one, as IOS prints digests. `text` has no final newline.
 */
typedef void trace_f(void *arg, debug_mask why, bool stamped, const char *text);

struct trace {
	debug_mask on; /* switches that somebody has turned on */
	trace_f *f;
	void *arg;
};

/* Is any switch of `mask` on? A NULL trace is off. Use before costly formatting. */
bool trace_on(const struct trace *, debug_mask mask);

void trace_line(const struct trace *, debug_mask why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void trace_more(const struct trace *, debug_mask why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4))); /* an unstamped continuation line */

/* "02 2A": at most 16 bytes a line, upper case; stamped as asked. */
void trace_hex(const struct trace *, debug_mask why, bool stamped, const void *data, size_t n);

#endif
