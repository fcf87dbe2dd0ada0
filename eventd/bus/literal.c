/* The literal text that a regular expression requires. */
#include "bus/literal.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/text.h"

#define DEPTH_MAX 32u

/*
 * Runs are kept as byte ranges of `text` while the walk goes on. The open run is [open, text.len); it
 * becomes a run when something that is not a fixed character follows.
 */
struct range {
	size_t from, to;
};

struct walk {
	const char *p; /* next byte of the pattern */
	void *ctx;
	struct text text;
	struct range *run;
	size_t n, cap;
	size_t open;
	bool nocase;
	size_t branch[LITERAL_BRANCHES + 1]; /* first run of each top-level alternative */
	unsigned branches;
};

/* What one element of the pattern is for us. */
enum piece {
	PIECE_CHAR,  /* one fixed byte, just appended to the open run */
	PIECE_OTHER, /* matches something, or nothing, that we cannot name */
	PIECE_GROUP, /* runs of the group were added and the open run is empty */
	PIECE_GIVE_UP,
};

static bool alternatives(struct walk *, unsigned depth);

static void
close_run(struct walk *w)
{
	if (w->text.len > w->open) {
		if (w->n == w->cap) {
			w->cap = w->cap == 0 ? 8 : w->cap * 2;
			w->run = mem_resize(w->ctx, w->run, w->cap * sizeof *w->run);
		}
		w->run[w->n++] = (struct range){ w->open, w->text.len };
	}
	w->open = w->text.len;
}

/* Forgets what an optional element brought. */
static void
forget(struct walk *w, size_t runs, size_t len)
{
	w->n = runs;
	w->text.len = len;
	w->open = len;
}

static enum piece
fixed(struct walk *w, char c)
{
	text_addc(&w->text, w->nocase ? (char)tolower((unsigned char)c) : c);
	return PIECE_CHAR;
}

static enum piece
escape(struct walk *w)
{
	char c = *w->p;

	if (c == '\0')
		return PIECE_GIVE_UP;
	w->p++;
	switch (c) {
	case 'n':
		return fixed(w, '\n');
	case 't':
		return fixed(w, '\t');
	case 'r':
		return fixed(w, '\r');
	default:
		if (strchr("dDsSwWhHvVNRbBAzZ", c) != NULL)
			return PIECE_OTHER;
		/* Any other letter or digit: back references, \Q, \x41, \p{..}, \K ... */
		return isalnum((unsigned char)c) ? PIECE_GIVE_UP : fixed(w, c);
	}
}

/* Behind `[`. A set of one plain character is that character. */
static enum piece
set(struct walk *w)
{
	const char *p = w->p, *first;

	if (*p == '^')
		p++;
	first = p;
	if (*p == ']')
		p++;
	for (; *p != ']'; p++) {
		if (*p == '\0')
			return PIECE_GIVE_UP;
		if (*p == '\\' && (*++p == '\0' || *p == 'Q' || *p == 'E'))
			return PIECE_GIVE_UP;
		if (*p == '[' && (p[1] == ':' || p[1] == '.' || p[1] == '=')) {
			const char *end = strstr(p + 2, (const char[]){ p[1], ']', '\0' });

			if (end == NULL || memchr(p + 2, ']', (size_t)(end - p - 2)) != NULL)
				return PIECE_GIVE_UP;
			p = end + 1;
		}
	}
	w->p = p + 1;
	if (first == p - 1 && first[-1] != '^' && *first != '\\' && *first != '[' &&
		(unsigned char)*first < 0x80)
		return fixed(w, *first);
	return PIECE_OTHER;
}

/* Behind `(`: a plain, a non-capturing or a named group; no other `(?`, no verb. */
static enum piece
group(struct walk *w, unsigned depth)
{
	if (*w->p == '*' || depth >= DEPTH_MAX)
		return PIECE_GIVE_UP;
	if (*w->p == '?') {
		if (w->p[1] == ':') {
			w->p += 2;
		} else if (w->p[1] == '<' && (isalpha((unsigned char)w->p[2]) || w->p[2] == '_')) {
			w->p = strchr(w->p, '>');
			if (w->p == NULL)
				return PIECE_GIVE_UP;
			w->p++;
		} else {
			return PIECE_GIVE_UP;
		}
	}
	close_run(w);
	if (!alternatives(w, depth + 1) || *w->p != ')')
		return PIECE_GIVE_UP;
	w->p++;
	close_run(w);
	return PIECE_GROUP;
}

