/* Output filters: a chain of stages, each a row of one table. */
#include "cli/pipe.h"

#include <string.h>
#include <strings.h>

#include "cli/kw/kw.h"
#include "core/files.h"
#include "core/mem.h"
#include "core/regex.h"
#include "core/text.h"

#define CHAIN_MAX 8

struct stage;

struct filter {
	const char *word, *help;
	bool to_file;
	void (*line)(struct stage *, const char *s, size_t n); /* s without its newline */
	bool (*end)(struct stage *, struct err *);
};

struct stage {
	struct pipe *pipe;
	struct stage *next; /* NULL: the terminal */
	const struct filter *filter;
	struct regex *regex;
	bool negate;   /* section exclude */
	bool open;     /* begin: found; section: inside one */
	size_t indent; /* of the section's first line */
	unsigned long matched, gave_up;
	char *file;
	bool append;
	struct text kept;
};

struct pipe {
	struct pipe_env env;
	struct regex_scratch *scratch;
	struct stage *first;
	struct text part; /* a line not ended yet */
};

static void
pass(struct stage *st, const char *s, size_t n)
{
	if (st->next != NULL) {
		st->next->filter->line(st->next, s, n);
		return;
	}
	st->pipe->env.out(st->pipe->env.arg, s, n);
	st->pipe->env.out(st->pipe->env.arg, "\n", 1);
}

static bool
matches(struct stage *st, const char *s, size_t n)
{
	enum regex_verdict v = regex_match(st->regex, st->pipe->scratch, s, n, NULL);

	if (v == REGEX_LIMIT)
		st->gave_up++;
	return v == REGEX_YES;
}

static void
line_include(struct stage *st, const char *s, size_t n)
{
	if (matches(st, s, n))
		pass(st, s, n);
}

static void
line_exclude(struct stage *st, const char *s, size_t n)
{
	if (!matches(st, s, n))
		pass(st, s, n);
}

static void
line_begin(struct stage *st, const char *s, size_t n)
{
	st->open = st->open || matches(st, s, n);
	if (st->open)
		pass(st, s, n);
}

/* A section is a matching line and what is indented deeper behind it; its parent is not part of it. */
static void
line_section(struct stage *st, const char *s, size_t n)
{
	size_t indent = 0;

	while (indent < n && (s[indent] == ' ' || s[indent] == '\t'))
		indent++;
	if (!st->open || indent <= st->indent) {
		st->open = matches(st, s, n);
		st->indent = indent;
	}
	if (st->open != st->negate)
		pass(st, s, n);
}

static void
line_count(struct stage *st, const char *s, size_t n)
{
	if (matches(st, s, n))
		st->matched++;
}

static bool
end_count(struct stage *st, struct err *err)
{
	struct text t;

	(void)err;
	text_init(&t, st);
	text_printf(&t, "Number of lines which match regexp = %lu", st->matched);
	pass(st, t.s, t.len);
	return true;
}

static void
line_file(struct stage *st, const char *s, size_t n)
{
	text_addn(&st->kept, s, n);
	text_addc(&st->kept, '\n');
}

static void
line_tee(struct stage *st, const char *s, size_t n)
{
	line_file(st, s, n);
	pass(st, s, n);
}

static bool
end_file(struct stage *st, struct err *err)
{
	const struct pipe_env *env = &st->pipe->env;

	if (st->append)
		return files_append(env->files, st->file, env->how, st->kept.s, st->kept.len, err);
	return files_replace(env->files, st->file, env->how, st->kept.s, st->kept.len, err);
}

static const struct filter filters[] = {
	{ "append", "Append redirected output to URL (URLs supporting append operation only)", true,
		line_file, end_file },
	{ "begin", "Begin with the line that matches", false, line_begin, NULL },
	{ "count", "Count number of lines which match regexp", false, line_count, end_count },
	{ "exclude", "Exclude lines that match", false, line_exclude, NULL },
	{ "include", "Include lines that match", false, line_include, NULL },
	{ "redirect", "Redirect output to URL", true, line_file, end_file },
	{ "section", "Filter a section of output", false, line_section, NULL },
	{ "tee", "Copy output to URL", true, line_tee, end_file },
};
#define N_FILTERS (sizeof filters / sizeof filters[0])

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* No two filter words begin with the same letter, so any abbreviation is unique. */
static const struct filter *
find_filter(const char *word, size_t n)
{
	size_t i;

	for (i = 0; n > 0 && i < N_FILTERS; i++) {
		if (starts_with_nocase(filters[i].word, word, n))
			return &filters[i];
	}
	return NULL;
}

