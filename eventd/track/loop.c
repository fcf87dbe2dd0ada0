/* Lists of tracked objects that lead back to themselves: found among the lines, before there are objects. */
#include "conf/conf.h"
#include "track/rows.h"

struct search {
	const struct conf_node *root;
	int64_t to;
	unsigned char seen[TRACKED_MAX / 8 + 1];
};

static const struct conf_node *
line_of(const struct search *s, int64_t number)
{
	for (const struct conf_node *n = s->root->first; n != NULL; n = n->next)
		if (track_is_line(n, "track") && ((const struct track_args *)n->args)->number.v == number)
			return n;
	return NULL;
}

static bool
leads(struct search *s, int64_t from)
{
	const struct conf_node *line;

	if (from == s->to)
		return true;
	if ((s->seen[from / 8] & 1u << from % 8) != 0)
		return false;
	s->seen[from / 8] |= (unsigned char)(1u << from % 8);
	line = line_of(s, from);
	if (line == NULL || !((const struct track_args *)line->args)->list.set)
		return false;
	for (const struct conf_node *c = line->first; c != NULL; c = c->next)
		if (track_is_line(c, "object") &&
			leads(s, ((const struct track_member_args *)c->args)->number.v))
			return true;
	return false;
}

bool
track_leads_to(const struct conf_node *root, uint32_t from, uint32_t to)
{
	struct search s = { .root = root, .to = to };

	return leads(&s, from);
}
