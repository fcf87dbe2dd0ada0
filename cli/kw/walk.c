/* The walk through a line: what may come next, and reading it. */
#include "cli/kw/walk.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"

enum { KEY_ROOM = 24, SPARE = 8 };

void
walk_start(struct walk *w, void *ctx, const struct kw_tree *tree, const char *line, unsigned level)
{
	size_t len = strlen(line);

	*w = (struct walk){
		.tree = tree, .line = line, .level = level, .node = &tree->root, .in_tree = true, .ctx = ctx
	};
	w->text = 2 * len + 2 <= sizeof w->small ? w->small : mem_array(ctx, char, 2 * len + 2);
	if (tree->root.cmd != NULL && tree->root.cmd->level <= level)
		w->frame[w->depth++] = (struct frame){ .rows = tree->root.cmd->kw };
}

/* ---- reading ---- */

static void
expand(struct walk *w, const char *s, size_t n)
{
	if (w->expanded == NULL)
		return;
	if (w->expanded->len > 0)
		text_addc(w->expanded, ' ');
	text_addn(w->expanded, s, n);
}

static void
enter_node(struct walk *w, const struct kw_node *node)
{
	expand(w, node->word, strlen(node->word));
	w->node = node;
	w->args = NULL; /* of a command that ends before this word, which may have been tried as its value */
	w->depth = 0;
	if (node->cmd != NULL && node->cmd->level <= w->level)
		w->frame[w->depth++] = (struct frame){ .rows = node->cmd->kw };
}

static void
push(struct walk *w, const struct kw *rows, void *args, void *owner)
{
	/* kw_check() refuses deeper tables. */
	if (w->depth < WALK_DEPTH)
		w->frame[w->depth++] = (struct frame){ .rows = rows, .args = args, .owner = owner };
}

/*
 * Room for the texts of a table that begins to be read: they are no longer than the rest of the line
 * and their NULs, and a short key where a sub-table takes the rest.
 */
static size_t
room_for(const struct walk *w, const struct kw *rows)
{
	size_t rest = strlen(w->line + w->word) + SPARE;

	for (const struct kw *row = rows; row != NULL && !row_is_end(row); row++)
		if (row->sub_size > 0)
			return rest < KEY_ROOM ? rest : KEY_ROOM;
	return rest;
}

void
walk_args(struct walk *w)
{
	if (w->args != NULL)
		return;
	w->args = mem_roomy(w->ctx, w->node->cmd->size, room_for(w, w->node->cmd->kw));
	w->frame[0].args = w->frame[0].owner = w->args;
}

/* Leaves inner frames (but for a loose option), and marks the row's place as passed. */
static void
enter_row(struct walk *w, const struct choice *c)
{
	struct frame *f = &w->frame[c->frame];

	w->in_tree = false;
	if (!row_is_loose(c->row))
		w->depth = c->frame + 1;
	if (!row_is_seq(c->row))
		f->options = true;
	else
		f->seq = (size_t)(c->row - f->rows) + ((c->row->flags & KW_MANY) == 0);
}

/* Of two spellings of one thing the one that is printed. */
static const struct kw *
printed_row(const struct kw *rows, const struct kw *row)
{
	for (; (row->flags & KW_HIDDEN) != 0 && !row_is_end(rows); rows++)
		if ((rows->flags & KW_HIDDEN) == 0 && rows->at == row->at && rows->sub == row->sub)
			return rows;
	return row;
}

static void
enter_sub(struct walk *w, const struct choice *c)
{
	struct frame *f = &w->frame[c->frame];
	struct kw_sub *sub;

	if (c->row->sub_size == 0) {
		if (c->row->sub != NULL)
			push(w, c->row->sub, f->args, f->owner);
		return;
	}
	sub = (struct kw_sub *)(void *)(f->args + c->row->at);
	*sub = (struct kw_sub){ .set = true,
		.row = printed_row(f->rows, c->row),
		.args = mem_roomy(f->owner, c->row->sub_size, room_for(w, c->row->sub)) };
	push(w, c->row->sub, sub->args, sub->args);
}

