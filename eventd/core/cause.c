/* The chain of policies and events behind something. */
#include "core/cause.h"

#include <stdlib.h>
#include <string.h>

struct cause {
	unsigned refs, depth;
	bool doubted;
	struct cause *parent;
	uint64_t event_id;
	char policy[];
};

struct cause *
cause_new(struct cause *parent, const char *policy, uint64_t event_id)
{
	size_t n = strlen(policy) + 1;
	struct cause *c = malloc(sizeof *c + n);

	if (c == NULL)
		abort();
	c->refs = 1;
	c->depth = cause_depth(parent) + 1;
	c->parent = cause_ref(parent);
	c->doubted = cause_is_doubted(parent);
	c->event_id = event_id;
	memcpy(c->policy, policy, n);
	return c;
}

struct cause *
cause_ref(struct cause *c)
{
	if (c != NULL)
		c->refs++;
	return c;
}

void
cause_unref(struct cause *c)
{
	while (c != NULL && --c->refs == 0) {
		struct cause *parent = c->parent;

		free(c);
		c = parent;
	}
}

unsigned
cause_depth(const struct cause *c)
{
	return c == NULL ? 0 : c->depth;
}

void
cause_doubt(struct cause *c)
{
	c->doubted = true;
}

bool
cause_is_doubted(const struct cause *c)
{
	return c != NULL && c->doubted;
}

bool
cause_names(const struct cause *c, const char *policy)
{
	for (; c != NULL; c = c->parent) {
		if (strcmp(c->policy, policy) == 0)
			return true;
	}
	return false;
}
