/* Typing: a session's place in the configuration, and when its edits are committed. */
#include "conf/conf.h"

#include <string.h>

#include "conf/private.h"
#include "core/mem.h"

enum { EDIT_DEPTH = 8 };

/*
 * Modes with commit_on_exit keep their edits in the candidate until they are left. In all others
 * each line is committed at once, which empties the candidate: the open mode is then remembered by
 * the keys of the lines that opened it.
 */
struct conf_edit {
	struct conf *conf;
	struct candidate *candidate;
	const char *who;
	char *path[EDIT_DEPTH];
	size_t depth;
	const char *mode; /* of the place that the path names */
	bool changed;
};

static int
edit_free(void *p)
{
	candidate_free(((struct conf_edit *)p)->candidate);
	return 0;
}

struct conf_edit *
conf_edit_new(const void *ctx, struct conf *conf, const char *who)
{
	struct conf_edit *e = mem_new(ctx, struct conf_edit);

	e->conf = conf;
	e->candidate = candidate_new(conf, false);
	e->who = mem_strdup(e, who);
	e->mode = "config";
	mem_on_free(e, edit_free);
	return e;
}

/* ---- where we are ---- */

static void
path_forget(struct conf_edit *e)
{
	while (e->depth > 0)
		mem_free(e->path[--e->depth]);
	e->mode = "config";
}

/* Remembers the open mode of the candidate. */
static void
path_take(struct conf_edit *e)
{
	const struct node *at[EDIT_DEPTH], *n = e->candidate->at;
	size_t depth = 0;

	path_forget(e);
	if (n->line != NULL)
		e->mode = n->line->row->enters;
	for (; n->line != NULL && depth < EDIT_DEPTH; n = node_of(n->pub.parent))
		at[depth++] = n;
	while (depth > 0)
		e->path[e->depth++] = mem_strdup(e, at[--depth]->pub.key);
}

/* The running node that the first `depth` keys of the path name, or NULL. */
static struct node *
path_node(const struct conf_edit *e, size_t depth)
{
	struct node *n = e->conf->root;

	for (size_t i = 0; n != NULL && i < depth; i++)
		n = node_find(n, e->path[i]);
	return n;
}

/* After a refused commit: a mode whose line is not there is not open. */
static void
path_trim(struct conf_edit *e)
{
	while (e->depth > 0 && path_node(e, e->depth) == NULL)
		mem_free(e->path[--e->depth]);
	e->mode = e->depth == 0 ? "config" : path_node(e, e->depth)->line->row->enters;
}

/* Does the open mode, or one around it, wait until it is left? */
static bool
is_waiting(const struct conf_edit *e)
{
	for (const struct node *n = e->candidate->at; n->line != NULL; n = node_of(n->pub.parent)) {
		const struct conf_mode *def = mode_below(e->conf, n)->def;

		if (def != NULL && def->commit_on_exit)
			return true;
	}
	return false;
}

/* Takes the remembered mode's lines as they are now: somebody else may have changed them. */
static bool
path_open(struct conf_edit *e, struct err *err)
{
	struct candidate *c = e->candidate;
	struct node *n;

	if (is_waiting(e))
		return true;
	candidate_clear(c);
	if (e->depth == 0)
		return true;
	n = candidate_top(c, e->path[0]);
	for (size_t i = 1; n != NULL && i < e->depth; i++)
		n = node_find(n, e->path[i]);
	if (n != NULL) {
		c->at = n;
		return true;
	}
	err_set(err, ERR_REFUSED, "'%s' was removed by somebody else", e->path[0]);
	candidate_clear(c);
	path_forget(e);
	return false;
}

const char *
conf_edit_mode(const struct conf_edit *e)
{
	return e->candidate->body != NULL ? e->candidate->body->row->enters : e->mode;
}

/* The line that opened the mode, and the mode; NULL: global configuration, or a body. */
static const struct node *
open_line(const struct conf_edit *e, const struct conf_mode **def)
{
	const struct node *open = e->depth == 0 || e->candidate->body != NULL ? NULL : path_node(e, e->depth);

	*def = open == NULL ? NULL : mode_below(e->conf, open)->def;
	return open;
}

bool
conf_edit_offers(const struct conf_edit *e, const char *word)
{
	const struct conf_mode *def;
	const struct node *open = open_line(e, &def);

	return def == NULL || def->offers == NULL || def->offers(&open->pub, word);
}

