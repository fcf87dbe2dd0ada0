/* The load interval of each interface. */
#include "net/load_intervals.h"

#include <string.h>
#include <sys/queue.h>

#include "core/mem.h"
#include "core/settings.h"

enum { OTHERWISE_S = 300 };

struct own_interval {
	char *kernel;
	int64_t seconds;
	LIST_ENTRY(own_interval) entry;
};

struct load_intervals {
	LIST_HEAD(, own_interval) list;
};

struct load_intervals *
load_intervals_new(const void *ctx, struct engine *engine)
{
	struct load_intervals *all = mem_new(ctx, struct load_intervals);

	engine->load_intervals = all;
	return all;
}

static struct own_interval *
find(const struct load_intervals *all, const char *kernel)
{
	struct own_interval *own;

	LIST_FOREACH (own, &all->list, entry)
		if (strcmp(own->kernel, kernel) == 0)
			return own;
	return NULL;
}

void
load_interval_set(struct load_intervals *all, const char *kernel, int64_t seconds)
{
	struct own_interval *own = find(all, kernel);

	if (own == NULL && seconds == 0)
		return;
	if (own == NULL) {
		own = mem_new(all, struct own_interval);
		own->kernel = mem_strdup(own, kernel);
		LIST_INSERT_HEAD(&all->list, own, entry);
	}
	own->seconds = seconds;
	if (seconds != 0)
		return;
	LIST_REMOVE(own, entry);
	mem_free(own);
}

usec
load_interval_of(const struct load_intervals *all, const struct engine *engine, const char *kernel)
{
	const struct own_interval *own = all == NULL ? NULL : find(all, kernel);
	int64_t seconds = own != NULL ? own->seconds : engine->settings->load_interval;

	return (seconds != 0 ? seconds : OTHERWISE_S) * USEC_PER_SEC;
}
