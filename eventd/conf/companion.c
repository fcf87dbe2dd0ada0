/*
 * Companions: lines that are there whenever another is. `crypto pki trustpoint NAME` has an (at
 * first empty) `crypto pki certificate chain NAME`, which comes and goes with it.
 */
#include <string.h>

#include "conf/private.h"
#include "core/mem.h"

/* The companion's line: its words, then the key values of its owner. */
static char *
companion_key(const struct line *owner)
{
	const struct conf_row *row = owner->row;

	return mem_printf(NULL, "%s%s", row->companion, owner->key + strlen(row->cmd.words));
}

static void
drop_node(struct node *parent, const char *key)
{
	struct node *n = node_find(parent, key);

	if (n == NULL)
		return;
	node_remove(n);
	node_free(n);
}

/* Already there, or as it runs, or fresh and empty. */
static void
bring(struct candidate *c, const struct line *owner)
{
	char *key = companion_key(owner);
	struct err ignored = ERR_INIT;
	struct meaning m;

	if (candidate_top(c, key) == NULL && candidate_read(c, key, true, &m, &ignored))
		candidate_do(c, &m, &ignored);
	mem_free(key);
}

static void
take_away(struct candidate *c, const struct line *owner)
{
	char *key = companion_key(owner);
	const struct node *running = node_find(c->conf->root, key);

	drop_node(c->root, key);
	if (running != NULL && node_find(c->gone, key) == NULL)
		node_add(c->gone, node_new(c->conf, line_ref(running->line)));
	mem_free(key);
}

void
candidate_companions(struct candidate *c)
{
	struct node *next;

	for (struct node *n = first_of(c->gone); n != NULL; n = next_of(n))
		if (n->line->row->companion != NULL && node_find(c->root, n->pub.key) == NULL)
			take_away(c, n->line);
	for (struct node *n = first_of(c->root); n != NULL; n = next) {
		next = next_of(n);
		if (n->line->row->companion != NULL)
			bring(c, n->line);
	}
	/* A companion that was removed by itself is there again, empty. */
	for (struct node *n = c->replace ? NULL : first_of(c->conf->root); n != NULL; n = next_of(n)) {
		const struct conf_row *row = n->line->row;

		if (row->companion != NULL && first_of(c->gone) != NULL &&
			node_find(c->gone, n->pub.key) == NULL && node_find(c->root, n->pub.key) == NULL)
			bring(c, n->line);
	}
}