const char *
conf_edit_shown(const struct conf_edit *e)
{
	const struct conf_mode *def;
	const struct node *open = open_line(e, &def);

	return def != NULL && def->shown != NULL ? def->shown(&open->pub) : conf_edit_mode(e);
}

bool
conf_edit_is_raw(const struct conf_edit *e)
{
	return e->candidate->body != NULL;
}

/* ---- committing ---- */

static bool
commit(struct conf_edit *e, struct err *err)
{
	struct commit how = { .who = e->who };
	bool fine;

	path_take(e);
	fine = commit_candidate(e->candidate, &how, err);
	if (!fine)
		path_trim(e);
	e->changed = e->changed || how.changes > 0;
	return fine;
}

/* Behind a line: commits it, unless its mode waits. */
static bool
settle(struct conf_edit *e, struct err *err)
{
	if (!is_waiting(e))
		return commit(e, err);
	path_take(e);
	return true;
}

/* Leaves modes until `at` is open; what waited for that is committed. */
static bool
leave_to(struct conf_edit *e, struct node *at, struct err *err)
{
	bool waited = is_waiting(e);

	e->candidate->at = at;
	if (waited && !is_waiting(e))
		return commit(e, err);
	path_take(e);
	return true;
}

/* ---- lines ---- */

static bool
is_comment(const char *line)
{
	line += strspn(line, " \t\r\n");
	return *line == '\0' || *line == '!';
}

/* A line of a mode above closes the modes between; a commit on the way makes all nodes anew. */
static bool
carry_out(struct conf_edit *e, struct meaning *m, struct err *err)
{
	struct candidate *c = e->candidate;

	if (m->at != c->at) {
		if (!leave_to(e, m->at, err) || !path_open(e, err)) {
			line_unref(m->line);
			return false;
		}
		m->at = c->at;
	}
	return candidate_do(c, m, err);
}

/* The running line, of which the typed one says nothing new; NULL: it does, or nobody asks. */
static const struct node *
same_line(const struct conf_edit *e, const struct meaning *m)
{
	const struct node *there = m->remove || m->some || m->line->row->again == NULL
					   ? NULL
					   : node_find(e->conf->root, m->line->key);

	return there != NULL && line_equal(there->line, m->line) ? there : NULL;
}

bool
conf_edit_line(struct conf_edit *e, const char *line, bool confirmed, const char **question, struct err *err)
{
	struct candidate *c = e->candidate;
	struct meaning m;
	const struct node *victim, *same;
	const char *farewell = NULL;

	if (question != NULL)
		*question = NULL;
	if (c->body != NULL) {
		bool fine = candidate_body(c, line, err);

		return fine && c->body == NULL ? settle(e, err) : fine;
	}
	if (is_comment(line))
		return true;
	if (!path_open(e, err) || !candidate_read(c, line, false, &m, err))
		return false;
	victim = m.remove && !confirmed && question != NULL && m.line->row->confirm_no != NULL
			 ? candidate_victim(c, &m)
			 : NULL;
	if (victim != NULL &&
		(*question = victim->line->row->confirm_no(e->conf->engine, &victim->pub)) != NULL) {
		line_unref(m.line);
		return true;
	}
	same = same_line(e, &m);
	if (same != NULL && !m.line->row->again(e->conf->engine, &same->pub, err)) {
		line_unref(m.line);
		return false;
	}
	if (m.remove && confirmed)
		farewell = m.line->row->farewell;
	if (!carry_out(e, &m, err) || (c->body == NULL && !settle(e, err)))
		return false;
	if (question != NULL)
		*question = farewell;
	return true;
}

bool
conf_edit_exit(struct conf_edit *e, bool *left_config, struct err *err)
{
	struct err gone = ERR_INIT;

	*left_config = false;
	if (e->candidate->body != NULL) {
		candidate_up(e->candidate);
		return true;
	}
	if (e->depth == 0) {
		*left_config = true;
		return true;
	}
	return !path_open(e, &gone) || leave_to(e, node_of(e->candidate->at->pub.parent), err);
}

bool
conf_edit_end(struct conf_edit *e, struct err *err)
{
	bool fine = true;

	if (e->candidate->body != NULL)
		candidate_up(e->candidate);
	if (is_waiting(e)) {
		e->candidate->at = e->candidate->root;
		fine = commit(e, err);
	}
	conf_edit_abandon(e);
	return fine;
}

void
conf_edit_abandon(struct conf_edit *e)
{
	candidate_clear(e->candidate);
	path_forget(e);
}

bool
conf_edit_changed(const struct conf_edit *e)
{
	return e->changed;
}