/* Does a filter begin at this '|'? Its word must have something behind it. */
static bool
is_filter(const char *line, const char *bar)
{
	const char *word = skip_blanks(bar + 1);
	size_t n = strcspn(word, " \t");

	if (bar == line || (bar[-1] != ' ' && bar[-1] != '\t'))
		return false;
	return find_filter(word, n) != NULL && *skip_blanks(word + n) != '\0';
}

long
pipe_find(const char *line)
{
	const char *p;
	bool quoted = false;

	for (p = line; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '|' && !quoted && is_filter(line, p))
			return p - line;
	}
	return -1;
}

/* The next filter of a chain: inside an expression quotes mean nothing. */
static const char *
next_bar(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '|' && p > s && (p[1] == ' ' || p[1] == '\t') && is_filter(s, p))
			return p;
	}
	return NULL;
}

/* An IOS expression as the regex engine reads it: '_' stands for a delimiter. */
static void
pipe_pattern(const char *ios, struct text *out)
{
	bool in_set = false;

	for (; *ios != '\0'; ios++) {
		if (*ios == '\\' && ios[1] == '_') {
			text_addc(out, *++ios);
		} else if (*ios == '\\' && ios[1] != '\0') {
			text_addn(out, ios++, 2);
		} else if (*ios == '_' && !in_set) {
			/* Also itself: names of environment variables begin with it. */
			text_add(out, "(?:[_ ,{}()]|^|$)");
		} else {
			if (*ios == '[' && !in_set) {
				in_set = true;
				text_addc(out, *ios);
				if (ios[1] == '^')
					text_addc(out, *++ios);
				if (ios[1] == ']')
					text_addc(out, *++ios);
				continue;
			}
			in_set = in_set && *ios != ']';
			text_addc(out, *ios);
		}
	}
}

static bool
set_regex(struct stage *st, const char *pattern, struct err *err)
{
	struct text t;

	text_init(&t, st);
	pipe_pattern(pattern, &t);
	st->regex = regex_new(st, t.s, REGEX_EVENT, err);
	if (st->regex != NULL)
		return true;
	err->code = ERR_REFUSED;
	err->column = 0;
	return false;
}

static bool
wrong_word(struct err *err, const char *start, const char *at)
{
	err_set(err, ERR_INVALID, "Invalid input detected at '^' marker.");
	err->column = (int)(at - start) + 1;
	return false;
}

/* `rest`: what stands behind the filter's word, up to the next filter. */
static bool
set_argument(struct stage *st, const char *start, const char *at, const char *rest, struct err *err)
{
	size_t n = strcspn(rest, " \t");

	if (st->filter->to_file) {
		if (st->filter->word[0] == 't' && n > 1 && starts_with_nocase("/append", rest, n)) {
			st->append = true;
			at += (size_t)(skip_blanks(rest + n) - rest);
			rest = skip_blanks(rest + n);
			n = strcspn(rest, " \t");
		}
		st->append = st->append || st->filter->word[0] == 'a';
		if (n == 0)
			return err_set(err, ERR_INCOMPLETE, "Incomplete command.");
		if (*skip_blanks(rest + n) != '\0')
			return wrong_word(err, start, at + (skip_blanks(rest + n) - rest));
		if (st->pipe->env.files == NULL)
			return wrong_word(err, start, at);
		st->file = mem_strndup(st, rest, n);
		return true;
	}
	if (st->filter->word[0] == 's' && n > 2 && *skip_blanks(rest + n) != '\0' &&
		(starts_with_nocase("include", rest, n) || starts_with_nocase("exclude", rest, n))) {
		st->negate = rest[0] == 'e' || rest[0] == 'E';
		rest = skip_blanks(rest + n);
	}
	return set_regex(st, rest, err);
}

