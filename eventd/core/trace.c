/* Trace lines: formatting in front of a sink. */
#include "core/trace.h"

#include <stdarg.h>

#include "core/mem.h"
#include "core/text.h"

bool
trace_on(const struct trace *tr, debug_mask mask)
{
	return tr != NULL && (tr->on & mask) != 0;
}

static void
emit(const struct trace *tr, debug_mask why, bool stamped, const char *fmt, va_list ap)
{
	char *line = mem_vprintf(NULL, fmt, ap);

	tr->f(tr->arg, why, stamped, line);
	mem_free(line);
}

void
trace_line(const struct trace *tr, debug_mask why, const char *fmt, ...)
{
	va_list ap;

	if (!trace_on(tr, why))
		return;
	va_start(ap, fmt);
	emit(tr, why, true, fmt, ap);
	va_end(ap);
}

void
trace_more(const struct trace *tr, debug_mask why, const char *fmt, ...)
{
	va_list ap;

	if (!trace_on(tr, why))
		return;
	va_start(ap, fmt);
	emit(tr, why, false, fmt, ap);
	va_end(ap);
}

void
trace_hex(const struct trace *tr, debug_mask why, bool stamped, const void *data, size_t n)
{
	const unsigned char *p = data;
	struct text *t;

	if (!trace_on(tr, why))
		return;
	t = text_new(NULL);
	for (size_t at = 0; at < n; at += 16) {
		text_clear(t);
		text_add_hex(t, p + at, n - at < 16 ? n - at : 16, ' ');
		tr->f(tr->arg, why, stamped, t->s);
	}
	mem_free(t);
}
