/*
 * The commit: the candidate's lines take their places, everything is checked against the whole,
 * then applied. What was applied is taken back when something later is refused.
 */
#include <string.h>

#include "conf/private.h"
#include "core/clock.h"
#include "core/mem.h"

struct change {
	struct node *old, *new; /* global lines: NULL is nothing */
	bool dropped;           /* refused, and taken back already */
};

struct changes {
	struct conf *conf;
	struct commit *how;
	struct change *v;
	size_t n, cap;
};

/* ---- the list ---- */

static void
note(struct changes *list, struct node *old, struct node *new)
{
	if (list->n == list->cap) {
		list->cap = list->cap == 0 ? 4 : 2 * list->cap;
		list->v = mem_resize(list->conf, list->v, list->cap * sizeof *list->v);
	}
	list->v[list->n++] = (struct change){ .old = old, .new = new };
}

/* A line that stays as it is keeps its node; in a replaced configuration, at its new place. */
static void
keep(struct changes *list, const struct candidate *c, struct node *old, struct node *new)
{
	if (c->replace && (list->how->flags & COMMIT_DRY) == 0) {
		node_remove(old);
		old->pub.seq = list->conf->seq++;
		node_add(list->conf->root, old);
	}
	node_free(new);
}

/* Removals first, so that what they hold is free for others; then in the order of the configuration. */
static void
collect(struct changes *list, struct candidate *c)
{
	struct node *root = list->conf->root, *n, *next;

	for (n = first_of(c->gone); n != NULL; n = next_of(n))
		if (node_find(c->root, n->pub.key) == NULL && node_find(root, n->pub.key) != NULL)
			note(list, node_find(root, n->pub.key), NULL);
	for (n = first_of(root); c->replace && n != NULL; n = next_of(n))
		if (node_find(c->root, n->pub.key) == NULL)
			note(list, n, NULL);
	for (n = first_of(c->root); n != NULL; n = next) {
		struct node *old = node_find(root, n->pub.key);

		next = next_of(n);
		node_remove(n);
		if (old != NULL && node_equal(old, n)) {
			keep(list, c, old, n);
			continue;
		}
		n->pub.seq = old != NULL && !c->replace ? old->pub.seq : list->conf->seq++;
		note(list, old, n);
	}
}

/* ---- places ---- */

static void
swap(struct conf *conf, struct node *out, struct node *in)
{
	if (out != NULL)
		node_remove(out);
	if (in != NULL)
		node_add(conf->root, in);
}

static void
take_back(struct changes *list, struct change *ch)
{
	swap(list->conf, ch->new, ch->old);
	node_free(ch->new);
	ch->new = NULL;
	ch->dropped = true;
}

/* ---- checks ---- */

static void
report(const struct changes *list, const struct node *n, struct err *err)
{
	if (err->line == 0 && n != NULL)
		err_at(err, n->file_line, err->column > 0 ? err->column : n->file_line > 0);
	if (list->how->finding != NULL)
		list->how->finding(list->how->arg, list->how->file, err, true);
}

/* The first node that its row refuses, or NULL. */
static struct node *
refused_node(struct engine *engine, struct node *n, struct err *err)
{
	struct node *found = NULL;

	if (n->line->row->check != NULL && !n->pub.no && !n->line->row->check(engine, &n->pub, err))
		return n;
	for (struct node *c = first_of(n); c != NULL && found == NULL; c = next_of(c))
		found = refused_node(engine, c, err);
	return found;
}

/* Lenient: a line that is not to go stays. */
static bool
check_removal(struct changes *list, struct change *ch, struct err *err)
{
	struct conf *conf = list->conf;
	const struct conf_row *row = ch->old->line->row;

	if (row->may_go == NULL || ch->old->pub.no ||
		row->may_go(conf->engine, &ch->old->pub, &conf->root->pub, err))
		return true;
	report(list, NULL, err);
	if ((list->how->flags & COMMIT_LENIENT) == 0)
		return false;
	take_back(list, ch);
	err_clear(err);
	return true;
}

/* Lenient: lines that are refused are taken out one by one. */
static bool
check_change(struct changes *list, struct change *ch, struct err *err)
{
	struct node *bad;

	if (ch->new == NULL)
		return ch->dropped || check_removal(list, ch, err);
	while (ch->new != NULL && (bad = refused_node(list->conf->engine, ch->new, err)) != NULL) {
		report(list, bad, err);
		if ((list->how->flags & COMMIT_LENIENT) == 0)
			return false;
		if (bad == ch->new) {
			take_back(list, ch);
		} else {
			node_remove(bad);
			node_free(bad);
		}
		err_clear(err);
	}
	return true;
}

