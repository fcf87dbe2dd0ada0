/* The configuration: its modes, the rows that may stand in them, and the running version. */
#include "conf/conf.h"

#include <string.h>

#include "conf/private.h"
#include "core/mem.h"

/* The indexes are not of the context. */
static int
conf_free(void *p)
{
	node_free(((struct conf *)p)->root);
	return 0;
}

struct conf *
conf_new(const void *ctx, struct engine *engine)
{
	static const struct conf_mode config = { .name = "config" };
	struct conf *conf = mem_new(ctx, struct conf);

	conf->engine = engine;
	conf->revision.who = "";
	conf->root = node_new(conf, NULL);
	conf_modes(conf, &config, 1);
	mem_on_free(conf, conf_free);
	return conf;
}

static struct mode *
mode_get(struct conf *conf, const char *name)
{
	struct mode *m;

	for (size_t i = 0; i < conf->modes; i++)
		if (strcmp(conf->mode[i]->name, name) == 0)
			return conf->mode[i];
	conf->mode = mem_resize(conf, conf->mode, (conf->modes + 1) * sizeof *conf->mode);
	m = conf->mode[conf->modes++] = mem_new(conf, struct mode);
	m->name = mem_strdup(m, name);
	m->tree = kw_tree_new(m, name);
	return m;
}

struct mode *
mode_below(struct conf *conf, const struct node *n)
{
	return mode_get(conf, n->line == NULL ? "config" : n->line->row->enters);
}

void
conf_modes(struct conf *conf, const struct conf_mode *modes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		mode_get(conf, modes[i].name)->def = &modes[i];
}

void
conf_rows(struct conf *conf, const struct conf_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		kw_tree_add(mode_get(conf, rows[i].mode)->tree, &rows[i].cmd);
}

void
conf_hints(struct conf *conf, const char *mode, conf_hint_f *hint)
{
	conf_hint_f **hints = mode_get(conf, mode)->hints;
	size_t i = 0;

	while (hints[i] != NULL)
		i++;
	if (i + 1 < sizeof((struct mode *)0)->hints / sizeof *hints)
		hints[i] = hint;
}

void
conf_absent(struct conf *conf, const char *mode, const struct kw_absent *rows, size_t n)
{
	kw_tree_absent(mode_get(conf, mode)->tree, rows, n);
}

void
conf_word(struct conf *conf, const char *mode, const char *path, const char *help)
{
	kw_tree_word(mode_get(conf, mode)->tree, path, help);
}

const struct conf_mode *
conf_mode_find(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->modes; i++)
		if (strcmp(conf->mode[i]->name, name) == 0)
			return conf->mode[i]->def;
	return NULL;
}

struct kw_tree *
conf_tree(const struct conf *conf, const char *mode)
{
	for (size_t i = 0; i < conf->modes; i++)
		if (strcmp(conf->mode[i]->name, mode) == 0)
			return conf->mode[i]->tree;
	return NULL;
}

void
conf_each_tree(
	const struct conf *conf, void (*f)(void *arg, const char *mode, const struct kw_tree *), void *arg)
{
	for (size_t i = 0; i < conf->modes; i++)
		f(arg, conf->mode[i]->name, conf->mode[i]->tree);
}

const struct conf_node *
conf_root(const struct conf *conf)
{
	return &conf->root->pub;
}

const struct conf_node *
conf_find(const struct conf *conf, const char *key)
{
	return conf_child(&conf->root->pub, key);
}

const struct conf_node *
conf_child(const struct conf_node *parent, const char *key)
{
	struct node *n = node_find(node_of(parent), key);

	return n == NULL ? NULL : &n->pub;
}

const struct conf_revision *
conf_revision(const struct conf *conf)
{
	return &conf->revision;
}

const char *
conf_startup_path(const struct conf *conf)
{
	return conf->startup;
}

bool
conf_is_unsaved(const struct conf *conf)
{
	return conf->is_unsaved;
}

bool
conf_is_lenient(const struct conf *conf)
{
	return conf->is_lenient;
}

void
conf_set_startup_path(struct conf *conf, const char *path)
{
	conf->startup = mem_strdup(conf, path);
}
