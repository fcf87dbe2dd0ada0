/* What may come next in a line, and which of it a word is. */
#include "cli/kw/walk.h"

#include <string.h>
#include <strings.h>

/* ---- what may come ---- */

/* What is known of the group that the last row was in: the rows of a group stand together, and there may be many. */
struct group {
	unsigned number; /* 0: nothing is known */
	bool is_satisfied;
};

static bool
is_satisfied(const struct frame *f, const struct kw *row, struct group *last)
{
	if (row->group == 0)
		return row_is_set(row, f->args);
	if (last->number != row->group)
		*last = (struct group){ row->group, row_is_satisfied(f->rows, row, f->args) };
	return last->is_satisfied;
}

static bool
frame_accepts(const struct frame *f, size_t i, const struct kw *blocker, struct group *last)
{
	const struct kw *row = &f->rows[i];
	bool again = (row->flags & KW_MANY) != 0 && row_is_set(row, f->args);

	if (!again && is_satisfied(f, row, last))
		return false;
	if (row_is_seq(row) && (f->options || i < f->seq))
		return false;
	if (blocker == NULL || (row->group != 0 && row->group == blocker->group))
		return true;
	return row_is_seq(row) && row <= blocker;
}

/* The first row with a place that must come before any other. */
static const struct kw *
frame_blocker(const struct frame *f)
{
	for (const struct kw *row = f->rows; row != NULL && !row_is_end(row); row++)
		if (row_is_seq(row) && (row->flags & KW_REQ) != 0 && !row_is_satisfied(f->rows, row, f->args))
			return row;
	return NULL;
}

/*
 * Rows of all frames that may be left: the innermost, and each one below a complete one. An
 * incomplete frame with all its placed rows lets the loose options of those below it through:
 * `event syslog maxrun 60 pattern "x"`.
 */
static void
rows_each(const struct walk *w, void (*each)(void *arg, const struct choice *), void *arg)
{
	bool only_loose = false;

	for (size_t at = w->depth; at-- > 0;) {
		const struct frame *f = &w->frame[at];
		const struct kw *blocker = frame_blocker(f);
		struct group last = { 0 };

		for (size_t i = 0; f->rows != NULL && !row_is_end(&f->rows[i]); i++)
			if ((!only_loose || row_is_loose(&f->rows[i])) && frame_accepts(f, i, blocker, &last))
				each(arg, &(struct choice){ .row = &f->rows[i], .frame = at });
		if (blocker != NULL)
			return;
		only_loose = only_loose || rows_missing(f->rows, f->args) != NULL;
	}
}

static bool
node_is_visible(const struct walk *w, const struct kw_node *node)
{
	return node->level <= w->level;
}

void
walk_each(const struct walk *w, void (*each)(void *arg, const struct choice *), void *arg)
{
	rows_each(w, each, arg);
	if (!w->in_tree)
		return;
	for (size_t i = 0; i < w->node->n; i++)
		if (node_is_visible(w, w->node->child[i]))
			each(arg, &(struct choice){ .node = w->node->child[i] });
}

/* ---- which of them a word is ---- */

const char *
choice_word(const struct choice *c)
{
	return c->node != NULL ? c->node->word : c->row->word;
}

bool
choice_is_hidden(const struct choice *c)
{
	return c->node != NULL ? c->node->hidden : (c->row->flags & KW_HIDDEN) != 0;
}

static void
look_word(struct look *look, const struct choice *c)
{
	const char *word = choice_word(c);

	if (look->quoted || strncasecmp(word, look->s, look->n) != 0)
		return;
	if (word[look->n] == '\0') {
		if (!look->is_exact)
			look->exact = *c;
		look->is_exact = true;
	} else if (choice_is_hidden(c)) {
		if (!look->is_legacy)
			look->legacy = *c;
		look->is_legacy = true;
	} else if (!look->is_prefix) {
		look->prefix = *c;
		look->is_prefix = true;
	} else if (strcasecmp(choice_word(&look->prefix), word) != 0) {
		look->is_ambiguous = true;
	}
}

static void
look_at(void *arg, const struct choice *c)
{
	struct look *look = arg;

	if (c->node != NULL || c->row->word != NULL)
		look_word(look, c);
	else if (choice_is_hidden(c) && look->nhidden < LOOK_BARE)
		look->hidden_bare[look->nhidden++] = *c;
	else if (!choice_is_hidden(c) && look->nbare < LOOK_BARE)
		look->bare[look->nbare++] = *c;
}

void
walk_look(const struct walk *w, const char *s, size_t n, bool quoted, struct look *out)
{
	*out = (struct look){ .s = s, .n = n, .quoted = quoted };
	rows_each(w, look_at, out);
	if (!w->in_tree || quoted)
		return;
	for (size_t i = node_seek(w->node, s, n); i < w->node->n; i++) {
		if (strncasecmp(w->node->child[i]->word, s, n) != 0)
			break;
		if (node_is_visible(w, w->node->child[i]))
			look_at(out, &(struct choice){ .node = w->node->child[i] });
	}
}

/* ---- keys ---- */

struct key_wish {
	bool required, found;
	const struct walk *w;
};

static void
look_for_key(void *arg, const struct choice *c)
{
	struct key_wish *wish = arg;

	if (c->row != NULL && (c->row->flags & KW_KEY) != 0)
		wish->found = true;
}

bool
walk_wants_key(const struct walk *w, bool required)
{
	struct key_wish wish = { .w = w };

	if (!required) {
		rows_each(w, look_for_key, &wish);
		return wish.found;
	}
	for (size_t at = 0; at < w->depth; at++) {
		const struct frame *f = &w->frame[at];

		for (const struct kw *row = f->rows; row != NULL && !row_is_end(row); row++)
			if ((row->flags & (KW_KEY | KW_REQ)) == (KW_KEY | KW_REQ) &&
				!row_is_satisfied(f->rows, row, f->args))
				return true;
	}
	return false;
}
