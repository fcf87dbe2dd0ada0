/* Lists of tracked objects that lead back to themselves: found among the lines, before there are objects. */
#include <stdio.h>

#include "conf/conf.h"
#include "core/mem.h"
#include "track/rows.h"

/* What is still to be looked at, each once. */
struct search {
	unsigned char seen[TRACKED_MAX / 8 + 1];
	uint32_t open[TRACKED_MAX + 1];
	size_t n;
};

static void
look_at(struct search *s, int64_t number)
{
	unsigned char bit = (unsigned char)(1u << number % 8);

	if ((s->seen[number / 8] & bit) != 0)
		return;
	s->seen[number / 8] |= bit;
	s->open[s->n++] = (uint32_t)number;
}

static void
look_at_members(struct search *s, const struct conf_node *root, uint32_t number)
{
	const struct conf_node *line;
	char key[24];

	snprintf(key, sizeof key, "track %u", number);
	line = conf_child(root, key);
	if (line == NULL || !((const struct track_args *)line->args)->list.set)
		return;
	for (const struct conf_node *c = line->first; c != NULL; c = c->next)
		if (track_is_line(c, "object"))
			look_at(s, ((const struct track_member_args *)c->args)->number.v);
}

bool
track_leads_to(const struct conf_node *root, uint32_t from, uint32_t to)
{
	struct search *s = mem_new(NULL, struct search);
	bool found = false;

	look_at(s, from);
	while (!found && s->n > 0) {
		uint32_t number = s->open[--s->n];

		found = number == to;
		look_at_members(s, root, number);
	}
	mem_free(s);
	return found;
}
