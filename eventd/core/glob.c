/* Glob patterns as Tcl's `string match`. */
#include "core/glob.h"

#include <stdint.h>

#include "core/text.h"

struct cursor {
	const char *at, *end;
	bool chars; /* UTF-8 characters, else bytes */
	bool nocase;
};

static uint32_t
fold(const struct cursor *c, uint32_t ch)
{
	return c->nocase && ch >= 'A' && ch <= 'Z' ? ch + ('a' - 'A') : ch;
}

/* The next character, case folded as asked. The cursor is not at its end. */
static uint32_t
take(struct cursor *c)
{
	static const unsigned char lead[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t n = c->chars ? utf8_len(c->at, (size_t)(c->end - c->at)) : 1;
	uint32_t ch;

	if (n <= 1)
		return fold(c, (unsigned char)*c->at++);
	ch = (unsigned char)*c->at++ & lead[n];
	while (--n > 0)
		ch = ch << 6 | ((unsigned char)*c->at++ & 0x3f);
	return ch;
}

static bool
at_end(const struct cursor *c)
{
	return c->at == c->end;
}

/* Behind `[`: does the set contain ch? Leaves p behind `]`, or at the end where that is missing. */
static bool
set_contains(struct cursor *p, uint32_t ch)
{
	bool found = false;

	while (!at_end(p) && *p->at != ']') {
		uint32_t low = take(p), high = low;

		if (low == '\\' && !at_end(p))
			low = high = take(p);
		if (p->end - p->at >= 2 && p->at[0] == '-' && p->at[1] != ']') {
			p->at++;
			high = take(p);
		}
		if (low > high ? ch >= high && ch <= low : ch >= low && ch <= high)
			found = true;
	}
	if (!at_end(p))
		p->at++;
	return found;
}

/* One element of the pattern that is no `*`, against one character. */
static bool
one(struct cursor *p, struct cursor *s)
{
	uint32_t ch = take(s), want = take(p);

	if (want == '?')
		return true;
	if (want == '[')
		return set_contains(p, ch);
	if (want == '\\' && !at_end(p))
		want = take(p);
	return want == ch;
}

/* The usual two-pointer walk: after a failure the last `*` takes one more character. */
static bool
walk(struct cursor p, struct cursor s)
{
	struct cursor star = p, retry = s;
	bool has_star = false;

	for (;;) {
		if (!at_end(&p) && *p.at == '*') {
			p.at++;
			star = p;
			retry = s;
			has_star = true;
			continue;
		}
		if (at_end(&s)) {
			if (at_end(&p))
				return true;
			return false;
		}
		if (!at_end(&p) && one(&p, &s))
			continue;
		if (!has_star || at_end(&retry))
			return false;
		take(&retry);
		p = star;
		s = retry;
	}
}

bool
glob_match(const char *pattern, size_t pattern_len, const char *s, size_t n, bool nocase)
{
	bool chars = utf8_valid(pattern, pattern_len) && utf8_valid(s, n);
	struct cursor p = { .at = pattern, .end = pattern + pattern_len, .chars = chars, .nocase = nocase };
	struct cursor t = { .at = s, .end = s + n, .chars = chars, .nocase = nocase };

	return walk(p, t);
}
