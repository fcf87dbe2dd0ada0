/* What packets are captured by: access lists and class maps that are not there, captures of applets that name such. */
#include <string.h>

#include "acl/acl.h"
#include "applets/check/private.h"
#include "core/mem.h"

/* ---- class maps ---- */

static void
check_reference(void *arg, const struct class_map_reference *r)
{
	struct check *c = arg;

	if (r->list != NULL && !acl_is_there(c->root, r->list))
		check_tell(c, LINT_ACL_UNKNOWN, NULL, r->line, r->list, NULL,
			"class map %s: there is no access list %s", r->map, r->list);
	if (r->name != NULL && !class_map_is_there(c->root, r->name))
		check_tell(c, LINT_CLASS_MAP_UNKNOWN, NULL, r->line, r->name, NULL,
			"class map %s: there is no class map %s", r->map, r->name);
}

void
check_class_maps(struct check *c)
{
	class_map_references(c->root, check_reference, c);
}

/* ---- `action L cli command "monitor capture NAME ..."` ---- */

static bool
has_child(const struct check *c, const char *words, const char *name)
{
	char *key = mem_printf(NULL, "%s %s", words, name);
	bool found = conf_child(c->root, key) != NULL;

	mem_free(key);
	return found;
}

static bool
list_is_there(const struct check *c, const char *name)
{
	return acl_is_there(c->root, name);
}

static bool
map_is_there(const struct check *c, const char *name)
{
	return class_map_is_there(c->root, name);
}

static bool
policy_is_there(const struct check *c, const char *name)
{
	return has_child(c, "event manager applet", name) || has_child(c, "event manager policy", name);
}

static bool
operation_is_there(const struct check *c, const char *number)
{
	return has_child(c, "ip sla", number);
}

static const struct {
	const char *before; /* the word in front of it, or NULL */
	const char *word, *what;
	bool (*is_there)(const struct check *, const char *name);
} references[] = {
	{ NULL, "access-list", "access list", list_is_there },
	{ NULL, "class-map", "class map", map_is_there },
	{ "trigger", "event", "policy", policy_is_there },
	{ "trigger", "sla", "IP SLA operation", operation_is_there },
};

/* The word, or an abbreviation of it that is one of no other. */
static bool
is_word(const char *typed, const char *word)
{
	size_t n = strlen(typed);

	return n >= 2 && strncmp(typed, word, n) == 0;
}

static void
check_words(const struct check_applet *a, const struct conf_node *node, struct check *c,
	const struct kw_token *t, size_t n)
{
	for (size_t i = 3; i + 1 < n; i++)
		for (size_t k = 0; k < sizeof references / sizeof *references; k++) {
			const char *before = references[k].before, *name = t[i + 1].text;

			if (!is_word(t[i].text, references[k].word) ||
				(before != NULL && !is_word(t[i - 1].text, before)) ||
				strchr(name, '$') != NULL || references[k].is_there(c, name))
				continue;
			check_tell(c, LINT_CAPTURE_UNKNOWN, a, node, name, NULL,
				"capture %s names %s %s, which is not there", t[2].text, references[k].what,
				name);
		}
}

void
check_capture_command(
	struct check *c, const struct check_applet *a, const struct conf_node *node, const char *command)
{
	void *ctx = mem_ctx(NULL, "command");
	struct kw_token *t;
	size_t n = kw_split(ctx, command, &t);

	if (n > 4 && is_word(t[0].text, "monitor") && is_word(t[1].text, "capture"))
		check_words(a, node, c, t, n);
	mem_free(ctx);
}