/* One filter at `bar`; *next is the '|' of the following one. */
static struct stage *
stage_new(struct pipe *p, const char *start, const char *bar, const char **next, struct err *err)
{
	struct stage *st = mem_new(p, struct stage);
	const char *word = skip_blanks(bar + 1);
	size_t n = strcspn(word, " \t");
	const char *rest = skip_blanks(word + n);
	size_t len;
	char *argument;

	st->pipe = p;
	text_init(&st->kept, st);
	st->filter = find_filter(word, n);
	if (st->filter == NULL) {
		wrong_word(err, start, word);
		return NULL;
	}
	*next = next_bar(rest);
	len = *next != NULL ? (size_t)(*next - rest) - 1 : strlen(rest);
	argument = mem_strndup(st, rest, len);
	return set_argument(st, start, rest, argument, err) ? st : NULL;
}

struct pipe *
pipe_new(const void *ctx, const char *text, const struct pipe_env *env, struct err *err)
{
	struct pipe *p = mem_new(ctx, struct pipe);
	struct stage **end = &p->first;
	const char *bar = text;
	size_t n = 0;

	p->env = *env;
	p->scratch = regex_scratch_new(p, REGEX_INTERPRET);
	text_init(&p->part, p);
	while (bar != NULL) {
		struct stage *st = NULL;

		if (n++ == CHAIN_MAX)
			err_set(err, ERR_REFUSED, "More than %d filters", CHAIN_MAX);
		else
			st = stage_new(p, text, bar, &bar, err);
		if (st == NULL) {
			mem_free(p);
			return NULL;
		}
		*end = st;
		end = &st->next;
	}
	return p;
}

void
pipe_feed(struct pipe *p, const char *s, size_t n)
{
	while (n > 0) {
		const char *nl = memchr(s, '\n', n);
		size_t len = nl != NULL ? (size_t)(nl - s) : n;

		if (nl == NULL) {
			text_addn(&p->part, s, n);
			return;
		}
		if (p->part.len > 0) {
			text_addn(&p->part, s, len);
			p->first->filter->line(p->first, p->part.s, p->part.len);
			text_clear(&p->part);
		} else {
			p->first->filter->line(p->first, s, len);
		}
		s += len + 1;
		n -= len + 1;
	}
}

bool
pipe_end(struct pipe *p, struct err *err)
{
	unsigned long gave_up = 0;
	struct stage *st;

	if (p->part.len > 0)
		pipe_feed(p, "\n", 1);
	for (st = p->first; st != NULL; st = st->next) {
		if (st->filter->end != NULL && !st->filter->end(st, err))
			return false;
		gave_up += st->gave_up;
	}
	if (gave_up > 0)
		return err_set(err, ERR_REFUSED, "The expression was too much work for %lu lines", gave_up);
	return true;
}

void
pipe_offers(const void *ctx, const char *text, struct kw_offer **offers, size_t *n)
{
	const char *bar = text, *word, *next;
	const struct filter *f;
	size_t len, i;

	while ((next = next_bar(skip_blanks(bar + 1))) != NULL)
		bar = next;
	word = skip_blanks(bar + 1);
	len = strcspn(word, " \t");
	*offers = mem_array(ctx, struct kw_offer, N_FILTERS);
	*n = 0;
	if (word[len] != '\0') {
		f = find_filter(word, len);
		if (f == NULL)
			return;
		(*offers)[(*n)++] = f->to_file ? (struct kw_offer){ .word = "WORD",
			.help = "File, such as flash:name",
			.is_value = true }
					       : (struct kw_offer){ .word = "LINE",
							 .help = "Regular Expression",
							 .is_value = true };
		return;
	}
	for (i = 0; i < N_FILTERS; i++) {
		if (starts_with_nocase(filters[i].word, word, len))
			(*offers)[(*n)++] =
				(struct kw_offer){ .word = filters[i].word, .help = filters[i].help };
	}
}
