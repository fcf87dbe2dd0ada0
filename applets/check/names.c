/* Names that lead nowhere: of what events, actions and lines of the configuration need, and what is not configured. */
#include <stdio.h>
#include <string.h>

#include "applets/check/private.h"
#include "applets/seal.h"
#include "core/capture_port.h"
#include "core/mem.h"

/* ---- what has names ---- */

enum target {
	TARGET_CREDENTIAL,
	TARGET_FLOW,
	TARGET_OPERATION,
	TARGET_POLICY,
	TARGET_RESOURCE,
	TARGET_TRACK,
	TARGET_TRUSTPOINT,
};

/* ORDER: enum target. The lines that make one; those of `below` stand below that line. */
static const struct {
	const char *what;
	enum lint_id lint;
	const char *below, *lines[2];
} targets[] = {
	{ "credential", LINT_MAIL_CREDENTIAL, NULL, { "event manager mail credential" } },
	{ "flow monitor", LINT_FLOW_UNKNOWN, NULL, { "flow monitor" } },
	{ "IP SLA operation", LINT_IPSLA_UNKNOWN, NULL, { "ip sla" } },
	{ "policy", LINT_POLICY_UNKNOWN, NULL, { "event manager applet", "event manager policy" } },
	{ "resource policy", LINT_RESOURCE_UNKNOWN, "resource policy", { "policy" } },
	{ "tracked object", LINT_TRACK_UNKNOWN, NULL, { "track" } },
	{ "trustpoint", LINT_TRUST_UNKNOWN, NULL, { "crypto pki trustpoint" } },
};

bool
check_is_configured(const struct check *c, const char *words, const char *name)
{
	char *key = mem_printf(NULL, "%s %s", words, name);
	bool found = conf_child(c->root, key) != NULL;

	mem_free(key);
	return found;
}

static bool
is_there(const struct check *c, enum target target, const char *name)
{
	const struct conf_node *parent = c->root;
	char *key;
	bool found = false;

	if (targets[target].below != NULL)
		parent = conf_child(c->root, targets[target].below);
	for (size_t i = 0; parent != NULL && i < 2 && targets[target].lines[i] != NULL && !found; i++) {
		key = mem_printf(NULL, "%s %s", targets[target].lines[i], name);
		found = conf_child(parent, key) != NULL;
		mem_free(key);
	}
	return found;
}

/* ---- who names them ---- */

enum where { IN_ACTION, IN_EVENT, IN_LINE };

/* `word`: the keyword in front of the name; NULL: it is a value without one. */
static const struct reference {
	enum where where;
	const char *owner, *word;
	enum target target;
} references[] = {
	{ IN_ACTION, "mail", "credential", TARGET_CREDENTIAL },
	{ IN_ACTION, "policy", NULL, TARGET_POLICY },
	{ IN_ACTION, "track", NULL, TARGET_TRACK },
	{ IN_EVENT, "ipsla", "operation-id", TARGET_OPERATION },
	{ IN_EVENT, "nf", "monitor-name", TARGET_FLOW },
	{ IN_EVENT, "resource", "policy", TARGET_RESOURCE },
	{ IN_EVENT, "track", NULL, TARGET_TRACK },
	{ IN_LINE, "chain-validation", NULL, TARGET_TRUSTPOINT },
	{ IN_LINE, "correlate", "track", TARGET_TRACK },
	{ IN_LINE, "event manager rpc client", "trustpoint", TARGET_TRUSTPOINT },
	{ IN_LINE, "event manager rpc listen", "trustpoint", TARGET_TRUSTPOINT },
	{ IN_LINE, "mail identity-trustpoint", NULL, TARGET_TRUSTPOINT },
	{ IN_LINE, "mail trustpoint", NULL, TARGET_TRUSTPOINT },
	{ IN_LINE, "mta-sts trustpoint", NULL, TARGET_TRUSTPOINT },
	{ IN_LINE, "object", NULL, TARGET_TRACK },
	{ IN_LINE, "track", "sla", TARGET_OPERATION },
	{ IN_LINE, "user global", NULL, TARGET_RESOURCE },
};

struct looking {
	struct check *check;
	const struct check_applet *applet;
	const struct conf_node *node;
	const struct reference *reference;
};

static void
look_for(const struct looking *l, const char *name, const char *typed)
{
	enum target target = l->reference->target;

	if (name != NULL && strchr(name, '$') == NULL && !is_there(l->check, target, name))
		check_tell(l->check, targets[target].lint, l->applet, l->node, typed, NULL,
			"there is no %s %s", targets[target].what, name);
}

