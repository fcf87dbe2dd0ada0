/* Access lists as the configuration has them, and the packets they choose. */
#include "acl/acl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "acl/entry.h"
#include "acl/rows.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

enum { STEP = 10 };

static int
by_sequence(const void *a, const void *b)
{
	const struct acl_line *x = a, *y = b;

	if (x->sequence != y->sequence)
		return x->sequence < y->sequence ? -1 : 1;
	return x->node->seq < y->node->seq ? -1 : x->node->seq > y->node->seq;
}

/* Does the line belong to the list, whose node, or whose first line, `list` is? */
static bool
belongs(const struct conf_node *n, const struct conf_node *list)
{
	return n->parent == list || (acl_is_numbered(n) && acl_is_numbered(list) &&
					    ((const struct acl_entry *)n->args)->list.v ==
						    ((const struct acl_entry *)list->args)->list.v);
}

/* Of the lines from `first` on those that belong to the list. */
static void
collect(struct acl *acl, const struct conf_node *first, const struct conf_node *list)
{
	int64_t highest = 0;

	for (const struct conf_node *n = first; n != NULL; n = n->next) {
		const struct acl_entry *entry = n->args;
		struct acl_line *line;

		if (!belongs(n, list))
			continue;
		acl->lines = mem_resize(acl, acl->lines, (acl->n + 1) * sizeof *acl->lines);
		line = &acl->lines[acl->n++];
		*line = (struct acl_line){ entry->sequence.set ? entry->sequence.v : highest + STEP, entry,
			n };
		if (line->sequence > highest)
			highest = line->sequence;
	}
	qsort(acl->lines, acl->n, sizeof *acl->lines, by_sequence);
}

struct acl *
acl_below(const void *ctx, const struct conf_node *list)
{
	struct acl *acl = mem_new(ctx, struct acl);

	acl->kind = acl_kind_of(list);
	acl->name = acl_name_of(list);
	collect(acl, list->first, list);
	return acl;
}

static struct acl *
numbered(const void *ctx, struct engine *e, const struct conf_node *one)
{
	struct acl *acl = mem_new(ctx, struct acl);
	int64_t number = ((const struct acl_entry *)one->args)->list.v;

	acl->kind = acl_number_is_standard(number) ? ACL_STANDARD : ACL_EXTENDED;
	acl->name = mem_printf(acl, "%" PRId64, number);
	collect(acl, conf_root(e->conf)->first, one);
	return acl;
}

struct acl *
acl_find(const void *ctx, struct engine *e, const char *name)
{
	for (const struct conf_node *n = conf_root(e->conf)->first; n != NULL; n = n->next) {
		if (acl_opens_mode(n) && strcmp(acl_name_of(n), name) == 0)
			return acl_below(ctx, n);
		if (acl_is_numbered(n) && acl_number_is(n, name))
			return numbered(ctx, e, n);
	}
	return NULL;
}

bool
acl_is_there(const struct conf_node *root, const char *name)
{
	for (const struct conf_node *n = root->first; n != NULL; n = n->next)
		if ((acl_opens_mode(n) && strcmp(acl_name_of(n), name) == 0) ||
			(acl_is_numbered(n) && acl_number_is(n, name)))
			return true;
	return false;
}

static bool
is_first_of_its_number(const struct conf_node *n)
{
	for (const struct conf_node *before = n->prev; before != NULL && acl_is_numbered(before);
		before = before->prev)
		if (((const struct acl_entry *)before->args)->list.v ==
			((const struct acl_entry *)n->args)->list.v)
			return false;
	return true;
}

void
acl_each(struct engine *e, void (*f)(void *arg, const struct acl *), void *arg)
{
	for (const struct conf_node *n = conf_root(e->conf)->first; n != NULL; n = n->next) {
		struct acl *acl = NULL;

		if (acl_opens_mode(n))
			acl = acl_below(NULL, n);
		else if (acl_is_numbered(n) && is_first_of_its_number(n))
			acl = numbered(NULL, e, n);
		if (acl != NULL)
			f(arg, acl);
		mem_free(acl);
	}
}

/* ---- the filter ---- */

/*
 * The first entry that fits decides, and what none fits is left out. From the last entry to the first: permit M = M or
 * the rest, deny M = the rest without M.
 */
static void
fold(const struct acl *acl, struct text *out)
{
	struct text rest, whole;

	text_init(&rest, NULL);
	for (size_t i = acl->n; i-- > 0;) {
		const struct acl_entry *a = acl->lines[i].entry;

		if (a->remark.set || (a->deny.set && rest.len == 0))
			continue;
		text_init(&whole, NULL);
		text_add(&whole, a->deny.set ? "not (" : "(");
		acl_entry_build(a, acl->kind == ACL_IPV6, &whole);
		text_addc(&whole, ')');
		if (rest.len > 0)
			text_printf(&whole, a->deny.set ? " and (%s)" : " or (%s)", rest.s);
		mem_free(rest.s);
		rest = whole;
	}
	text_addn(out, rest.s, rest.len);
	mem_free(rest.s);
}

bool
acl_expression(struct engine *e, const char *name, struct text *out, struct err *err)
{
	struct acl *acl = acl_find(NULL, e, name);
	size_t before = out->len;
	bool ok;

	if (acl == NULL)
		return err_set(err, ERR_NOT_FOUND, "access list %s does not exist", name);
	fold(acl, out);
	ok = out->len > before || err_set(err, ERR_REFUSED, "access list %s permits no packet", name);
	mem_free(acl);
	return ok;
}
