/* Why policies of the configuration are not registered: kept until their line is tried anew, or gone. */
#include <string.h>

#include "applets/lua/script.h"
#include "core/mem.h"

struct refusal {
	LIST_ENTRY(refusal) link;
	const char *name, *why;
};

static struct refusal *
find(const struct scripts *s, const char *name)
{
	struct refusal *r;

	LIST_FOREACH (r, &s->refusals, link)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

void
refusal_forget(struct scripts *s, const char *name)
{
	struct refusal *r = find(s, name);

	if (r == NULL)
		return;
	LIST_REMOVE(r, link);
	mem_free(r);
}

void
refusal_keep(struct scripts *s, const char *name, const char *why)
{
	struct refusal *r;

	refusal_forget(s, name);
	r = mem_new(s, struct refusal);
	r->name = mem_strdup(r, name);
	r->why = mem_strdup(r, why);
	LIST_INSERT_HEAD(&s->refusals, r, link);
}

const char *
scripts_refusal(const struct scripts *s, const char *name)
{
	const struct refusal *r = find(s, name);

	return r != NULL ? r->why : NULL;
}
