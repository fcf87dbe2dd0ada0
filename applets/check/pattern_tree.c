/* The syntax tree of a regular expression. */
#include "applets/check/pattern_tree.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/regex.h"

enum { DEPTH_MAX = 64, COPIES_MAX = 8 };

struct reader {
	const void *ctx;
	const char *text, *at;
	unsigned depth;
};

static struct pattern *read_choice(struct reader *);

static struct pattern *
new_pattern(struct reader *r, enum pattern_kind kind, const char *from)
{
	struct pattern *p = mem_new(r->ctx, struct pattern);

	p->kind = kind;
	p->from = (size_t)(from - r->text);
	p->to = (size_t)(r->at - r->text);
	return p;
}

static struct pattern *
new_char(struct reader *r, char c, const char *from)
{
	struct pattern *p = new_pattern(r, PATTERN_CHAR, from);

	p->c = c;
	return p;
}

/* One that the set matches: the expression engine knows best. */
static struct pattern *
new_set(struct reader *r, const char *from)
{
	static const char candidates[] = "a0 -.:_AzZ9x%/*,;(\t\n!~";
	struct pattern *p = new_pattern(r, PATTERN_SET, from);
	void *ctx = mem_ctx(r->ctx, "set");
	char *text = mem_printf(ctx, "^%.*s", (int)(p->to - p->from), from);
	struct regex *re = regex_new(ctx, text, REGEX_TCL, NULL);
	struct regex_scratch *scratch = regex_scratch_new(ctx, REGEX_INTERPRET);

	for (const char *c = candidates; re != NULL && *c != '\0' && p->c == '\0'; c++)
		if (regex_match(re, scratch, c, 1, NULL) == REGEX_YES)
			p->c = *c;
	mem_free(ctx);
	return p->c != '\0' ? p : NULL;
}

static struct pattern *
read_escape(struct reader *r)
{
	const char *from = r->at++;
	char c = *r->at;

	if (c == '\0')
		return NULL;
	r->at++;
	switch (c) {
	case 'n':
		return new_char(r, '\n', from);
	case 't':
		return new_char(r, '\t', from);
	case 'r':
		return new_char(r, '\r', from);
	case 'b':
	case 'B':
	case 'm':
	case 'M':
	case 'y':
		return new_pattern(r, PATTERN_PLACE, from);
	case 'd':
	case 'D':
	case 's':
	case 'S':
	case 'w':
	case 'W':
		return new_set(r, from);
	default:
		/* Any other letter or digit: back references, \x41, \p{..}, \Q ... */
		return isalnum((unsigned char)c) ? NULL : new_char(r, c, from);
	}
}

static struct pattern *
read_set(struct reader *r)
{
	const char *from = r->at++;

	if (*r->at == '^')
		r->at++;
	if (*r->at == ']')
		r->at++;
	for (; *r->at != ']'; r->at++) {
		if (*r->at == '\0')
			return NULL;
		if (*r->at == '\\' && *++r->at == '\0')
			return NULL;
		if (*r->at == '[' && r->at[1] == ':') {
			const char *end = strstr(r->at + 2, ":]");

			if (end == NULL)
				return NULL;
			r->at = end + 1;
		}
	}
	r->at++;
	return new_set(r, from);
}

static struct pattern *
read_group(struct reader *r)
{
	const char *from = r->at++;
	struct pattern *inner, *p;
	bool is_captured = *r->at != '?';

	if (!is_captured) {
		if (r->at[1] != ':')
			return NULL;
		r->at += 2;
	}
	if (*r->at == '*' || r->depth == DEPTH_MAX)
		return NULL;
	r->depth++;
	inner = read_choice(r);
	r->depth--;
	if (inner == NULL || *r->at != ')')
		return NULL;
	r->at++;
	p = new_pattern(r, PATTERN_GROUP, from);
	p->is_captured = is_captured;
	p->first = inner;
	return p;
}

static struct pattern *
read_one(struct reader *r)
{
	const char *from = r->at;

	switch (*from) {
	case '(':
		return read_group(r);
	case '[':
		return read_set(r);
	case '\\':
		return read_escape(r);
	case '*':
	case '+':
	case '?':
		return NULL;
	}
	r->at++;
	switch (*from) {
	case '.':
		return new_pattern(r, PATTERN_ANY, from);
	case '^':
		return new_pattern(r, PATTERN_BEGIN, from);
	case '$':
		return new_pattern(r, PATTERN_END, from);
	default:
		return new_char(r, *from, from);
	}
}

/* `{m}`, `{m,}`, `{m,n}`; anything else in braces is text. */
static bool
read_bounds(struct reader *r, struct pattern *p)
{
	char *end;

	if (*r->at != '{' || !isdigit((unsigned char)r->at[1]))
		return false;
	p->min = (unsigned)strtoul(r->at + 1, &end, 10);
	if (end[0] == ',' && end[1] == '}') {
		p->is_endless = true;
		end++;
	} else if (*end == ',') {
		strtoul(end + 1, &end, 10);
	}
	if (*end != '}')
		return false;
	r->at = end + 1;
	return true;
}

