/* The last outcomes of IP SLA operations, and who wants to know of them. */
#include "bus/sla.h"

#include <sys/queue.h>

#include <uthash.h>

#include "core/mem.h"

struct watch {
	LIST_ENTRY(watch) link;
	sla_f *f;
	void *arg;
};

struct operation {
	uint32_t number;
	bool has_run;
	struct sla_outcome last;
	LIST_HEAD(, watch) watches;
	UT_hash_handle hh;
};

struct slas {
	struct operation *by_number;
};

static int
slas_free(void *p)
{
	HASH_CLEAR(hh, ((struct slas *)p)->by_number);
	return 0;
}

static struct operation *
find(const struct engine *engine, uint32_t number)
{
	struct operation *o = NULL;

	if (engine->slas != NULL)
		HASH_FIND(hh, engine->slas->by_number, &number, sizeof number, o);
	return o;
}

/* Those who watch may live longer. */
static int
operation_free(void *p)
{
	struct operation *o = p;
	struct watch *w;

	while ((w = LIST_FIRST(&o->watches)) != NULL) {
		LIST_REMOVE(w, link);
		mem_on_free(w, NULL);
	}
	return 0;
}

static struct operation *
operation_of(struct engine *engine, uint32_t number)
{
	struct operation *o = find(engine, number);

	if (o != NULL)
		return o;
	if (engine->slas == NULL) {
		engine->slas = mem_new(engine, struct slas);
		mem_on_free(engine->slas, slas_free);
	}
	o = mem_new(engine->slas, struct operation);
	o->number = number;
	mem_on_free(o, operation_free);
	HASH_ADD(hh, engine->slas->by_number, number, sizeof o->number, o);
	return o;
}

void
sla_told(struct engine *engine, uint32_t number, const struct sla_outcome *outcome)
{
	struct operation *o = operation_of(engine, number);
	struct watch *w, *next;

	o->has_run = outcome != NULL;
	if (outcome != NULL)
		o->last = *outcome;
	for (w = LIST_FIRST(&o->watches); w != NULL; w = next) {
		next = LIST_NEXT(w, link);
		w->f(w->arg, outcome);
	}
}

const struct sla_outcome *
sla_last(const struct engine *engine, uint32_t number)
{
	const struct operation *o = find(engine, number);

	return o != NULL && o->has_run ? &o->last : NULL;
}

static int
watch_free(void *p)
{
	LIST_REMOVE((struct watch *)p, link);
	return 0;
}

void
sla_watch(const void *ctx, struct engine *engine, uint32_t number, sla_f *f, void *arg)
{
	struct watch *w = mem_new(ctx, struct watch);

	w->f = f;
	w->arg = arg;
	LIST_INSERT_HEAD(&operation_of(engine, number)->watches, w, link);
	mem_on_free(w, watch_free);
}