/* ---- effects ---- */

static bool apply_below(struct engine *, struct node *old, struct node *new, struct err *);

static bool
apply_node(struct engine *engine, struct node *old, struct node *new, struct err *err)
{
	const struct node *any = new != NULL ? new : old;

	if (old != NULL && new != NULL && node_equal(old, new))
		return true;
	if (any->line->row->apply != NULL)
		return any->line->row->apply(
			engine, old == NULL ? NULL : &old->pub, new == NULL ? NULL : &new->pub, err);
	return apply_below(engine, old, new, err);
}

/* A row without an effect of its own leaves it to the lines below it. */
static bool
apply_below(struct engine *engine, struct node *old, struct node *new, struct err *err)
{
	for (struct node *c = old == NULL ? NULL : first_of(old); c != NULL; c = next_of(c))
		if ((new == NULL || node_find(new, c->pub.key) == NULL) && !apply_node(engine, c, NULL, err))
			return false;
	for (struct node *c = new == NULL ? NULL : first_of(new); c != NULL; c = next_of(c))
		if (!apply_node(engine, old == NULL ? NULL : node_find(old, c->pub.key), c, err))
			return false;
	return true;
}

/* Once the old line stands in its place again, its effect comes back. */
static void
unapply(struct changes *list, struct change *ch)
{
	struct err ignored = ERR_INIT;

	if (ch->dropped)
		return;
	swap(list->conf, ch->new, ch->old);
	apply_node(list->conf->engine, ch->new, ch->old, &ignored);
	node_free(ch->new);
	ch->new = NULL;
	ch->dropped = true;
}

static bool
apply_all(struct changes *list, struct err *err)
{
	struct engine *engine = list->conf->engine;

	for (size_t i = 0; i < list->n; i++) {
		struct change *ch = &list->v[i];

		if (ch->dropped || apply_node(engine, ch->old, ch->new, err))
			continue;
		report(list, ch->new, err);
		if ((list->how->flags & COMMIT_LENIENT) != 0) {
			take_back(list, ch);
			err_clear(err);
			continue;
		}
		while (i-- > 0)
			unapply(list, &list->v[i]);
		return false;
	}
	return true;
}

/* ---- */

static bool
check_all(struct changes *list, struct err *err)
{
	for (size_t i = 0; i < list->n; i++)
		if (!check_change(list, &list->v[i], err))
			return false;
	return true;
}

static void
undo_all(struct changes *list)
{
	for (size_t i = list->n; i-- > 0;)
		if (!list->v[i].dropped)
			take_back(list, &list->v[i]);
}

static void
settle(struct changes *list)
{
	struct conf_revision *rev = &list->conf->revision;

	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].dropped)
			continue;
		node_free(list->v[i].old);
		list->how->changes++;
	}
	if (list->how->changes == 0)
		return;
	list->conf->is_unsaved = true;
	rev->number++;
	rev->wall = list->conf->engine->clock == NULL ? 0 : clock_wall(list->conf->engine->clock);
	if (strcmp(rev->who, list->how->who) != 0)
		rev->who = mem_strdup(list->conf, list->how->who);
}

bool
commit_candidate(struct candidate *c, struct commit *how, struct err *err)
{
	struct changes list = { .conf = c->conf, .how = how };
	bool fine;

	candidate_companions(c);
	collect(&list, c);
	for (size_t i = 0; i < list.n; i++)
		swap(list.conf, list.v[i].old, list.v[i].new);
	c->conf->is_lenient = (how->flags & (COMMIT_LENIENT | COMMIT_DRY)) == COMMIT_LENIENT;
	fine = check_all(&list, err);
	c->conf->is_lenient = false;
	if ((how->flags & COMMIT_DRY) != 0) {
		if (how->inspect != NULL)
			how->inspect(how->arg, &c->conf->root->pub);
		undo_all(&list);
	} else if (fine && (fine = apply_all(&list, err)))
		settle(&list);
	else
		undo_all(&list);
	mem_free(list.v);
	candidate_clear(c);
	return fine;
}
