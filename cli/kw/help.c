/* `?` and Tab: what may come at the end of a line. */
#include "cli/kw/kw.h"

#include <stdlib.h>
#include <string.h>

#include "cli/kw/walk.h"
#include "core/mem.h"

enum { HELP_WIDTH = 20, SCREEN_WIDTH = 80 };

struct offers {
	const void *ctx;
	struct kw_offer *v;
	size_t n;
	const char *prefix; /* of the word being typed; "" behind a blank */
	bool only_words;
};

static void
offer(struct offers *o, const char *word, const char *help, bool is_value)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->v[i].word, word) == 0)
			return;
	/* Grows at the powers of two. */
	if ((o->n & (o->n - 1)) == 0)
		o->v = mem_resize(o->ctx, o->v, (o->n == 0 ? 1 : 2 * o->n) * sizeof *o->v);
	o->v[o->n++] = (struct kw_offer){ mem_strdup(o->v, word), help == NULL ? "" : help, is_value };
}

static void
offer_word(struct offers *o, const char *word, const char *help)
{
	if (starts_with_nocase(word, o->prefix, strlen(o->prefix)))
		offer(o, word, help, false);
}

/* The value of a row: its alternatives as words, anything else in capital or angle form. */
static void
offer_value(struct offers *o, const struct kw *row)
{
	const char *param = row->param != NULL ? row->param : row->type->param;
	struct text name;

	if (row->choices != NULL) {
		for (const struct kw_alternative *a = row->choices; a->word != NULL; a++)
			if (!a->hidden)
				offer_word(o, a->word, a->help);
		return;
	}
	if (o->only_words)
		return;
	text_init(&name, o->ctx);
	if (param == NULL)
		row->type->help(row, &name);
	while (param != NULL && param[strcspn(param, "|")] != '\0') {
		char *form = mem_strndup(o->ctx, param, strcspn(param, "|"));

		offer(o, form, row->help, true);
		mem_free(form);
		param += strcspn(param, "|") + 1;
	}
	offer(o, param != NULL ? param : name.s, row->help, true);
	mem_free(name.s);
}

static void
offer_choice(void *arg, const struct choice *c)
{
	struct offers *o = arg;

	if (c->node != NULL && !c->node->hidden)
		offer_word(o, c->node->word, c->node->help);
	else if (c->row != NULL && (c->row->flags & KW_HIDDEN) == 0 && c->row->word != NULL)
		offer_word(o, c->row->word, c->row->help);
	else if (c->row != NULL && (c->row->flags & KW_HIDDEN) == 0)
		offer_value(o, c->row);
}

/* Numbers first, as IOS lists, then words. */
static int
by_word(const void *a, const void *b)
{
	const struct kw_offer *x = a, *y = b;

	return strcmp(x->word, y->word);
}

static void
offers_here(const struct walk *w, struct offers *o)
{
	if (w->pending != NULL)
		offer_value(o, w->pending);
	else if (w->rest != NULL)
		offer_value(o, w->rest);
	else
		walk_each(w, offer_choice, o);
	if (o->n > 1)
		qsort(o->v, o->n, sizeof *o->v, by_word);
}

/* Where the word under the cursor begins: the end of the line when a blank stands before it. */
static size_t
last_word(const char *line)
{
	struct kw_token t;
	size_t pos = 0, at = strlen(line);

	while (lex_next(line, &pos, &t))
		if (line[t.end] == '\0' && (!t.quoted || t.end - t.start < 2 || line[t.end - 1] != '"'))
			at = t.start;
	return at;
}

/* Reads everything before the word under the cursor, then lists what it may become. */
static bool
list(const void *ctx, const struct kw_tree *tree, const char *line, unsigned level, bool only_words,
	struct offers *o, struct err *err)
{
	void *mine = mem_ctx(ctx, "help");
	size_t at = last_word(line);
	const char *before = mem_strndup(mine, line, at);
	enum walk_result r;
	struct walk w;

	*o = (struct offers){ .ctx = ctx, .prefix = line + at, .only_words = only_words };
	walk_start(&w, mine, tree, before, level);
	while ((r = walk_step(&w, err)) == WALK_READ)
		;
	if (r == WALK_ERROR) {
		mem_free(mine);
		return false;
	}
	/* A word that begins like no keyword may still be a value. */
	o->only_words = only_words || o->prefix[0] != '\0';
	offers_here(&w, o);
	if (o->n == 0 && !only_words) {
		o->only_words = false;
		offers_here(&w, o);
	}
	if (o->prefix[0] == '\0' && !only_words && walk_is_complete(&w))
		offer(o, "<cr>", "", true);
	mem_free(mine);
	return true;
}

bool
kw_offers(const void *ctx, const struct kw_tree *tree, const char *line, unsigned level,
	struct kw_offer **offers, size_t *n, struct err *err)
{
	struct err unwanted = ERR_INIT;
	struct offers o;
	bool fine = list(ctx, tree, line, level, false, &o, err == NULL ? &unwanted : err);

	*offers = fine ? o.v : NULL;
	*n = fine ? o.n : 0;
	return fine;
}

static size_t
widest(const struct kw_offer *v, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i < n; i++)
		if (strlen(v[i].word) > width)
			width = strlen(v[i].word);
	return width;
}

/* `sh?`: the words alone, in columns. */
static void
print_columns(const struct kw_offer *v, size_t n, struct text *out)
{
	size_t width = widest(v, n) + 2, across = width > SCREEN_WIDTH ? 1 : SCREEN_WIDTH / width;

	for (size_t i = 0; i < n; i++) {
		bool last = i + 1 == n || (i + 1) % across == 0;

		text_printf(out, "%-*s%s", last ? 0 : (int)width, v[i].word, last ? "\n" : "");
	}
}

static void
print_lines(const struct kw_offer *v, size_t n, struct text *out)
{
	size_t width = widest(v, n) > HELP_WIDTH ? widest(v, n) : HELP_WIDTH;

	for (size_t i = 0; i < n; i++)
		if (v[i].help[0] == '\0')
			text_printf(out, "  %s\n", v[i].word);
		else
			text_printf(out, "  %-*s  %s\n", (int)width, v[i].word, v[i].help);
}

void
kw_print_offers(const struct kw_offer *v, size_t n, bool columns, struct text *out)
{
	if (columns)
		print_columns(v, n, out);
	else
		print_lines(v, n, out);
}

void
kw_help(const struct kw_tree *tree, const char *line, unsigned level, struct text *out)
{
	void *mine = mem_ctx(NULL, "help");
	struct err err = ERR_INIT;
	struct kw_offer *v;
	size_t n;

	if (!kw_offers(mine, tree, line, level, &v, &n, &err))
		text_printf(out, "%% %s\n", err.code == ERR_AMBIGUOUS ? err.text : "Unrecognized command");
	else if (n == 0)
		text_add(out, "% Unrecognized command\n");
	else
		kw_print_offers(v, n, line[last_word(line)] != '\0' && !v[0].is_value, out);
	mem_free(mine);
}

void
kw_complete(const struct kw_tree *tree, const char *line, unsigned level, struct text *out)
{
	void *mine = mem_ctx(NULL, "completion");
	const char *prefix = line + last_word(line);
	struct err err = ERR_INIT;
	struct offers o;

	if (*prefix != '\0' && list(mine, tree, line, level, true, &o, &err) && o.n == 1)
		text_printf(out, "%s ", o.v[0].word + strlen(prefix));
	mem_free(mine);
}
