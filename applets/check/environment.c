/* The environment variables of a configuration: defined, made by applets, mentioned. */
#include <string.h>
#include <strings.h>

#include "applets/check/private.h"
#include "applets/env.h"
#include "core/mem.h"
#include "core/text.h"

static void
add_variable(struct check *c, struct check_variable **set, const char *name, size_t n, const char *value,
	const struct conf_node *node)
{
	struct check_variable *v;

	HASH_FIND(hh, *set, name, n, v);
	if (v != NULL)
		return;
	v = mem_new(c, struct check_variable);
	v->name = mem_strndup(v, name, n);
	v->value = value;
	v->node = node;
	HASH_ADD_KEYPTR(hh, *set, v->name, n, v);
}

const struct check_variable *
check_variable(const struct check *c, const char *name)
{
	struct check_variable *v;

	HASH_FIND_STR(c->environment, name, v);
	if (v == NULL)
		HASH_FIND_STR(c->made, name, v);
	return v;
}

/* ---- what applets make: `cli command "event manager environment NAME ..."` ---- */

/* The next word, when it is a beginning of `of` of two letters or more. */
static bool
next_is(const char **s, const char *of)
{
	size_t n;

	*s += strspn(*s, " \t");
	n = strcspn(*s, " \t");
	if (n < 2 || n > strlen(of) || strncasecmp(*s, of, n) != 0)
		return false;
	*s += n;
	return true;
}

static void
find_made(void *arg, const struct kw *row, const void *value)
{
	struct check *c = arg;
	const char *s = argument_text(row, value);
	size_t n;

	if (s == NULL || !next_is(&s, "event") || !next_is(&s, "manager") || !next_is(&s, "environment"))
		return;
	s += strspn(s, " \t");
	n = strcspn(s, " \t");
	if (memchr(s, '$', n) != NULL)
		c->makes_any = true;
	else if (n > 0)
		add_variable(c, &c->made, s, n, NULL, NULL);
}

/* ---- what is mentioned ---- */

static void
mention(void *arg, const char *name, size_t n)
{
	struct check *c = arg;
	struct check_variable *v;

	HASH_FIND(hh, c->environment, name, n, v);
	if (v != NULL)
		v->is_used = true;
}

static void
find_mentions(void *arg, const struct kw *row, const void *value)
{
	const char *s = argument_text(row, value);

	if (s != NULL)
		identifiers_each(s, mention, arg);
	else if (row->type == &kw_variable)
		mention(arg, ((const struct kw_variable *)value)->s,
			strlen(((const struct kw_variable *)value)->s));
}

static void
read_applet(struct check *c, const struct check_applet *a)
{
	for (size_t i = 0; i < a->nevents; i++)
		arguments_each(a->events[i].detector->kw, a->events[i].args, find_mentions, c);
	for (size_t i = 0; i < a->n; i++) {
		const struct action *action = a->lines[i].action;

		arguments_each(action->kw, a->lines[i].args, find_mentions, c);
		arguments_each(action->kw, a->lines[i].args, find_made, c);
		for (const char *const *name = action->reads; name != NULL && *name != NULL; name++)
			mention(c, *name, strlen(*name));
	}
}

void
check_environment(struct check *c)
{
	for (const struct conf_node *n = c->root->first; n != NULL; n = n->next) {
		const struct environment_args *a = n->args;

		if (!is_environment_node(n))
			continue;
		add_variable(c, &c->environment, a->name.s, strlen(a->name.s), a->value.s, n);
		/* Nothing is applied where a file is checked, and events want the values. */
		if (c->engine->is_check)
			environment_set(c->engine->env, a->name.s, a->value.s);
	}
	for (size_t i = 0; i < c->n; i++)
		read_applet(c, &c->applets[i]);
}

void
forget_environment(struct check *c)
{
	for (const struct check_variable *v = c->environment; v != NULL && c->engine->is_check;
		v = v->hh.next)
		environment_unset(c->engine->env, v->name);
}

/* ---- values ---- */

char *
check_expand(const struct check *c, const void *ctx, const struct template *t)
{
	struct text *out = text_new(ctx);

	for (size_t i = 0; t != NULL && i < t->n; i++) {
		const struct template_piece *p = &t->pieces[i];
		const struct check_variable *v = p->is_variable ? check_variable(c, p->s) : NULL;

		if (p->is_variable && (v == NULL || v->value == NULL))
			return NULL;
		if (p->is_variable)
			text_add(out, v->value);
		else
			text_addn(out, p->s, p->n);
	}
	return t != NULL ? out->s : NULL;
}
