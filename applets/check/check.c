/* Checks of a configuration: what is looked at, in which order, and how findings are told. */
#include "applets/check/check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "applets/check/private.h"
#include "core/mem.h"
#include "core/text.h"

const char check_label[] = "";

/* ---- findings ---- */

struct told {
	struct check_finding finding;
	const char *word;
	size_t order; /* of telling */
};

struct findings {
	const char **source; /* the lines of the file; NULL: typed */
	size_t lines;
	struct told *told;
	size_t n, cap;
};

/* The lines of a file, each a string of its own. */
static void
split_source(struct findings *f, const char *source)
{
	char *copy = mem_strdup(f, source);
	size_t cap = 0;

	for (char *line = copy; line != NULL; f->lines++) {
		char *end = strchr(line, '\n');

		if (f->lines == cap)
			f->source = mem_resize(
				f, f->source, (cap = cap == 0 ? 256 : 2 * cap) * sizeof *f->source);
		f->source[f->lines] = line;
		if (end != NULL)
			*end = '\0';
		line[strcspn(line, "\r")] = '\0';
		line = end == NULL ? NULL : end + 1;
	}
}

/* The label of a line's node; "" when it has none. */
static const char *
check_node_label(const struct conf_node *n)
{
	return is_action_node(n)    ? ((const struct action_args *)n->args)->label.s
	       : is_old_set_node(n) ? ((const struct old_set_args *)n->args)->label.s
				    : "";
}

/* The line as it stands in the file; one that was typed, as it prints. */
static const char *
text_of(const struct check *c, const struct findings *f, const struct conf_node *n, int *line)
{
	struct text out;

	*line = conf_node_line(n);
	if (*line > 0 && f->source != NULL && (size_t)*line <= f->lines)
		return f->source[*line - 1];
	*line = 0;
	text_init(&out, f);
	conf_print_node(c->engine->conf, n, n->parent != c->root, &out);
	out.s[strcspn(out.s, "\n")] = '\0';
	return out.s;
}

static bool
is_told(const struct findings *f, const struct lint *lint, const struct conf_node *n, const char *word)
{
	for (size_t i = f->n;
		i-- > 0 && f->told[i].finding.node != NULL && f->told[i].finding.node->parent == n->parent;)
		if (f->told[i].finding.lint == lint && f->told[i].finding.node == n &&
			strcmp(f->told[i].word, word) == 0)
			return true;
	return false;
}

static struct told *
next_told(struct findings *f, const char *word)
{
	if (f->n == f->cap) {
		f->cap = f->cap == 0 ? 16 : 2 * f->cap;
		f->told = mem_resize(f, f->told, f->cap * sizeof *f->told);
	}
	f->told[f->n] = (struct told){ .word = mem_strdup(f, word), .order = f->n };
	return &f->told[f->n++];
}

void
check_tell(struct check *c, enum lint_id id, const struct check_applet *a, const struct conf_node *node,
	const char *word, const char *fix, const char *fmt, ...)
{
	struct findings *f = c->findings;
	const struct lint *lint = &lints[id];
	struct told *t;
	va_list ap;

	if (is_told(f, lint, node, word != NULL ? word : ""))
		return;
	t = next_told(f, word != NULL ? word : "");
	t->finding = (struct check_finding){ .lint = lint,
		.node = node,
		.applet = a != NULL ? a->name : "",
		.label = check_node_label(node),
		.fix = mem_strdup(f, fix != NULL ? fix : lint->fix) };
	va_start(ap, fmt);
	t->finding.reason = mem_vprintf(f, fmt, ap);
	va_end(ap);
	t->finding.text = text_of(c, f, node, &t->finding.line);
	t->finding.column = place_column(t->finding.text, word, t->finding.label[0] != '\0');
}

void
check_tell_setting(struct check *c, enum lint_id id, const struct setting_place *at, const char *text,
	const char *word, const char *fmt, ...)
{
	struct findings *f = c->findings;
	struct told *t = next_told(f, word);
	va_list ap;

	t->finding = (struct check_finding){ .lint = &lints[id],
		.applet = "",
		.label = "",
		.fix = lints[id].fix,
		.text = mem_strdup(f, text),
		.column = place_column(text, word, false),
		.setting = at };
	va_start(ap, fmt);
	t->finding.reason = mem_vprintf(f, fmt, ap);
	va_end(ap);
}

