/* What tables of arguments hold. */
#include <ctype.h>
#include <string.h>

#include "applets/check/private.h"
#include "applets/seal.h"

void
arguments_each(const struct kw *rows, const void *args, argument_f *f, void *arg)
{
	for (const struct kw *row = rows; row && (row->word || row->help); row++) {
		const void *at = (const char *)args + row->at;
		const struct kw_sub *sub = at;

		if (!*(const bool *)at || (row->sub_size > 0 && sub->row != row))
			continue;
		f(arg, row, at);
		if (row->sub != NULL && row->sub_size == 0)
			arguments_each(row->sub, args, f, arg);
		else if (row->sub != NULL)
			arguments_each(row->sub, sub->args, f, arg);
	}
}

struct wanted {
	const char *word;
	const struct kw *row;
	const void *value;
};

static void
take_wanted(void *arg, const struct kw *row, const void *value)
{
	struct wanted *w = arg;

	if (w->value != NULL || row->word == NULL || strcmp(row->word, w->word) != 0)
		return;
	w->row = row;
	w->value = value;
}

const void *
argument(const struct kw *rows, const void *args, const char *word)
{
	struct wanted w = { .word = word };

	arguments_each(rows, args, take_wanted, &w);
	return w.value;
}

const char *
argument_choice(const struct kw *rows, const void *args, const char *word)
{
	struct wanted w = { .word = word };

	arguments_each(rows, args, take_wanted, &w);
	for (const struct kw_alternative *c = w.row ? w.row->choices : NULL; c && c->word; c++)
		if (c->value == ((const struct kw_enum *)w.value)->v)
			return c->word;
	return NULL;
}

const char *
argument_text(const struct kw *row, const void *value)
{
	if (row_is_template(row))
		return ((const struct kw_template *)value)->s;
	if (row->type == &kw_pattern || row->type == &kw_string || row->type == &kw_word ||
		row->type == &kw_text || row->type == &kw_words || row->type == &kw_line)
		return ((const struct kw_str *)value)->s;
	return NULL;
}

static void
take_list(void *arg, const struct kw *row, const void *value)
{
	if (row->flags & KW_MANY)
		*(const struct kw_list **)arg = value;
}

const struct kw_list *
argument_list(const struct kw *rows, const void *args)
{
	const struct kw_list *list = NULL;

	arguments_each(rows, args, take_list, &list);
	return list;
}

void
identifiers_each(const char *s, void (*f)(void *arg, const char *name, size_t n), void *arg)
{
	while (*s != '\0') {
		size_t n = 0;

		while (isalnum((unsigned char)s[n]) || s[n] == '_')
			n++;
		if (n > 0)
			f(arg, s, n);
		s += n > 0 ? n : 1;
	}
}
