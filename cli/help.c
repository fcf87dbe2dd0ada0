/* `?` and Tab: what the command trees, the configuration and the filters offer together. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/alias.h"
#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"

struct offers {
	void *ctx;
	struct kw_offer *v;
	size_t n;
};

static void
add(struct offers *o, const char *word, const char *help, bool is_value)
{
	size_t i;

	for (i = 0; i < o->n; i++) {
		if (strcmp(o->v[i].word, word) == 0)
			return;
	}
	o->v = mem_resize(o->ctx, o->v, (o->n + 1) * sizeof *o->v);
	o->v[o->n++] = (struct kw_offer){ .word = word, .help = help, .is_value = is_value };
}

/* The word being typed; "" behind a blank. */
static const char *
last_word(const char *line)
{
	const char *end = line + strlen(line);

	while (end > line && end[-1] != ' ' && end[-1] != '\t')
		end--;
	return end;
}

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

static bool
add_tree(struct offers *o, const struct kw_tree *tree, const char *line, unsigned level, struct err *err)
{
	struct kw_offer *v = NULL;
	size_t n = 0, i;

	if (!kw_offers(o->ctx, tree, line, level, &v, &n, err))
		return false;
	for (i = 0; i < n; i++)
		add(o, v[i].word, v[i].help, v[i].is_value);
	return n > 0;
}

static const struct exec_cmd *
complete_show(struct session *s, const struct kw_tree *tree, const char *line, size_t n, void *ctx)
{
	struct kw_parsed p;

	if (!kw_parse(ctx, tree, mem_strndup(ctx, line, n), s->level, 0, &p, NULL) ||
		(((const struct exec_cmd *)p.cmd)->flags & EXEC_SHOW) == 0)
		return NULL;
	return (const struct exec_cmd *)p.cmd;
}

/* Is the cursor behind the '|' of a show command? */
static bool
add_filters(struct session *s, struct offers *o, const struct kw_tree *tree, const char *line)
{
	const char *bar = strstr(line, " |");
	struct kw_offer *v;
	size_t n, i;

	if (bar == NULL || complete_show(s, tree, line, (size_t)(bar - line), o->ctx) == NULL)
		return false;
	pipe_offers(o->ctx, bar + 1, &v, &n);
	for (i = 0; i < n; i++)
		add(o, v[i].word, v[i].help, v[i].is_value);
	return true;
}

static bool
exec_offers(
	struct session *s, struct offers *o, const struct kw_tree *tree, const char *line, struct err *err)
{
	if (add_filters(s, o, tree, line))
		return true;
	if (!add_tree(o, tree, line, s->level, err))
		return false;
	if (*last_word(line) == '\0' && complete_show(s, tree, line, strlen(line), o->ctx) != NULL)
		add(o, "|", "Output modifiers", false);
	return true;
}

/* The words in front of any configuration line. */
static const struct {
	const char *word, *help;
} forms[] = {
	{ "default", "Set a command to its defaults" },
	{ "do", "To run exec commands in config mode" },
	{ "no", "Negate a command or set its defaults" },
};

static const char *
behind(const char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncasecmp(line, word, n) != 0 || (line[n] != ' ' && line[n] != '\t'))
		return NULL;
	return skip_blanks(line + n);
}

/* The lines of the open mode; it may keep some of them to itself, by their first word. */
static bool
add_mode(struct session *s, struct offers *o, const struct kw_tree *tree, const char *line, struct err *err)
{
	char *first = mem_strndup(o->ctx, line, strcspn(line, " \t"));
	struct kw_offer *v = NULL;
	size_t n = 0, before = o->n;

	if (!kw_offers(o->ctx, tree, line, s->level, &v, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (conf_edit_offers(s->edit, line[strlen(first)] == '\0' ? v[i].word : first))
			add(o, v[i].word, v[i].help, v[i].is_value);
	return o->n > before;
}

static bool
config_offers(struct session *s, struct offers *o, const char *line, struct err *err)
{
	const struct conf *conf = s->cli->engine->conf;
	const struct conf_mode *mode = conf_mode_find(conf, conf_edit_mode(s->edit));
	const struct kw_tree *tree = conf_tree(conf, conf_edit_mode(s->edit));
	const char *rest;
	size_t i;
	bool found;

	if ((rest = behind(line, "do")) != NULL)
		return exec_offers(s, o, s->cli->exec, rest, err);
	if ((rest = behind(line, "no")) != NULL || (rest = behind(line, "default")) != NULL)
		return add_mode(s, o, tree, rest, err);
	found = add_tree(o, s->cli->config, line, s->level, err);
	found = add_mode(s, o, tree, line, err) || found;
	/* A line of a mode above may be typed in a sub-mode, though `?` alone lists only the latter. */
	for (; !found && strchr(line, ' ') != NULL && mode != NULL && mode->parent != NULL;
		mode = conf_mode_find(conf, mode->parent))
		found = add_tree(o, conf_tree(conf, mode->parent), line, s->level, err);
	for (i = 0; strchr(line, ' ') == NULL && i < sizeof forms / sizeof forms[0]; i++) {
		if (starts_with_nocase(forms[i].word, line, strlen(line)))
			add(o, forms[i].word, forms[i].help, false);
	}
	return o->n > 0;
}

static int
by_word(const void *a, const void *b)
{
	const struct kw_offer *x = a, *y = b;
	bool x_end = strcmp(x->word, "<cr>") == 0, y_end = strcmp(y->word, "<cr>") == 0;

	if (x_end != y_end)
		return x_end ? 1 : -1;
	return strcmp(x->word, y->word);
}

static bool
find_offers(struct session *s, struct offers *o, const char *line, struct err *err)
{
	bool found;

	line = skip_blanks(line);
	if (strchr(line, ' ') != NULL)
		line = alias_expand(o->ctx, s, line);
	if (s->edit != NULL)
		found = config_offers(s, o, line, err);
	else
		found = exec_offers(s, o, s->cli->exec, line, err);
	if (o->n > 1)
		qsort(o->v, o->n, sizeof *o->v, by_word);
	return found && o->n > 0;
}

void
session_help(struct session *s, const char *line, struct text *out)
{
	struct offers o = { .ctx = mem_ctx(s, "help") };
	struct err err = ERR_INIT;

	if (!find_offers(s, &o, line, &err))
		text_printf(out, "%% %s\n", err.code == ERR_AMBIGUOUS ? err.text : "Unrecognized command");
	else
		kw_print_offers(o.v, o.n, *last_word(line) != '\0' && !o.v[0].is_value, out);
	mem_free(o.ctx);
}

void
session_complete(struct session *s, const char *line, struct text *out)
{
	struct offers o = { .ctx = mem_ctx(s, "completion") };
	const char *prefix = last_word(line), *only = NULL;
	size_t i, n = 0;

	if (*prefix != '\0' && find_offers(s, &o, line, NULL)) {
		for (i = 0; i < o.n; i++) {
			if (o.v[i].is_value || !starts_with_nocase(o.v[i].word, prefix, strlen(prefix)))
				continue;
			only = o.v[i].word;
			n++;
		}
	}
	if (n == 1)
		text_printf(out, "%s ", only + strlen(prefix));
	mem_free(o.ctx);
}
