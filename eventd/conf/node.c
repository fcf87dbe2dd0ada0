/* Nodes: the places of lines in one version of the configuration. */
#include "conf/private.h"

#include <string.h>

#include "conf/index.h"
#include "core/mem.h"

/* Below this many children a walk is as quick as a hash, and smaller. */
enum { INDEX_FROM = 12 };

struct node *
node_new(struct conf *conf, struct line *line)
{
	struct node *n = mem_new(conf, struct node);

	n->pub.seq = conf->seq++;
	if (line != NULL)
		node_set_line(n, line);
	return n;
}

void
node_set_line(struct node *n, struct line *line)
{
	line_unref(n->line);
	n->line = line;
	n->pub.row = line->row;
	n->pub.args = line->args;
	n->pub.key = line->key;
	n->pub.no = line->no;
}

void
node_free(struct node *n)
{
	struct node *next;

	if (n == NULL)
		return;
	for (struct node *c = first_of(n); c != NULL; c = next) {
		next = next_of(c);
		node_free(c);
	}
	line_unref(n->line);
	mem_free(n);
}

struct node *
node_copy(struct conf *conf, const struct node *n)
{
	struct node *copy = node_new(conf, n->line == NULL ? NULL : line_ref(n->line));

	copy->pub.seq = n->pub.seq;
	copy->file_line = n->file_line;
	for (const struct node *c = first_of(n); c != NULL; c = next_of(c))
		node_add(copy, node_copy(conf, c));
	return copy;
}

static bool
goes_before(const struct node *a, const struct node *b)
{
	const struct conf_row *x = a->line->row, *y = b->line->row;

	if (x->order != y->order)
		return x->order < y->order;
	if (x->sorted && y->sorted)
		return strcmp(a->line->place, b->line->place) < 0;
	return a->pub.seq < b->pub.seq;
}

/* The node that n comes behind, or NULL. Mostly that is the last one, or the one added before n. */
static struct conf_node *
predecessor(const struct node *parent, const struct node *n)
{
	struct conf_node *at = parent->pub.last;

	if (at == NULL || !goes_before(n, node_of(at)))
		return at;
	if (parent->recent != NULL && !goes_before(n, parent->recent)) {
		at = &parent->recent->pub;
		while (at->next != NULL && !goes_before(n, node_of(at->next)))
			at = at->next;
		return at;
	}
	while (at != NULL && goes_before(n, node_of(at)))
		at = at->prev;
	return at;
}

void
node_add(struct node *parent, struct node *n)
{
	struct conf_node *before = predecessor(parent, n);

	parent->recent = n;
	n->pub.parent = &parent->pub;
	n->pub.prev = before;
	n->pub.next = before != NULL ? before->next : parent->pub.first;
	if (n->pub.next != NULL)
		n->pub.next->prev = &n->pub;
	else
		parent->pub.last = &n->pub;
	if (before != NULL)
		before->next = &n->pub;
	else
		parent->pub.first = &n->pub;
	parent->count++;
	if (parent->index != NULL)
		index_add(parent->index, n);
	else if (parent->count >= INDEX_FROM) {
		parent->index = index_new(parent);
		for (struct node *c = first_of(parent); c != NULL; c = next_of(c))
			index_add(parent->index, c);
	}
}

void
node_remove(struct node *n)
{
	struct node *parent = node_of(n->pub.parent);

	if (parent->index != NULL)
		index_remove(parent->index, n);
	if (n->pub.prev != NULL)
		n->pub.prev->next = n->pub.next;
	else
		parent->pub.first = n->pub.next;
	if (n->pub.next != NULL)
		n->pub.next->prev = n->pub.prev;
	else
		parent->pub.last = n->pub.prev;
	parent->count--;
	if (parent->recent == n)
		parent->recent = node_of(n->pub.prev);
	n->pub.parent = n->pub.prev = n->pub.next = NULL;
}

struct node *
node_find(const struct node *parent, const char *key)
{
	struct node *found = NULL;

	if (parent->index != NULL)
		return index_find(parent->index, key);
	for (found = first_of(parent); found != NULL; found = next_of(found))
		if (strcmp(found->pub.key, key) == 0)
			break;
	return found;
}

bool
node_equal(const struct node *a, const struct node *b)
{
	const struct node *x = first_of(a), *y = first_of(b);

	if (!line_equal(a->line, b->line))
		return false;
	for (; x != NULL && y != NULL; x = next_of(x), y = next_of(y))
		if (!node_equal(x, y))
			return false;
	return x == NULL && y == NULL;
}
