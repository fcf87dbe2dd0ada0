/* A candidate: lines typed over the running configuration, which stays as it is until the commit. */
#include <string.h>
#include <strings.h>

#include "conf/private.h"
#include "core/mem.h"

enum { CONF_LEVEL = 15 };

struct candidate *
candidate_new(struct conf *conf, bool replace)
{
	struct candidate *c = mem_new(conf, struct candidate);

	c->conf = conf;
	c->replace = replace;
	c->root = c->at = node_new(conf, NULL);
	c->gone = node_new(conf, NULL);
	return c;
}

void
candidate_clear(struct candidate *c)
{
	line_unref(c->body);
	c->body = NULL;
	node_free(c->root);
	node_free(c->gone);
	c->root = c->at = node_new(c->conf, NULL);
	c->gone = node_new(c->conf, NULL);
}

void
candidate_free(struct candidate *c)
{
	if (c == NULL)
		return;
	line_unref(c->body);
	node_free(c->root);
	node_free(c->gone);
	mem_free(c);
}

struct node *
candidate_top(struct candidate *c, const char *key)
{
	struct node *n = node_find(c->root, key);

	if (n != NULL || c->replace || node_find(c->gone, key) != NULL)
		return n;
	n = node_find(c->conf->root, key);
	if (n == NULL)
		return NULL;
	n = node_copy(c->conf, n);
	node_add(c->root, n);
	return n;
}

/* ---- understanding ---- */

/* Is the first word `word`, or an abbreviation of at least `least` letters? */
static const char *
skip_word(const char *text, const char *word, size_t least)
{
	size_t n;

	text += strspn(text, " \t");
	n = strcspn(text, " \t\r\n");
	if (n < least || n > strlen(word) || strncasecmp(text, word, n) != 0)
		return NULL;
	return text + n;
}

struct reading {
	const char *text, *rest; /* the line, and what follows `no` or `default` */
	bool no, is_default;
	unsigned flags;
};

/* A value that tells the line from others of its row: `no action 1.0`. */
static bool
has_key(const struct kw_parsed *p)
{
	for (const struct kw *row = p->cmd->kw; row != NULL && (row->word != NULL || row->help != NULL);
		row++)
		if ((row->flags & KW_KEY) != 0 && *((const bool *)p->args + row->at))
			return true;
	return false;
}

/*
 * What stands behind the key of a `no LINE` may be anything. Without one it may be left out, but not be
 * another line's: in an applet `no event manager applet X` is not its `no event`.
 */
static bool
is_meant(struct candidate *c, const struct kw_tree *tree, const struct kw_parsed *key, const char *rest,
	struct err *err)
{
	struct err why = ERR_INIT;
	struct kw_parsed whole;

	if (has_key(key))
		return true;
	if (kw_parse(c, tree, rest, CONF_LEVEL, 0, &whole, &why)) {
		mem_free(whole.args);
		mem_free((void *)(uintptr_t)whole.expanded);
		return true;
	}
	if (why.code != ERR_INVALID)
		return true;
	*err = why;
	return false;
}

/* Reads the line in the mode below `at`. */
static bool
read_in(struct candidate *c, const struct reading *r, struct node *at, struct meaning *m, struct err *err)
{
	struct kw_tree *tree = mode_below(c->conf, at)->tree;
	const struct conf_row *row;
	struct kw_parsed parsed, whole;
	bool fine = kw_parse(c, tree, r->rest, CONF_LEVEL, r->flags, &parsed, err), some = false;

	if (fine && r->flags != 0) {
		row = (const struct conf_row *)(const void *)parsed.cmd;
		if (row->whole_line_key) {
			fine = kw_parse(c, tree, r->rest, CONF_LEVEL, 0, &whole, err);
			some = !fine && row->covers != NULL && err->code == ERR_INCOMPLETE;
			fine = fine || some;
			if (!some) {
				mem_free(parsed.args);
				parsed = whole;
			}
		}
	}
	fine = fine && (r->flags == 0 || some || is_meant(c, tree, &parsed, r->rest, err));
	if (!fine) {
		if (err->column > 0)
			err->column += (int)(r->rest - r->text);
		return false;
	}
	*m = (struct meaning){ .at = at, .line = line_new(c->conf, &parsed, r->no || r->is_default) };
	mem_free((void *)(uintptr_t)parsed.expanded);
	m->remove = r->is_default || (r->no && !m->line->row->keep_no);
	m->some = some;
	return true;
}

/* The mode that is open, then those above it; the error that got furthest is told. */
static bool
read_up(struct candidate *c, const struct reading *r, struct meaning *m, struct err *err)
{
	struct node *at = c->at;

	if (read_in(c, r, at, m, err))
		return true;
	while (at != c->root) {
		struct err why = ERR_INIT;

		at = node_of(at->pub.parent);
		if (read_in(c, r, at, m, &why))
			return true;
		if (why.column > err->column)
			*err = why;
	}
	return false;
}

/* A refused line that is known from elsewhere: what is known says more than the nearest word. */
static void
hint_known(struct candidate *c, const char *line, struct err *err)
{
	const char *hint = NULL;

	/* A line of a mode above may be typed here. */
	for (struct node *at = c->at; hint == NULL && at != NULL; at = node_of(at->pub.parent)) {
		const struct mode *mode = mode_below(c->conf, at);

		for (size_t i = 0; hint == NULL && mode->hints[i] != NULL; i++)
			hint = mode->hints[i](line);
		if (at == c->root)
			break;
	}
	if (hint != NULL)
		err_hint(err, "%s", hint);
}

