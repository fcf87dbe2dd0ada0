/*
 * A piece of somebody else's bytes: a pointer and a length, not NUL-terminated, valid as long as the
 * owner says. What parsers hand out instead of copies. Any thread.
 */
#ifndef CORE_SLICE_H
#define CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *s;
	size_t n;
};

#define SLICE_NONE                \
	(struct slice)            \
	{                         \
		.s = NULL, .n = 0 \
	}
/* For printf's "%.*s". */
#define SLICE_FMT(x) (int)(x).n, (x).n > 0 ? (x).s : ""

static inline struct slice
slice_of(const char *s)
{
	return (struct slice){ .s = s, .n = strlen(s) };
}

static inline struct slice
slice_between(const char *from, const char *to)
{
	return (struct slice){ .s = from, .n = (size_t)(to - from) };
}

static inline bool
slice_is(struct slice a, const char *s)
{
	return a.n == strlen(s) && (a.n == 0 || memcmp(a.s, s, a.n) == 0);
}

/* Without blanks and tabs at its ends. */
static inline struct slice
slice_trim(struct slice s)
{
	while (s.n > 0 && (s.s[0] == ' ' || s.s[0] == '\t'))
		s.s++, s.n--;
	while (s.n > 0 && (s.s[s.n - 1] == ' ' || s.s[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* What stands before the next `end`, trimmed; all of it where there is none. *rest becomes what follows. */
static inline struct slice
slice_cut(struct slice *rest, char end)
{
	const char *at = rest->n > 0 ? memchr(rest->s, end, rest->n) : NULL;
	struct slice piece = *rest;

	if (at == NULL) {
		rest->s += rest->n;
		rest->n = 0;
	} else {
		piece.n = (size_t)(at - rest->s);
		rest->s = at + 1;
		rest->n -= piece.n + 1;
	}
	return slice_trim(piece);
}

static inline bool
slice_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

#endif
