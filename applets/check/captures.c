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
	return check_is_configured(c, "event manager applet", name) ||
	       check_is_configured(c, "event manager policy", name);
}

static bool
operation_is_there(const struct check *c, const char *number)
{
	return check_is_configured(c, "ip sla", number);
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

static void
check_words(const struct check_applet *a, const struct conf_node *node, struct check *c,
	const struct kw_token *t, size_t n)
{
	for (size_t i = 3; i + 1 < n; i++)
		for (size_t k = 0; k < sizeof references / sizeof *references; k++) {
			const char *before = references[k].before, *name = t[i + 1].text;

			if (!check_is_word(t[i].text, references[k].word) ||
				(before != NULL && !check_is_word(t[i - 1].text, before)) ||
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

	if (n > 4 && check_is_word(t[0].text, "monitor") && check_is_word(t[1].text, "capture"))
		check_words(a, node, c, t, n);
	mem_free(ctx);
}

bool
check_makes_capture(const struct check *c, const char *name)
{
	void *ctx = mem_ctx(NULL, "commands");
	bool found = false;

	for (size_t i = 0; i < c->n && !found; i++)
		for (size_t k = 0; k < c->applets[i].n && !found; k++) {
			const char *command = check_command(ctx, &c->applets[i].lines[k]);
			struct kw_token *t;
			size_t n = command != NULL ? kw_split(ctx, command, &t) : 0;

			/* Without a third word the name is a variable's. */
			found = n > 1 && check_is_word(t[0].text, "monitor") &&
				check_is_word(t[1].text, "capture") &&
				(n == 2 || strcmp(t[2].text, name) == 0);
		}
	mem_free(ctx);
	return found;
}
