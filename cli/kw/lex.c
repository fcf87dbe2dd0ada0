/* Words of a line: split at blanks, quotes kept together (eem-language 2.2), with byte offsets. */
#include "cli/kw/kw.h"

#include <string.h>
#include <strings.h>

#include "cli/kw/walk.h"
#include "core/mem.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The place behind the closing quote, or the end of the line where it is missing. */
static size_t
quoted_end(const char *line, size_t at)
{
	for (at++; line[at] != '\0' && line[at] != '"'; at++)
		if (line[at] == '\\' && line[at + 1] != '\0')
			at++;
	return line[at] == '"' ? at + 1 : at;
}

bool
lex_next(const char *line, size_t *pos, struct kw_token *t)
{
	size_t at = *pos;

	while (is_blank(line[at]))
		at++;
	if (line[at] == '\0') {
		*pos = at;
		return false;
	}
	*t = (struct kw_token){ .start = at, .quoted = line[at] == '"' };
	if (t->quoted)
		at = quoted_end(line, at);
	else
		while (line[at] != '\0' && !is_blank(line[at]))
			at++;
	t->end = *pos = at;
	return true;
}

/* Does a backslash that escapes nothing stand at the end? */
static bool
ends_open(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[n - 1 - i] == '\\')
		i++;
	return i % 2 == 1;
}

void
lex_copy(const char *line, const struct kw_token *t, char *out)
{
	const char *s = line + t->start;
	size_t n = t->end - t->start;

	if (t->quoted) {
		bool closed = n >= 2 && s[n - 1] == '"' && !ends_open(s + 1, n - 2);

		s++;
		n -= closed ? 2 : 1;
	}
	memcpy(out, s, n);
	/* `"text\` without a closing quote: with one put behind it, the backslash must not eat it. */
	if (t->quoted && ends_open(out, n))
		out[n++] = '\\';
	out[n] = '\0';
}

bool
lex_is_typographic(const char *word)
{
	/* U+201C to U+201F */
	return strncmp(word, "\xe2\x80", 2) == 0 && (unsigned char)word[2] >= 0x9c &&
	       (unsigned char)word[2] <= 0x9f;
}

bool
lex_needs_quotes(const char *text)
{
	if (text[0] == '\0' || text[0] == '"' || lex_is_typographic(text))
		return true;
	for (; *text != '\0'; text++)
		if (is_blank(*text))
			return true;
	return false;
}

char *
lex_as_quoted(const void *ctx, const char *word)
{
	size_t more = 1; /* for a backslash at the end */
	char *out, *o;

	for (const char *c = word; *c != '\0'; c++)
		more += *c == '"';
	out = o = mem_pack(ctx, strlen(word) + more + 1);
	for (; *word != '\0'; word++) {
		if (*word == '"')
			*o++ = '\\';
		*o++ = *word;
		if (*word == '\\')
			*o++ = word[1] != '\0' ? *++word : '\\';
	}
	return out;
}

bool
word_is(const char *word, const char *s, size_t n)
{
	return strncasecmp(word, s, n) == 0 && word[n] == '\0';
}

size_t
kw_split(const void *ctx, const char *line, struct kw_token **tokens)
{
	struct kw_token t;
	size_t pos = 0, n = 0, cap = 0;

	*tokens = NULL;
	while (lex_next(line, &pos, &t)) {
		char *text;

		if (n == cap)
			*tokens = mem_resize(ctx, *tokens, (cap = cap == 0 ? 16 : 2 * cap) * sizeof **tokens);
		text = mem_array(ctx, char, t.end - t.start + 2);
		lex_copy(line, &t, text);
		t.text = text;
		(*tokens)[n++] = t;
	}
	return n;
}