static struct pattern *
read_repeat(struct reader *r, struct pattern *one)
{
	struct pattern bounds = { .min = 0 }, *p;

	if (*r->at == '*' || *r->at == '+' || *r->at == '?') {
		bounds.min = *r->at == '+';
		bounds.is_endless = *r->at != '?';
		r->at++;
	} else if (!read_bounds(r, &bounds)) {
		return one;
	}
	bounds.is_lazy = *r->at == '?';
	if (*r->at == '?' || *r->at == '+')
		r->at++;
	p = new_pattern(r, PATTERN_REPEAT, r->text + one->from);
	p->min = bounds.min;
	p->is_endless = bounds.is_endless;
	p->is_lazy = bounds.is_lazy;
	p->first = one;
	return p;
}

static struct pattern *
read_row(struct reader *r)
{
	const char *from = r->at;
	struct pattern *row = new_pattern(r, PATTERN_ROW, from), **last = &row->first;

	while (*r->at != '\0' && *r->at != '|' && *r->at != ')') {
		struct pattern *one = read_one(r);

		if (one == NULL)
			return NULL;
		*last = read_repeat(r, one);
		last = &(*last)->next;
	}
	row->to = (size_t)(r->at - r->text);
	return row;
}

static struct pattern *
read_choice(struct reader *r)
{
	const char *from = r->at;
	struct pattern *first = read_row(r), **last, *choice;

	if (first == NULL || *r->at != '|')
		return first;
	choice = new_pattern(r, PATTERN_CHOICE, from);
	choice->first = first;
	last = &first->next;
	while (*r->at == '|') {
		r->at++;
		*last = read_row(r);
		if (*last == NULL)
			return NULL;
		last = &(*last)->next;
	}
	choice->to = (size_t)(r->at - r->text);
	return choice;
}

struct pattern *
pattern_tree(const void *ctx, const char *text)
{
	struct reader r = { .ctx = ctx, .text = text, .at = text };
	struct pattern *p = read_choice(&r);

	return *r.at == '\0' ? p : NULL;
}

/* ---- texts that it matches ---- */

static unsigned
copies(const struct pattern *repeat, bool once)
{
	unsigned n = repeat->min < COPIES_MAX ? repeat->min : COPIES_MAX;

	return n == 0 && once ? 1 : n;
}

void
pattern_sample(const struct pattern *p, bool once, struct text *out)
{
	switch (p->kind) {
	case PATTERN_CHAR:
	case PATTERN_SET:
		text_addc(out, p->c);
		break;
	case PATTERN_ANY:
		text_addc(out, 'x');
		break;
	case PATTERN_ROW:
		for (const struct pattern *c = p->first; c != NULL; c = c->next)
			pattern_sample(c, once, out);
		break;
	case PATTERN_CHOICE:
	case PATTERN_GROUP:
		pattern_sample(p->first, once, out);
		break;
	case PATTERN_REPEAT:
		for (unsigned n = copies(p, once); n > 0; n--)
			pattern_sample(p->first, once, out);
		break;
	case PATTERN_BEGIN:
	case PATTERN_END:
	case PATTERN_PLACE:
		break;
	}
}

static bool
holds(const struct pattern *p, const struct pattern *part)
{
	if (p == part)
		return true;
	for (const struct pattern *c = p->first; c != NULL; c = c->next)
		if (holds(c, part))
			return true;
	return false;
}

struct around {
	const struct pattern *part;
	struct text *out;
	bool (*f)(void *arg, const struct pattern *part, struct text *out);
	void *arg;
};

/* False: nothing more is to be added. */
static bool
sample_to(const struct around *a, const struct pattern *p)
{
	bool goes_on = true;

	if (p == a->part)
		return a->f(a->arg, p, a->out);
	if (!holds(p, a->part)) {
		pattern_sample(p, false, a->out);
		return true;
	}
	for (const struct pattern *c = p->first; c != NULL && goes_on; c = c->next)
		if (p->kind != PATTERN_CHOICE || holds(c, a->part))
			goes_on = sample_to(a, c);
	return goes_on;
}

bool
pattern_sample_around(const struct pattern *whole, const struct pattern *part, struct text *out,
	bool (*f)(void *arg, const struct pattern *part, struct text *out), void *arg)
{
	struct around a = { part, out, f, arg };

	if (!holds(whole, part))
		return false;
	sample_to(&a, whole);
	return true;
}

bool
pattern_each(const struct pattern *p, bool (*f)(void *arg, const struct pattern *), void *arg)
{
	if (!f(arg, p))
		return false;
	for (const struct pattern *c = p->first; c != NULL; c = c->next)
		if (!pattern_each(c, f, arg))
			return false;
	return true;
}