static enum piece
element(struct walk *w, unsigned depth)
{
	char c = *w->p++;

	switch (c) {
	case '\\':
		return escape(w);
	case '[':
		return set(w);
	case '(':
		return group(w, depth);
	case '.':
	case '^':
	case '$':
		return PIECE_OTHER;
	case '*':
	case '+':
	case '?':
	case '{':
		/* Nothing to repeat, or a brace whose meaning depends on PCRE2's release. */
		return PIECE_GIVE_UP;
	default:
		return fixed(w, c);
	}
}

enum repeat { REPEAT_NONE, REPEAT_SOME, REPEAT_OPTIONAL, REPEAT_UNCLEAR };

/* {n} {n,} {n,m}, nothing else. */
static enum repeat
braces(struct walk *w)
{
	const char *p = w->p + 1;
	bool zero = true;

	if (!isdigit((unsigned char)*p))
		return REPEAT_UNCLEAR;
	for (; isdigit((unsigned char)*p); p++)
		zero = zero && *p == '0';
	if (*p == ',')
		for (p++; isdigit((unsigned char)*p); p++)
			;
	if (*p != '}')
		return REPEAT_UNCLEAR;
	w->p = p + 1;
	return zero ? REPEAT_OPTIONAL : REPEAT_SOME;
}

static enum repeat
repeat(struct walk *w)
{
	enum repeat r = REPEAT_NONE;

	switch (*w->p) {
	case '*':
	case '?':
		w->p++;
		r = REPEAT_OPTIONAL;
		break;
	case '+':
		w->p++;
		r = REPEAT_SOME;
		break;
	case '{':
		r = braces(w);
		break;
	default:
		return REPEAT_NONE;
	}
	if (*w->p == '?' || *w->p == '+') /* lazy, possessive */
		w->p++;
	return r;
}

/* One element and its repetition. */
static bool
item(struct walk *w, unsigned depth)
{
	size_t runs, len = w->text.len, from = w->open;
	enum piece piece;
	enum repeat r;
	char c;

	if (*w->p == '(') {
		close_run(w);
		from = w->open;
	}
	runs = w->n;
	piece = element(w, depth);
	if (piece == PIECE_GIVE_UP)
		return false;
	r = repeat(w);
	if (r == REPEAT_UNCLEAR)
		return false;
	if (piece == PIECE_OTHER || (piece == PIECE_GROUP && r != REPEAT_OPTIONAL)) {
		close_run(w);
		return true;
	}
	if (r == REPEAT_NONE)
		return true;
	c = w->text.s[len];
	if (piece == PIECE_CHAR && (unsigned char)c >= 0x80)
		return false; /* would repeat a whole character in one form, a byte in the other */
	if (r == REPEAT_OPTIONAL) {
		if (piece == PIECE_CHAR) {
			w->text.len = len;
			w->open = from;
			close_run(w);
		} else {
			forget(w, runs, len);
		}
		return true;
	}
	/* "ab+c" requires "ab" and "bc". */
	close_run(w);
	fixed(w, c);
	return true;
}

/* Up to `)`, `|` or the end. */
static bool
sequence(struct walk *w, unsigned depth)
{
	while (*w->p != '\0' && *w->p != '|' && *w->p != ')')
		if (!item(w, depth))
			return false;
	close_run(w);
	return true;
}

/* The inside of a group: one sequence tells something; a choice between several tells nothing. */
static bool
alternatives(struct walk *w, unsigned depth)
{
	size_t runs = w->n, len = w->text.len;

	if (!sequence(w, depth))
		return false;
	while (*w->p == '|') {
		w->p++;
		forget(w, runs, len);
		if (!sequence(w, depth))
			return false;
		forget(w, runs, len);
	}
	return true;
}

struct slice
literal_mnemonic(const char *percent, const char *end)
{
	size_t left = (size_t)(end - percent) - 1;
	const char *from = percent + 1, *colon;

	if (left == 0 || !isalpha((unsigned char)*from))
		return SLICE_NONE;
	colon = memchr(from, ':', left < LITERAL_MNEMONIC_MAX ? left : LITERAL_MNEMONIC_MAX);
	return colon != NULL ? slice_between(from, colon) : SLICE_NONE;
}

