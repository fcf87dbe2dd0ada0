/* Cuts a syslog stream into messages (RFC 6587). */
#include "syslog/octets.h"

#define COUNT_DIGITS_MAX 10u

void
octets_init(struct octets *o, size_t max)
{
	*o = (struct octets){ .max = max };
}

/* What stands at the beginning of a message. */
enum head { HEAD_LINE, HEAD_COUNT, HEAD_UNKNOWN, HEAD_REFUSED };

/*
 * MSG-LEN SP, followed by the `<` of a priority (RFC 6587 3.4.1). Without the `<` it is a line that
 * begins with a number, as IOS sequence numbers do.
 */
static enum head
read_head(const char *p, size_t n, bool end, size_t *count, size_t *len)
{
	size_t i = 0;

	*count = 0;
	if (n > 0 && (p[0] < '1' || p[0] > '9'))
		return HEAD_LINE;
	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
		if (i == COUNT_DIGITS_MAX + 2) /* long since refused, if it is a count at all */
			return HEAD_LINE;
		if (*count <= OCTETS_COUNT_MAX)
			*count = *count * 10 + (size_t)(p[i] - '0');
	}
	if (i == n || (i + 1 == n && p[i] == ' '))
		return end ? HEAD_LINE : HEAD_UNKNOWN;
	if (p[i] != ' ' || p[i + 1] != '<')
		return HEAD_LINE;
	*len = i + 1;
	return *count > OCTETS_COUNT_MAX ? HEAD_REFUSED : HEAD_COUNT;
}

static bool
is_line_end(char c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

/* Passes over what is left of a message that was too long. False: more is to come. */
static bool
pass_over(struct octets *o, const char *p, size_t n, size_t *at)
{
	size_t left = n - *at, take = o->skip < left ? o->skip : left;
	const char *line;

	*at += take;
	o->skip -= take;
	if (o->skip > 0)
		return false;
	if (!o->skip_line)
		return true;
	line = memchr(p + *at, '\n', n - *at);
	*at = line != NULL ? (size_t)(line - p) + 1 : n;
	o->skip_line = line == NULL;
	return line != NULL;
}

static enum octets_result
take_counted(struct octets *o, const char *p, size_t n, bool end, size_t count, struct slice *out, size_t *at)
{
	size_t keep = count < o->max ? count : o->max;

	if (n < keep) {
		*at += end ? n : 0;
		return OCTETS_MORE;
	}
	o->skip = count - keep;
	o->cut += o->skip > 0;
	*out = (struct slice){ p, keep };
	*at += keep;
	return OCTETS_MESSAGE;
}

static enum octets_result
take_line(struct octets *o, const char *p, size_t n, bool end, struct slice *out, size_t *at)
{
	const char *line = memchr(p, '\n', n < o->max + 1 ? n : o->max + 1);
	size_t len = line != NULL ? (size_t)(line - p) : n;

	if (line == NULL && n <= o->max && !end)
		return OCTETS_MORE;
	if (len > o->max) {
		len = o->max;
		o->skip_line = true;
		o->cut++;
	}
	*at += line != NULL ? len + 1 : len;
	while (len > 0 && is_line_end(p[len - 1]))
		len--;
	*out = (struct slice){ p, len };
	return OCTETS_MESSAGE;
}

enum octets_result
octets_next(struct octets *o, const char *p, size_t n, bool end, struct slice *out, size_t *used)
{
	size_t count, len = 0;
	enum octets_result r;

	*used = 0;
	for (;;) {
		if (!pass_over(o, p, n, used))
			return OCTETS_MORE;
		while (*used < n && is_line_end(p[*used])) /* some senders end counted messages so, too */
			++*used;
		if (*used == n)
			return OCTETS_MORE;
		switch (read_head(p + *used, n - *used, end, &count, &len)) {
		case HEAD_UNKNOWN:
			return OCTETS_MORE;
		case HEAD_REFUSED:
			return OCTETS_REFUSED;
		case HEAD_COUNT:
			if (n - *used - len < count && n - *used - len < o->max && !end)
				return OCTETS_MORE;
			*used += len;
			r = take_counted(o, p + *used, n - *used, end, count, out, used);
			return r;
		case HEAD_LINE:
			return take_line(o, p + *used, n - *used, end, out, used);
		}
	}
}