static void
list_add(void *ctx, struct kw_list *list, const struct kw_str *item)
{
	/* Grows at the powers of two. */
	if ((list->n & (list->n - 1)) == 0) {
		size_t cap = list->n == 0 ? 1 : 2 * list->n;

		list->v = mem_resize(ctx, list->v, cap * sizeof *list->v);
		list->quoted = mem_resize(ctx, list->quoted, cap * sizeof *list->quoted);
	}
	list->v[list->n] = item->s;
	list->quoted[list->n++] = item->quoted;
	list->set = true;
}

/* The words from t to the end of the line, as they are or with single blanks between them. */
static void
take_rest(struct walk *w, struct kw_token *t, bool join)
{
	size_t pos = t->end, out = t->end - t->start;
	struct kw_token next;

	memcpy(w->text, w->line + t->start, out);
	while (lex_next(w->line, &pos, &next)) {
		size_t from = join ? next.start : t->end;

		if (join)
			w->text[out++] = ' ';
		memcpy(w->text + out, w->line + from, next.end - from);
		out += next.end - from;
		t->end = next.end;
	}
	w->text[out] = '\0';
}

/* "GigabitEthernet 0/0/1" is what IOS users type for one name. */
static void
take_number(struct walk *w, struct kw_token *t)
{
	size_t n = strlen(w->text), pos = t->end;
	struct kw_token next;

	for (size_t i = 0; i < n; i++)
		if (!isalpha((unsigned char)w->text[i]) && w->text[i] != '-')
			return;
	if (t->quoted || !lex_next(w->line, &pos, &next) || !isdigit((unsigned char)w->line[next.start]))
		return;
	lex_copy(w->line, &next, w->text + n);
	t->end = next.end;
}

/* Reads the value of a row from the word at t. */
static bool
read_value(struct walk *w, const struct choice *c, struct kw_token *t, struct err *err)
{
	const struct kw *row = c->row;
	char *dst;
	struct kw_str item = { 0 };
	bool many = (row->flags & KW_MANY) != 0;

	if (lex_is_typographic(w->line + t->start)) {
		err_set(err, ERR_INVALID, "typographic quotes are not quotes: write \" instead");
		return refuse_value(w, row, t, err);
	}
	if (row->type->rest || (row->type->join && !t->quoted))
		take_rest(w, t, row->type->join);
	else
		lex_copy(w->line, t, w->text);
	if (row->type->glue)
		take_number(w, t);
	t->text = w->text;
	walk_args(w);
	dst = w->frame[c->frame].args + row->at;
	if (!row->type->parse(w->frame[c->frame].owner, row, t, many ? (void *)&item : (void *)dst, err))
		return refuse_value(w, row, t, err);
	if (many)
		list_add(w->frame[c->frame].owner, (struct kw_list *)(void *)dst, &item);
	*(bool *)dst = true;

	w->pending = NULL;
	w->pos = t->end;
	w->rest = row->type->rest || (row->type->join && !t->quoted) ? row : NULL;
	if (row->choices != NULL && w->expanded != NULL) {
		text_addc(w->expanded, ' ');
		row->type->print(row, dst, w->expanded);
	} else {
		expand(w, w->line + t->start, t->end - t->start);
	}
	return true;
}

static bool
read_keyword(struct walk *w, const struct choice *c, struct err *err)
{
	struct kw_token t = { 0 };

	expand(w, c->row->word, strlen(c->row->word));
	walk_args(w);
	enter_row(w, c);
	if (c->row->type == NULL) {
		if (c->row->sub_size == 0)
			*(bool *)(w->frame[c->frame].args + c->row->at) = true;
	} else if (!lex_next(w->line, &w->pos, &t)) {
		w->pending = c->row;
		return true;
	} else if (!read_value(w, c, &t, err)) {
		return false;
	}
	enter_sub(w, c);
	return true;
}

/* Tries the bare values that may come here; the first that can be read has the word. */
static bool
read_bare(struct walk *w, const struct choice *bare, size_t n, struct kw_token *t, struct err *err)
{
	struct err first = ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		struct err why = ERR_INIT;
		struct kw_token copy = *t;

		if (read_value(w, &bare[i], &copy, &why)) {
			enter_row(w, &bare[i]);
			enter_sub(w, &bare[i]);
			return true;
		}
		if (i == 0)
			first = why;
	}
	if (n > 0 && err != NULL)
		*err = first;
	return false;
}

