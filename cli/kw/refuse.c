/* Refusals: IOS's sentence, the place, and a hint of what would be right (rulings 45). */
#include <string.h>
#include <strings.h>

#include "cli/kw/walk.h"
#include "core/mem.h"

/* Turns what the type said into IOS's sentence and a hint. */
bool
refuse_value(struct walk *w, const struct kw *row, const struct kw_token *t, struct err *err)
{
	struct err why = *err;

	w->refused = row;
	if (why.code == ERR_AMBIGUOUS)
		err_set(err, ERR_AMBIGUOUS, "Ambiguous command:  \"%s\"", w->line);
	else if (why.code == ERR_RANGE || why.code == ERR_INVALID)
		err_set(err, why.code, "Invalid input detected at '^' marker.");
	if (why.hint[0] != '\0')
		err_hint(err, "%s", why.hint);
	else if (why.code == ERR_RANGE && row->word != NULL)
		err_hint(err, "'%s' takes %s", row->word, why.text);
	else if (why.code == ERR_RANGE)
		err_hint(err, "expected %s (%s)", why.text, row->help);
	else if (why.code == ERR_INVALID)
		err_hint(err, "%s", why.text);
	err_at(err, 0, (int)t->start + 1);
	return false;
}

struct words {
	const char *word[64];
	size_t n;
	bool anything;
};

static void
collect(void *arg, const struct choice *c)
{
	struct words *words = arg;

	words->anything = words->anything || c->node == NULL || c->node->absent == NULL;
	if (choice_word(c) != NULL && !choice_is_hidden(c) && words->n < 64)
		words->word[words->n++] = choice_word(c);
}

/* The row of the group that was read. */
static const struct kw *
group_member(const struct frame *f, unsigned group)
{
	for (const struct kw *row = f->rows; !row_is_end(row); row++)
		if (row->group == group && row->word != NULL && row_is_mine(row, f->args) &&
			row_is_set(row, f->args))
			return row;
	return NULL;
}

/* A word that could have come, and cannot any more. */
static bool
hint_over(const struct walk *w, const char *word, struct err *err)
{
	for (size_t at = w->depth; at-- > 0;) {
		const struct frame *f = &w->frame[at];
		const struct kw *row = f->rows, *other;

		for (; row != NULL && !row_is_end(row); row++)
			if (row->word != NULL && strcasecmp(row->word, word) == 0)
				break;
		if (row == NULL || row_is_end(row))
			continue;
		if (row_is_set(row, f->args) && row_is_mine(row, f->args)) {
			err_hint(err, "'%s' stands there already", row->word);
			return true;
		}
		if (row->group != 0 && (other = group_member(f, row->group)) != NULL) {
			err_hint(err, "'%s' and '%s' exclude each other", other->word, row->word);
			return true;
		}
	}
	return false;
}

/* A few can be named; `?` tells of many. */
static void
hint_words(const struct words *words, struct err *err)
{
	enum { NAMED = 8 };
	struct word_list names;

	if (words->n > NAMED)
		return;
	word_list_init(&names, NULL);
	for (size_t i = 0; i < words->n; i++)
		word_list_add(&names, words->word[i]);
	err_hint(err, "expected one of: %s", word_list_end(&names));
	mem_free(names.out.s);
}

bool
refuse_absent(const struct kw_node *node, const struct kw_token *t, struct err *err)
{
	err_set(err, ERR_INVALID, "Invalid input detected at '^' marker.");
	err_hint(err, "%s", node->absent);
	err_at(err, 0, (int)t->start + 1);
	return false;
}

bool
refuse_word(const struct walk *w, const struct kw_token *t, struct err *err)
{
	struct words words = { .n = 0 };
	const char *near;
	char word[32];
	size_t n = t->end - t->start;

	err_set(err, ERR_INVALID, "Invalid input detected at '^' marker.");
	err_at(err, 0, (int)t->start + 1);
	walk_each(w, collect, &words);
	if (n >= sizeof word)
		n = sizeof word - 1;
	memcpy(word, w->line + t->start, n);
	word[n] = '\0';
	if (!words.anything)
		err_hint(err, "the command is complete before this word");
	else if (lex_is_typographic(word))
		err_hint(err, "typographic quotes are not quotes: write \" instead");
	else if (hint_over(w, word, err))
		;
	else if ((near = nearest_word(word, words.word, words.n)) != NULL)
		err_hint(err, "did you mean '%s'?", near);
	else if (words.n == 1)
		err_hint(err, "expected '%s'", words.word[0]);
	else if (words.n > 0 && w->node != &w->tree->root)
		hint_words(&words, err);
	return false;
}

struct candidates {
	const struct look *look;
	struct word_list *out;
};

static void
list_candidate(void *arg, const struct choice *c)
{
	struct candidates *list = arg;
	const char *word = choice_word(c);

	if (word == NULL || choice_is_hidden(c) || strncasecmp(word, list->look->s, list->look->n) != 0)
		return;
	word_list_add(list->out, word);
}

bool
refuse_ambiguous(const struct walk *w, const struct look *found, const struct kw_token *t, struct err *err)
{
	struct word_list names;

	word_list_init(&names, NULL);
	walk_each(w, list_candidate, &(struct candidates){ found, &names });
	err_set(err, ERR_AMBIGUOUS, "Ambiguous command:  \"%s\"", w->line);
	err_hint(err, "'%.*s' may be %s", (int)found->n, found->s, word_list_end(&names));
	err_at(err, 0, (int)t->start + 1);
	mem_free(names.out.s);
	return false;
}