static int
told_compare(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	if (x->finding.line != y->finding.line)
		return x->finding.line < y->finding.line ? -1 : 1;
	if (x->finding.line > 0 && x->finding.column != y->finding.column)
		return x->finding.column < y->finding.column ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* ---- applets ---- */

static void
read_events(struct check *c, struct check_applet *a)
{
	size_t cap = 0;

	for (const struct conf_node *n = a->node->first; n != NULL; n = n->next)
		cap += is_event_node(n);
	a->events = mem_array(c, struct check_event, cap + 1);
	for (const struct conf_node *n = a->node->first; n != NULL; n = n->next) {
		const struct event_args *e = n->args;

		if (is_event_node(n))
			a->events[a->nevents++] = (struct check_event){ .node = n,
				.detector = e->what.row->owner,
				.args = e->what.args,
				.tag = e->tag.set ? e->tag.s : "" };
	}
}

static void
read_applet(struct check *c, struct check_applet *a, const struct conf_node *n)
{
	a->node = n;
	a->name = ((const struct applet_args *)n->args)->name.s;
	read_events(c, a);
	a->program = program_new(a->name);
	a->n = applet_lines(c->engine, n, a->program, &a->lines);
	a->has_structure = compile_program(c->engine, a->program, a->lines, a->n, NULL);
}

static void
read_applets(struct check *c)
{
	size_t cap = 0;

	for (const struct conf_node *n = c->root->first; n != NULL; n = n->next)
		cap += is_applet_node(n);
	c->applets = mem_array(c, struct check_applet, cap + 1);
	for (const struct conf_node *n = c->root->first; n != NULL; n = n->next)
		if (is_applet_node(n))
			read_applet(c, &c->applets[c->n++], n);
}

/* ---- the families ---- */

static void
check_whole(struct check *c, const struct check_applet *a)
{
	const struct conf_node *at;
	struct err err = ERR_INIT;

	if (a->nevents == 0)
		check_tell(c, LINT_APPLET_EMPTY, a, a->node, a->name, NULL,
			"applet %s has no event and is not registered", a->name);
	else if (a->n == 0)
		check_tell(
			c, LINT_APPLET_EMPTY, a, a->node, a->name, NULL, "applet %s has no action", a->name);
	if (a->nevents > 0 && !applet_events_check(c->engine, a->node, &at, &err))
		check_tell(c, LINT_EVENT_INVALID, a, at, NULL, err.hint[0] != '\0' ? err.hint : NULL, "%s",
			err.text);
}

static void
check_applet(struct check *c, const struct check_applet *a)
{
	check_whole(c, a);
	check_labels(c, a);
	check_variables(c, a);
	check_patterns(c, a);
	check_mail(c, a);
	check_names(c, a);
	check_outside(c, a);
	if (a->has_structure)
		check_flow(c, a);
	else
		check_blocks(c, a);
}

static void
tell_all(struct findings *f, check_finding_f *tell, void *arg)
{
	if (f->n > 0)
		qsort(f->told, f->n, sizeof *f->told, told_compare);
	for (size_t i = 0; i < f->n; i++)
		tell(arg, &f->told[i].finding);
}

bool
check_configuration(struct engine *engine, const struct conf_node *root, const char *source,
	const char *applet, check_finding_f *tell, void *arg)
{
	struct check *c = mem_new(engine, struct check);
	struct findings *f = mem_new(c, struct findings);
	bool found = applet == NULL;

	c->engine = engine;
	c->root = root;
	c->findings = f;
	if (source != NULL)
		split_source(f, source);
	read_applets(c);
	check_environment(c);
	for (size_t i = 0; i < c->n; i++) {
		if (applet != NULL && strcmp(c->applets[i].name, applet) != 0)
			continue;
		found = true;
		check_applet(c, &c->applets[i]);
	}
	check_shadows(c, applet);
	if (applet == NULL) {
		check_line_names(c);
		check_destinations(c);
		check_settings(c);
		check_listeners(c);
		check_class_maps(c);
	}
	tell_all(f, tell, arg);
	for (size_t i = 0; i < c->n; i++)
		program_unref(c->applets[i].program);
	forget_environment(c);
	HASH_CLEAR(hh, c->environment);
	HASH_CLEAR(hh, c->made);
	mem_free(c);
	return found;
}
