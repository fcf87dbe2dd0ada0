/* What is configured for policies as a whole: environment variables and scheduler classes. */
#include <string.h>

#include "applets/check/private.h"

static const char policy_words[] = "event manager policy";
static const struct {
	const char *policies, *threads;
} kinds[] = {
	{ "event manager applet", "event manager scheduler applet thread class" },
	{ policy_words, "event manager scheduler script thread class" },
};

static bool
has_scripts(const struct check *c)
{
	for (const struct conf_node *n = c->root->first; n != NULL; n = n->next)
		if (strcmp(n->row->cmd.words, policy_words) == 0)
			return true;
	return false;
}

static void
check_unused(struct check *c)
{
	if (has_scripts(c))
		return;
	for (const struct check_variable *v = c->environment; v != NULL; v = v->hh.next)
		if (!v->is_used)
			check_tell(c, LINT_ENV_UNUSED, NULL, v->node, v->name, NULL,
				"no applet mentions the environment variable %s", v->name);
}

/* Does `A B`, or `range A-D`, name the class? */
static bool
names_class(const struct kw_list *l, char class)
{
	for (size_t i = 0; l != NULL && i < l->n; i++) {
		const char *word = l->v[i];

		if (word[0] == class && word[1] == '\0')
			return true;
		if (strlen(word) == 3 && word[1] == '-' && word[0] <= class && class <= word[2])
			return true;
	}
	return false;
}

static bool
has_threads(const struct check *c, const char *words, char class)
{
	for (const struct conf_node *n = c->root->first; n != NULL; n = n->next)
		if (strcmp(n->row->cmd.words, words) == 0 &&
			names_class(argument_list(n->row->cmd.kw, n->args), class))
			return true;
	return false;
}

static void
check_class(struct check *c, const struct conf_node *n, const char *threads)
{
	const struct kw_enum *class = argument(n->row->cmd.kw, n->args, "class");
	char word[2] = { class != NULL ? (char)class->v : '\0', '\0' };

	if (word[0] == '\0' || has_threads(c, threads, word[0]))
		return;
	check_tell(c, LINT_CLASS_THREADS, NULL, n, "class", NULL,
		"no `%s` names class %s: on IOS its runs wait for ever", threads, word);
}

void
check_settings(struct check *c)
{
	for (const struct conf_node *n = c->root->first; n != NULL; n = n->next)
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			if (strcmp(n->row->cmd.words, kinds[i].policies) == 0)
				check_class(c, n, kinds[i].threads);
	check_unused(c);
}
