/* A ring of texts with their times. */
#include "bus/recent.h"

#include "core/mem.h"

struct recent {
	struct {
		usec wall;
		char *text;
	} ring[RECENT_MAX];
	size_t first, count;
};

struct recent *
recent_new(const void *ctx)
{
	return mem_new(ctx, struct recent);
}

void
recent_add(struct recent *r, usec wall, const char *text)
{
	size_t at = (r->first + r->count) % RECENT_MAX;

	if (r->count == RECENT_MAX)
		r->first = (r->first + 1) % RECENT_MAX;
	else
		r->count++;
	mem_free(r->ring[at].text);
	r->ring[at].wall = wall;
	r->ring[at].text = mem_strdup(r, text);
}

size_t
recent_count(const struct recent *r)
{
	return r->count;
}

const char *
recent_at(const struct recent *r, size_t i, usec *wall)
{
	size_t at = (r->first + i) % RECENT_MAX;

	*wall = r->ring[at].wall;
	return r->ring[at].text;
}