static void
drop(struct meaning *m)
{
	line_unref(m->line);
	m->line = NULL;
}

bool
candidate_read(struct candidate *c, const char *text, bool global_first, struct meaning *m, struct err *err)
{
	struct reading r = { .text = text, .rest = text };
	struct err why = ERR_INIT;
	const char *rest;

	if ((rest = skip_word(text, "no", 2)) != NULL)
		r = (struct reading){ text, rest, .no = true, .flags = KW_PARSE_KEY };
	else if ((rest = skip_word(text, "default", 3)) != NULL)
		r = (struct reading){ text, rest, .is_default = true, .flags = KW_PARSE_KEY };
	*m = (struct meaning){ 0 };
	if (!(global_first && read_in(c, &r, c->root, m, &why)) && !read_up(c, &r, m, err)) {
		hint_known(c, r.rest, err);
		return false;
	}
	err_clear(err);
	/* Raw lines follow: they belong to the args, too. */
	if (m->some || (m->line->row->body != NULL && !m->remove))
		return true;
	if (line_finish(c->conf, m->line, err))
		return true;
	drop(m);
	return false;
}

const struct node *
candidate_victim(const struct candidate *c, const struct meaning *m)
{
	const struct node *n = m->some ? NULL : node_find(m->at, m->line->key);

	if (m->some)
		return NULL;
	if (n == NULL && m->at == c->root && !c->replace && node_find(c->gone, m->line->key) == NULL)
		n = node_find(c->conf->root, m->line->key);
	return n;
}

/* ---- carrying it out ---- */

static void
put_line(struct candidate *c, struct node *at, struct line *line)
{
	struct node *n = at == c->root ? candidate_top(c, line->key) : node_find(at, line->key);

	if (n == NULL) {
		n = node_new(c->conf, line);
		node_add(at, n);
	} else {
		if (line->row->enters != NULL && line->row->body == NULL)
			line = line_merge(c->conf, line, n->line);
		node_set_line(n, line);
	}
	n->file_line = c->file_line;
	c->at = line->row->enters != NULL && line->row->body == NULL && !line->no ? n : at;
}

static bool
remove_line(struct candidate *c, const struct meaning *m, struct err *err)
{
	const char *key = m->line->key;
	struct node *n = node_find(m->at, key);
	struct node *running = m->at == c->root && !c->replace ? node_find(c->conf->root, key) : NULL;

	if (running != NULL && node_find(c->gone, key) != NULL)
		running = NULL;
	if (n == NULL && running == NULL && m->line->row->missing != NULL)
		return err_set(err, ERR_NOT_FOUND, "%s", m->line->row->missing);
	if (n != NULL) {
		node_remove(n);
		node_free(n);
	}
	if (running != NULL)
		node_add(c->gone, node_new(c->conf, line_ref(running->line)));
	return true;
}

/* Those that the key values cover. Told before one of them goes: lines may be counted. */
static size_t
covered(const void *ctx, struct node *parent, const struct line *line, struct node ***found)
{
	size_t n = 0;

	*found = mem_array(ctx, struct node *, parent->count);
	for (struct node *child = first_of(parent); child != NULL; child = next_of(child))
		if (child->line->row == line->row && line->row->covers(&child->pub, line->args))
			(*found)[n++] = child;
	return n;
}

/* `no` with key values alone. */
static bool
remove_some(struct candidate *c, struct node *at, const struct line *line, struct err *err)
{
	void *ctx = mem_ctx(c, "covered");
	struct node **typed, **running;
	size_t ntyped = covered(ctx, at, line, &typed), nrunning = 0;

	if (at == c->root && !c->replace)
		nrunning = covered(ctx, c->conf->root, line, &running);
	for (size_t i = 0; i < ntyped; i++) {
		node_remove(typed[i]);
		node_free(typed[i]);
	}
	for (size_t i = 0; i < nrunning; i++)
		if (node_find(c->gone, running[i]->pub.key) == NULL)
			node_add(c->gone, node_new(c->conf, line_ref(running[i]->line)));
	mem_free(ctx);
	return ntyped + nrunning > 0 || line->row->missing == NULL ||
	       err_set(err, ERR_NOT_FOUND, "%s", line->row->missing);
}

bool
candidate_do(struct candidate *c, struct meaning *m, struct err *err)
{
	struct line *line = m->line;
	bool fine = true;

	c->at = m->at;
	m->line = NULL;
	if (m->some) {
		fine = remove_some(c, m->at, line, err);
		line_unref(line);
	} else if (m->remove) {
		fine = remove_line(c, &(struct meaning){ .line = line, .at = m->at }, err);
		line_unref(line);
	} else if (line->row->body != NULL) {
		c->body = line;
	} else if (line->row->place != NULL && !line->no &&
		   !line->row->place(c->conf->engine, &m->at->pub, line->args, err)) {
		line_unref(line);
		fine = false;
	} else {
		put_line(c, m->at, line);
	}
	return fine;
}

bool
candidate_body(struct candidate *c, const char *text, struct err *err)
{
	struct line *line = c->body;
	bool done = false;

	line_add_raw(line, text);
	if (line->row->body(c->conf->engine, line->args, text, &done, err)) {
		if (!done)
			return true;
		c->body = NULL;
		if (line_finish(c->conf, line, err)) {
			put_line(c, c->at, line);
			return true;
		}
	}
	c->body = NULL;
	line_unref(line);
	return false;
}

void
candidate_up(struct candidate *c)
{
	if (c->body != NULL) {
		line_unref(c->body);
		c->body = NULL;
	} else if (c->at != c->root) {
		c->at = node_of(c->at->pub.parent);
	}
}
