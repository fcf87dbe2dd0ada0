/* Self-checks of tables, so that a wrong row is found by a test and not by a user. */
#include "cli/kw/kw.h"

#include <string.h>
#include <strings.h>

#include "cli/kw/walk.h"

static bool
complain(struct err *err, const struct kw *row, const char *what)
{
	return err_set(err, ERR_INTERNAL, "row '%s': %s",
		row->word != NULL   ? row->word
		: row->help != NULL ? row->help
				    : "?",
		what);
}

static bool
has_choice(const struct kw *row, int value)
{
	for (const struct kw_alternative *a = row->choices; a->word != NULL; a++)
		if (a->value == value && !a->hidden)
			return true;
	return false;
}

static bool
check_choices(const struct kw *row, struct err *err)
{
	if (row->choices[0].word == NULL)
		return complain(err, row, "no alternatives");
	for (const struct kw_alternative *a = row->choices; a->word != NULL; a++) {
		if (!a->hidden && (a->help == NULL || a->help[0] == '\0'))
			return complain(err, row, "an alternative without help");
		if (a->hidden && !has_choice(row, a->value))
			return complain(err, row, "a hidden alternative that nothing prints");
		for (const struct kw_alternative *b = row->choices; b != a; b++)
			if (strcasecmp(a->word, b->word) == 0)
				return complain(err, row, "the same alternative twice");
	}
	if (row->has_dflt && !has_choice(row, (int)row->dflt))
		return complain(err, row, "a default that is no alternative");
	return true;
}

static bool
check_value(const struct kw *row, struct err *err)
{
	if (row->type == NULL)
		return row->sub_size > 0 || row->word != NULL ||
		       complain(err, row, "a bare row without a type");
	if (row->sub_size > 0)
		return complain(err, row, "a value has no place beside a sub-table of its own");
	if (row->type->parse == NULL || row->type->print == NULL || row->type->equal == NULL ||
		row->type->sample == NULL)
		return complain(err, row, "its type lacks a function");
	if (row->type->param == NULL && row->param == NULL && row->choices == NULL && row->type->help == NULL)
		return complain(err, row, "nothing to show for `?`");
	if (row->type == &kw_choice && row->choices == NULL)
		return complain(err, row, "a choice without alternatives");
	if (row->choices != NULL)
		return check_choices(row, err);
	if (row->min > row->max)
		return complain(err, row, "limits upside down");
	if (row->has_dflt && (row->min != 0 || row->max != 0) &&
		(row->dflt < row->min || row->dflt > row->max))
		return complain(err, row, "a default outside its limits");
	if ((row->flags & KW_MANY) != 0 && row->type->size != sizeof(struct kw_str))
		return complain(err, row, "only texts may repeat");
	return true;
}

static bool
check_row(const struct kw *rows, const struct kw *row, size_t size, struct err *err)
{
	if (row->help == NULL || row->help[0] == '\0')
		return complain(err, row, "no help");
	if (row->word != NULL && (row->word[0] == '\0' || strpbrk(row->word, " \t\"") != NULL))
		return complain(err, row, "not one word");
	if (row->at + row_size(row) > size)
		return complain(err, row, "its value lies outside the args");
	if ((row->flags & KW_HIDDEN) != 0 && (row->flags & KW_REQ) != 0 && row->group == 0)
		return complain(err, row, "hidden and required");
	if ((row->flags & KW_MANY) != 0 && row->word != NULL)
		return complain(err, row, "only a bare value may repeat");
	for (const struct kw *other = rows; other != row; other++) {
		if (row->word != NULL && other->word != NULL && strcasecmp(row->word, other->word) == 0)
			return complain(err, row, "the same word twice");
		if (row->at == other->at && row->sub_size == 0 &&
			((row->flags | other->flags) & KW_HIDDEN) == 0)
			return complain(err, row, "shares its place with a row that is printed, too");
	}
	return check_value(row, err);
}

/* Behind a rest of the line nothing has a place, behind a repeated value only a keyword has. */
static bool
is_hidden_by(const struct kw *row, const struct kw *before)
{
	if (before == NULL || !row_is_seq(row) || (row->group != 0 && row->group == before->group))
		return false;
	return before->type->rest || row->word == NULL;
}

static bool
check_rows(const struct kw *rows, size_t size, unsigned depth, struct err *err)
{
	const struct kw *greedy = NULL;

	if (depth == WALK_DEPTH)
		return err_set(err, ERR_INTERNAL, "tables nested too deep");
	for (const struct kw *row = rows; !row_is_end(row); row++) {
		if (is_hidden_by(row, greedy))
			return complain(err, row, "stands behind a value that takes all words");
		if (!check_row(rows, row, size, err))
			return false;
		if (row->type != NULL && row->word == NULL &&
			(row->type->rest || (row->flags & KW_MANY) != 0))
			greedy = row;
		if (row->sub != NULL &&
			!check_rows(row->sub, row->sub_size > 0 ? row->sub_size : size, depth + 1, err))
			return err_wrap(err, "%s", row->word != NULL ? row->word : row->help);
	}
	return true;
}

static bool
check_node(const struct kw_node *node, struct err *err)
{
	if (node->word != NULL && !node->hidden && (node->help == NULL || node->help[0] == '\0'))
		return err_set(err, ERR_INTERNAL, "word '%s': no help", node->word);
	for (size_t i = 0; i < node->n; i++)
		if (!check_node(node->child[i], err))
			return node->word == NULL ? false : err_wrap(err, "%s", node->word);
	return true;
}

bool
kw_check(const struct kw_tree *t, struct err *err)
{
	if (t->twice != NULL)
		return err_set(err, ERR_INTERNAL, "%s: command '%s' stands there twice", t->name, t->twice);
	if (!check_node(&t->root, err))
		return err_wrap(err, "%s", t->name);
	for (size_t i = 0; i < t->n; i++)
		if (t->cmd[i]->kw != NULL && !check_rows(t->cmd[i]->kw, t->cmd[i]->size, 0, err))
			return err_wrap(err, "%s: %s", t->name, t->cmd[i]->words);
	return true;
}
