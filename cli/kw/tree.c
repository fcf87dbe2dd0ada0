/* The fixed words of commands, as a tree: each node's children sorted, so that a word is found by halving. */
#include "cli/kw/kw.h"

#include <string.h>
#include <strings.h>

#include "cli/kw/walk.h"
#include "core/mem.h"

struct kw_tree *
kw_tree_new(const void *ctx, const char *name)
{
	struct kw_tree *t = mem_new(ctx, struct kw_tree);

	t->name = mem_strdup(t, name);
	t->root.level = 0;
	return t;
}

size_t
node_seek(const struct kw_node *node, const char *s, size_t n)
{
	size_t low = 0, high = node->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (strncasecmp(node->child[mid]->word, s, n) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct kw_node *
child_insert(struct kw_tree *t, struct kw_node *node, const char *word, size_t n)
{
	size_t at = node_seek(node, word, n);
	struct kw_node *child;

	/* Of the words that begin so, the exact one comes first. */
	if (at < node->n && word_is(node->child[at]->word, word, n))
		return node->child[at];
	if (node->n == node->cap) {
		node->cap = node->cap == 0 ? 4 : 2 * node->cap;
		node->child = mem_resize(t, node->child, node->cap * sizeof *node->child);
	}
	memmove(node->child + at + 1, node->child + at, (node->n - at) * sizeof *node->child);
	node->n++;
	child = node->child[at] = mem_new(t, struct kw_node);
	child->word = mem_strndup(child, word, n);
	child->level = UINT32_MAX;
	child->hidden = true;
	return child;
}

/* The node at the end of the path; every node on the way becomes visible to `cmd`'s level. */
static struct kw_node *
path_make(struct kw_tree *t, const char *path, const struct kw_cmd *cmd)
{
	struct kw_node *node = &t->root;

	for (path += strspn(path, " "); *path != '\0'; path += strspn(path, " ")) {
		size_t n = strcspn(path, " ");

		node = child_insert(t, node, path, n);
		path += n;
		if (cmd == NULL)
			continue;
		if (cmd->level < node->level)
			node->level = cmd->level;
		node->hidden = node->hidden && cmd->hidden;
	}
	return node;
}

void
kw_tree_add(struct kw_tree *t, const struct kw_cmd *cmd)
{
	struct kw_node *node = path_make(t, cmd->words, cmd);

	if (node->cmd != NULL) {
		t->twice = cmd->words;
		return;
	}
	node->cmd = cmd;
	if (cmd->help != NULL)
		node->help = cmd->help;
	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 16 : 2 * t->cap;
		t->cmd = mem_resize(t, t->cmd, t->cap * sizeof *t->cmd);
	}
	t->cmd[t->n++] = cmd;
}

void
kw_tree_word(struct kw_tree *t, const char *path, const char *help)
{
	path_make(t, path, NULL)->help = help;
}

void
kw_tree_absent(struct kw_tree *t, const struct kw_absent *rows, size_t n)
{
	static const struct kw_cmd nobody = { .hidden = true };

	for (size_t i = 0; i < n; i++)
		path_make(t, rows[i].words, &nobody)->absent = rows[i].why;
}

void
kw_tree_each(const struct kw_tree *t, void (*f)(void *arg, const struct kw_cmd *), void *arg)
{
	for (size_t i = 0; i < t->n; i++)
		f(arg, t->cmd[i]);
}