/* Finds "%MNEMONIC:" in a run; leaves the runs from there on. */
static void
take_mnemonic(struct literal_branch *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		const char *p = b->run[i].s, *end = p + b->run[i].n;

		while ((p = memchr(p, '%', (size_t)(end - p))) != NULL) {
			struct slice m = literal_mnemonic(p, end);

			p++;
			if (m.n == 0)
				continue;
			b->mnemonic = m;
			b->run += i;
			b->n -= i;
			b->run[0] = slice_between(m.s + m.n + 1, end);
			if (b->run[0].n == 0) {
				b->run++;
				b->n--;
			}
			return;
		}
	}
}

/* The whole pattern. False: nothing can be claimed. */
static bool
branches(struct walk *w)
{
	for (;;) {
		size_t first = w->n;

		if (w->branches == LITERAL_BRANCHES)
			return false;
		w->branch[w->branches++] = first;
		if (!sequence(w, 0) || *w->p == ')' || w->n == first)
			return false;
		w->branch[w->branches] = w->n;
		if (*w->p == '\0')
			return true;
		w->p++;
	}
}

/* Struct, branches, runs and text in one piece of memory: ten thousand of these are usual. */
static struct literals *
pack(const void *ctx, const struct walk *w)
{
	size_t branch_bytes = w->branches * sizeof(struct literal_branch);
	struct literals *lit = mem_alloc_named(ctx,
		sizeof *lit + branch_bytes + w->n * sizeof(struct slice) + w->text.len, "struct literals");
	struct slice *run = (void *)((char *)lit + sizeof *lit + branch_bytes);
	char *text = (char *)(run + w->n);

	memcpy(text, w->text.s, w->text.len);
	for (size_t i = 0; i < w->n; i++)
		run[i] = slice_between(text + w->run[i].from, text + w->run[i].to);
	lit->n = w->branches;
	lit->nocase = w->nocase;
	for (unsigned i = 0; i < lit->n; i++) {
		lit->branch[i].run = run + w->branch[i];
		lit->branch[i].n = (unsigned)(w->branch[i + 1] - w->branch[i]);
		if (!lit->nocase)
			take_mnemonic(&lit->branch[i]);
	}
	return lit;
}

struct literals *
literal_find(const void *ctx, const char *pattern)
{
	void *tmp = mem_ctx(NULL, "literal walk");
	struct walk w = { .p = pattern, .ctx = tmp };
	struct literals *lit;

	text_init(&w.text, tmp);
	if (strncmp(pattern, "(?i)", 4) == 0) {
		w.p += 4;
		/* Beyond ASCII, letters fold in ways we do not know. */
		for (const char *c = pattern; *c != '\0'; c++)
			if ((unsigned char)*c >= 0x80)
				w.p = "*";
		w.nocase = true;
	}
	if (!branches(&w))
		w.branches = 0;
	lit = pack(ctx, &w);
	mem_free(tmp);
	return lit;
}

static const char *
find(const char *s, size_t n, struct slice what, bool nocase)
{
	if (!nocase)
		return memmem(s, n, what.s, what.n);
	for (; n >= what.n; s++, n--)
		if (strncasecmp(s, what.s, what.n) == 0)
			return s;
	return NULL;
}

bool
literal_in(const struct literals *lit, unsigned branch, const char *s, size_t n, struct slice *missing)
{
	const struct literal_branch *b = &lit->branch[branch];
	const char *end = s + n, *p = b->mnemonic.n > 0 ? s : NULL;
	struct slice none = SLICE_NONE, *why = missing != NULL ? missing : &none;

	for (; p != NULL; p++) {
		p = p < end ? memchr(p, '%', (size_t)(end - p)) : NULL;
		if (p == NULL) {
			*why = b->mnemonic;
			return false;
		}
		if (slice_equal(literal_mnemonic(p, end), b->mnemonic))
			break;
	}
	for (unsigned i = 0; i < b->n; i++)
		if (find(s, n, b->run[i], lit->nocase) == NULL) {
			*why = b->run[i];
			return false;
		}
	return true;
}
