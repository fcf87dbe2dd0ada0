/* Who wants to know of moments. */
#include "bus/moment.h"

#include <sys/queue.h>

#include "core/mem.h"

struct watch {
	LIST_ENTRY(watch) link;
	moment_f *f;
	void *arg;
};

struct moments {
	LIST_HEAD(, watch) watches;
};

static int
unwatch(void *p)
{
	LIST_REMOVE((struct watch *)p, link);
	return 0;
}

/* Those who watch may live longer. */
static int
moments_free(void *p)
{
	struct moments *m = p;
	struct watch *w;

	while ((w = LIST_FIRST(&m->watches)) != NULL) {
		LIST_REMOVE(w, link);
		mem_on_free(w, NULL);
	}
	return 0;
}

void
moment_watch(const void *ctx, struct engine *e, moment_f *f, void *arg)
{
	struct watch *w = mem_new(ctx, struct watch);

	if (e->moments == NULL) {
		e->moments = mem_new(e, struct moments);
		mem_on_free(e->moments, moments_free);
	}
	w->f = f;
	w->arg = arg;
	LIST_INSERT_HEAD(&e->moments->watches, w, link);
	mem_on_free(w, unwatch);
}

bool
moment_is_watched(const struct engine *e)
{
	return e->moments != NULL && !LIST_EMPTY(&e->moments->watches);
}

void
moment_told(struct engine *e, const struct moment *m)
{
	const struct watch *w;

	if (e->moments == NULL)
		return;
	LIST_FOREACH (w, &e->moments->watches, link)
		w->f(w->arg, m);
}
