/*
 * A piece of somebody else's bytes: a pointer and a length, not NUL-terminated, valid as long as the
 * owner says. What parsers hand out instead of copies.
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

static inline bool
slice_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

#endif
