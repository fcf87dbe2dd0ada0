/* Reading scenario files. */
#include "script.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

struct reader {
	const void *ctx;
	const char *at; /* the line that comes next */
	int line;
};

/* The next line without its newline, or NULL. */
static char *
next_line(struct reader *r)
{
	size_t n = strcspn(r->at, "\n");
	char *line;

	if (*r->at == '\0')
		return NULL;
	line = mem_strndup(r->ctx, r->at, n);
	r->at += n + (r->at[n] == '\n');
	r->line++;
	return line;
}

static size_t
indentation(const char *s)
{
	return strspn(s, " \t");
}

static const char *
read_quoted(const void *ctx, const char **s)
{
	static const char from[] = "nt\"\\", to[] = "\n\t\"\\";
	struct text *t = text_new(ctx);

	for (++*s; **s && **s != '"'; ++*s) {
		const char *esc = **s == '\\' && (*s)[1] ? strchr(from, (*s)[1]) : NULL;

		if (esc)
			++*s;
		text_addc(t, esc ? to[esc - from] : **s);
	}
	if (**s == '"')
		++*s;
	return t->s;
}

static void
add_word(const void *ctx, struct statement *st, const char *word, bool quoted)
{
	st->word = mem_resize(ctx, st->word, (st->n + 1) * sizeof *st->word);
	st->quoted = mem_resize(ctx, st->quoted, (st->n + 1) * sizeof *st->quoted);
	st->word[st->n] = word;
	st->quoted[st->n++] = quoted;
}

/* True when the line ends in a `{`. */
static bool
read_words(const void *ctx, const char *s, struct statement *st)
{
	while (*(s += indentation(s)) && *s != '#') {
		if (*s == '"') {
			add_word(ctx, st, read_quoted(ctx, &s), true);
			continue;
		}
		size_t n = strcspn(s, " \t");
		if (n == 1 && *s == '{' && s[1 + indentation(s + 1)] == '\0')
			return true;
		add_word(ctx, st, mem_strndup(ctx, s, n), false);
		s += n;
	}
	return false;
}

/* Takes the least indentation of all lines off each. */
static const char *
outdent(const void *ctx, const char *block)
{
	size_t least = SIZE_MAX;
	struct text *out = text_new(ctx);

	for (const char *s = block; *s; s += strcspn(s, "\n") + 1) {
		size_t n = indentation(s);

		if (s[n] != '\n' && n < least)
			least = n;
	}
	for (const char *s = block; *s;) {
		size_t n = strcspn(s, "\n") + 1, skip = indentation(s);

		if (skip > least)
			skip = least;
		text_addn(out, s + skip, n - skip);
		s += n;
	}
	return out->s;
}

static bool
read_block(struct reader *r, size_t indent, struct statement *st, struct err *err)
{
	struct text *block = text_new(r->ctx);
	char *line;

	while ((line = next_line(r)) != NULL) {
		if (indentation(line) == indent && strcmp(line + indent, "}") == 0) {
			st->block = outdent(r->ctx, block->s);
			return true;
		}
		text_printf(block, "%s\n", line);
	}
	err_at(err, st->line, 0);
	return err_set(err, ERR_INVALID, "the block has no closing }");
}

bool
script_parse(const void *ctx, const char *text, struct script *script, struct err *err)
{
	struct reader r = { .ctx = ctx, .at = text };
	char *line;

	*script = (struct script){ 0 };
	while ((line = next_line(&r)) != NULL) {
		struct statement st = { .line = r.line };

		if (read_words(ctx, line, &st) && !read_block(&r, indentation(line), &st, err))
			return false;
		if (st.n == 0)
			continue;
		script->v = mem_resize(ctx, script->v, (script->n + 1) * sizeof *script->v);
		script->v[script->n++] = st;
	}
	return true;
}

bool
script_time(const char *word, usec *out)
{
	static const struct {
		const char *name;
		usec unit;
	} units[] = { { "ms", USEC_PER_MSEC }, { "s", USEC_PER_SEC }, { "m", 60 * USEC_PER_SEC },
		{ "h", 3600 * USEC_PER_SEC }, { "d", 86400 * USEC_PER_SEC } };
	bool negative = *word == '-';
	usec total = 0;

	word += negative;
	if (*word == '\0')
		return false;
	while (*word) {
		char *end;
		long long n = strtoll(word, &end, 10);
		size_t len = 0, i = 0;

		while (isalpha((unsigned char)end[len]))
			len++;
		while (i < 5 && (strlen(units[i].name) != len || strncmp(units[i].name, end, len) != 0))
			i++;
		if (end == word || i == 5)
			return false;
		total += n * units[i].unit;
		word = end + len;
	}
	*out = negative ? -total : total;
	return true;
}