static void
look_at_value(void *arg, const struct kw *row, const void *value)
{
	const struct looking *l = arg;
	const char *word = l->reference->word, *typed = argument_text(row, value);
	const struct kw_list *list = value;
	char number[24], *text;

	if (word == NULL ? row->word != NULL : row->word == NULL || strcmp(row->word, word) != 0)
		return;
	if (row->flags & KW_MANY) {
		for (size_t i = 0; i < list->n; i++)
			look_for(l, list->v[i], list->v[i]);
	} else if (row->type == &kw_number) {
		snprintf(number, sizeof number, "%lld", (long long)((const struct kw_int *)value)->v);
		look_for(l, number, number);
	} else if (row_is_template(row)) {
		text = check_expand(l->check, l->check, ((const struct kw_template *)value)->t);
		look_for(l, text, typed);
		mem_free(text);
	} else if (typed != NULL) {
		look_for(l, typed, typed);
	}
}

static void
look_at(struct check *c, const struct check_applet *a, const struct conf_node *node, enum where where,
	const char *owner, const struct kw *kw, const void *args)
{
	struct looking l = { .check = c, .applet = a, .node = node };

	for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
		l.reference = &references[i];
		if (l.reference->where == where && strcmp(l.reference->owner, owner) == 0)
			arguments_each(kw, args, look_at_value, &l);
	}
}

static void
look_at_lines(struct check *c, const struct check_applet *a, const struct conf_node *n)
{
	for (; n != NULL; n = n->next) {
		if (!n->no && !is_applet_node(n))
			look_at_lines(c, a, n->first);
		if (!n->no && n->args != NULL)
			look_at(c, a, n, IN_LINE, n->row->cmd.words, n->row->cmd.kw, n->args);
	}
}

/* ---- commands ---- */

bool
check_is_word(const char *typed, const char *word)
{
	size_t n = strlen(typed);

	return n >= 2 && strncmp(typed, word, n) == 0;
}

void
check_run_command(
	struct check *c, const struct check_applet *a, const struct conf_node *node, const char *command)
{
	void *ctx = mem_ctx(NULL, "command");
	const struct reference reference = { .target = TARGET_POLICY };
	const struct looking l = { c, a, node, &reference };
	struct kw_token *t;
	size_t n = kw_split(ctx, command, &t);

	if (n > 3 && check_is_word(t[0].text, "event") && check_is_word(t[1].text, "manager") &&
		check_is_word(t[2].text, "run"))
		look_for(&l, t[3].text, t[3].text);
	mem_free(ctx);
}

/* ---- captures, which are no lines of the configuration: they are there or not ---- */

#define CAPTURE_PREFIX "capture:"

static bool
is_captured(const struct check *c, const char *name)
{
	const struct capture_port_ops *port = c->engine->capture_port;

	/* Of a file nobody can tell which captures there will be. */
	return c->engine->is_check || port == NULL || port->is_there(c->engine, name) ||
	       check_makes_capture(c, name);
}

/* "capture:CAP,flash:log.txt": what is written out of an argument whose variables are known only when it runs. */
static void
check_attached(struct check *c, const struct check_applet *a, const struct compile_line *l,
	const struct template_piece *p, bool is_last)
{
	char *text = p->is_variable ? NULL : mem_strndup(c, p->s, p->n), *item, *rest = text;

	while ((item = strsep(&rest, ",")) != NULL) {
		item += strspn(item, " \t");
		item[strcspn(item, " \t")] = '\0';
		if (strncasecmp(item, CAPTURE_PREFIX, strlen(CAPTURE_PREFIX)) != 0 ||
			(rest == NULL && !is_last) || is_captured(c, item + strlen(CAPTURE_PREFIX)))
			continue;
		item += strlen(CAPTURE_PREFIX);
		check_tell(c, LINT_CAPTURE_UNKNOWN, a, l->node, item, "make the capture, or correct its name",
			"there is no capture %s, and no action makes it", item);
	}
	mem_free(text);
}

static void
check_attach(struct check *c, const struct check_applet *a, const struct compile_line *l)
{
	const struct kw_template *attach = argument(l->action->kw, l->args, "attach");
	const struct template *t = attach != NULL ? attach->t : NULL;

	for (size_t i = 0; t != NULL && i < t->n; i++)
		check_attached(c, a, l, &t->pieces[i], i + 1 == t->n);
}

/* ---- */

void
check_names(struct check *c, const struct check_applet *a)
{
	for (size_t i = 0; i < a->nevents; i++) {
		const struct check_event *e = &a->events[i];

		look_at(c, a, e->node, IN_EVENT, e->detector->name, e->detector->kw, e->args);
	}
	for (size_t i = 0; i < a->n; i++) {
		const struct compile_line *l = &a->lines[i];

		look_at(c, a, l->node, IN_ACTION, l->action->name, l->action->kw, l->args);
		if (strcmp(l->action->name, "mail") == 0)
			check_attach(c, a, l);
	}
	look_at_lines(c, a, a->node->first);
}

void
check_line_names(struct check *c)
{
	look_at_lines(c, NULL, c->root->first);
}
