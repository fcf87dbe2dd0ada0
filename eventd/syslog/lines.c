/* Cuts what is read from a file into lines. */
#include "syslog/lines.h"

#include <string.h>

#include "syslog/message.h"

static const char *
find_end(const char *p, size_t n)
{
	return n > 0 ? memchr(p, '\n', n) : NULL;
}

bool
lines_next(
	struct lines *l, const char *data, size_t n, bool last, struct slice *line, bool *cut, size_t *used)
{
	const char *end;
	size_t at = 0;

	*cut = false;
	if (l->skip) {
		end = find_end(data, n);
		at = end != NULL ? (size_t)(end - data) + 1 : n;
		l->skip = end == NULL && !last;
	}
	while (at < n && (data[at] == '\0' || data[at] == '\n' || data[at] == '\r'))
		at++;
	*used = at;
	if (at == n)
		return false;
	end = find_end(data + at, n - at < SYSLOG_LINE_MAX + 1 ? n - at : SYSLOG_LINE_MAX + 1);
	if (end == NULL && n - at <= SYSLOG_LINE_MAX && !last)
		return false;
	if (end != NULL) {
		*line = slice_between(data + at, end);
		*used = at + line->n + 1;
		return true;
	}
	*cut = n - at > SYSLOG_LINE_MAX;
	*line = (struct slice){ data + at, *cut ? SYSLOG_LINE_MAX : n - at };
	*used = at + line->n;
	l->skip = *cut;
	return true;
}