/* Takes the word at t: of the tree, or a keyword with its value. */
static bool
read_choice(struct walk *w, const struct choice *c, const struct kw_token *t, struct err *err)
{
	w->rest = NULL;
	if (c->node == NULL)
		return read_keyword(w, c, err);
	if (c->node->absent != NULL)
		return refuse_absent(c->node, t, err);
	enter_node(w, c->node);
	return true;
}

static bool
read_word(struct walk *w, struct kw_token *t, struct err *err)
{
	struct look found;
	struct err why = ERR_INIT;

	if (t->quoted) {
		size_t n = t->end - t->start;

		walk_look(w, w->line + t->start + 1, n < 2 ? 0 : n - 2, false, &found);
		t->guard = found.is_exact;
		walk_look(w, w->line + t->start, n, true, &found);
	} else {
		walk_look(w, w->line + t->start, t->end - t->start, false, &found);
	}
	if (found.is_exact)
		return read_choice(w, &found.exact, t, err);
	if (found.nbare > 0 && read_bare(w, found.bare, found.nbare, t, &why))
		return true;
	if (found.is_ambiguous)
		return refuse_ambiguous(w, &found, t, err);
	if (found.is_prefix)
		return read_choice(w, &found.prefix, t, err);
	if (found.is_legacy)
		return read_choice(w, &found.legacy, t, err);
	if (found.nhidden > 0 &&
		read_bare(w, found.hidden_bare, found.nhidden, t, found.nbare > 0 ? NULL : &why))
		return true;
	if (why.code == ERR_NONE)
		return refuse_word(w, t, err);
	if (err != NULL)
		*err = why;
	return false;
}

enum walk_result
walk_step(struct walk *w, struct err *err)
{
	struct kw_token t;

	if (w->pending != NULL || !lex_next(w->line, &w->pos, &t))
		return WALK_END;
	w->word = t.start;
	return read_word(w, &t, err) ? WALK_READ : WALK_ERROR;
}

/* ---- the end ---- */

/* What is missing: a pending value, or a row that must be there. */
static const struct kw *
walk_missing(const struct walk *w, const struct kw **table)
{
	for (size_t at = w->depth; at-- > 0;) {
		const struct kw *row = rows_missing(w->frame[at].rows, w->frame[at].args);

		if (row != NULL) {
			*table = w->frame[at].rows;
			return row;
		}
	}
	return NULL;
}

/* Of rows that exclude each other any one will do: all are named, or the first few. */
static void
hint_group(const struct kw *table, unsigned group, struct err *err)
{
	enum { NAMED = 6 };
	char words[160] = "";
	size_t n = 0, len = 0;

	for (const struct kw *row = table; !row_is_end(row); row++) {
		if (row->group != group || row->word == NULL || (row->flags & KW_HIDDEN) != 0)
			continue;
		if (n++ < NAMED && len < sizeof words)
			len += (size_t)snprintf(
				words + len, sizeof words - len, "%s'%s'", len > 0 ? ", " : "", row->word);
	}
	err_hint(err, "%s%s%s is missing", n > 1 ? "one of " : "", words, n > NAMED ? ", ... (see '?')" : "");
}

bool
walk_is_complete(const struct walk *w)
{
	const struct kw *table;

	return w->depth > 0 && w->pending == NULL && walk_missing(w, &table) == NULL;
}

bool
walk_finish(struct walk *w, struct err *err)
{
	const struct kw *row, *table;

	if (walk_is_complete(w)) {
		walk_args(w);
		return true;
	}
	err_set(err, ERR_INCOMPLETE, "Incomplete command.");
	err_at(err, 0, (int)w->pos + 1);
	if (w->pending != NULL)
		err_hint(err, "the value of '%s' is missing (%s)", w->pending->word, w->pending->help);
	else if ((row = walk_missing(w, &table)) != NULL && row->group > 0)
		hint_group(table, row->group, err);
	else if (row != NULL && row->word != NULL)
		err_hint(err, "'%s' is missing (%s)", row->word, row->help);
	else if (row != NULL)
		err_hint(err, "a value is missing (%s)", row->help);
	return false;
}
