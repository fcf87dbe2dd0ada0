/* From a line to the args of its command. */
#include "cli/kw/kw.h"

#include <stddef.h>
#include <string.h>

#include "cli/kw/walk.h"
#include "core/mem.h"

static bool
parse_all(struct walk *w, struct err *err)
{
	enum walk_result r;

	while ((r = walk_step(w, err)) == WALK_READ)
		;
	return r == WALK_END && walk_finish(w, err);
}

/* May more words tell the line apart? */
static bool
may_be_told_apart(const struct walk *w)
{
	return w->depth == 0 || (w->in_tree && w->node->n > 0) || walk_wants_key(w, false);
}

/* A wrong word behind the key does not matter; one inside it does. */
static bool
is_identified(const struct walk *w)
{
	bool in_key = w->refused != NULL && (w->refused->flags & KW_KEY) != 0;

	return w->depth > 0 && !(w->in_tree && w->node->n > 0) && !in_key && !walk_wants_key(w, true);
}

/* Stops where the line is told apart from others: the rest of `no LINE` does not matter. */
static bool
parse_key(struct walk *w, struct err *err)
{
	while (may_be_told_apart(w)) {
		enum walk_result r = walk_step(w, err);

		if (r == WALK_ERROR && !is_identified(w))
			return false;
		if (r == WALK_ERROR)
			break;
		if (r == WALK_END && (w->depth == 0 || w->pending != NULL || walk_wants_key(w, true)))
			return walk_finish(w, err);
		if (r == WALK_END)
			break;
	}
	err_clear(err);
	return true;
}

bool
kw_parse(const void *ctx, const struct kw_tree *tree, const char *line, unsigned level, unsigned flags,
	struct kw_parsed *out, struct err *err)
{
	void *mine = mem_ctx(ctx, "line");
	struct err unwanted = ERR_INIT;
	struct walk w;
	bool fine;

	if (err == NULL)
		err = &unwanted;
	*out = (struct kw_parsed){ 0 };
	walk_start(&w, mine, tree, line, level);
	w.expanded = text_new(mine);
	fine = (flags & KW_PARSE_KEY) != 0 ? parse_key(&w, err) : parse_all(&w, err);
	if (fine) {
		walk_args(&w);
		out->cmd = w.node->cmd;
		out->args = mem_steal(ctx, w.args);
		out->expanded = mem_steal(ctx, w.expanded->s);
	}
	mem_free(mine);
	return fine;
}

void
kw_expand(const struct kw_tree *tree, const char *line, unsigned level, struct text *out)
{
	void *mine = mem_ctx(NULL, "line");
	struct err unwanted = ERR_INIT;
	size_t understood = 0, written = 0;
	struct walk w;

	walk_start(&w, mine, tree, line, level);
	w.expanded = text_new(mine);
	while (walk_step(&w, &unwanted) == WALK_READ) {
		understood = w.pos;
		written = w.expanded->len;
	}
	text_addn(out, w.expanded->s, written);
	if (understood == 0)
		line += strspn(line, " \t");
	text_add(out, line + understood);
	mem_free(mine);
}
