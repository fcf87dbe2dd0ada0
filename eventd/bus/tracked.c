/* The states of tracked objects, and who wants to know of their changes. */
#include "bus/tracked.h"

#include <sys/queue.h>

#include <uthash.h>

#include "bus/bus.h"
#include "bus/detector.h"
#include "core/mem.h"

struct object;

struct watch {
	TAILQ_ENTRY(watch) link;
	struct object *object;
	tracked_f *f;
	void *arg;
};
TAILQ_HEAD(watches, watch);

struct object {
	uint32_t number;
	enum tracked state;
	struct watches watches;
	UT_hash_handle hh;
};

/* What detector `track` keeps for an engine. */
struct objects {
	struct object *by_number;
	tracked_stub_f *stubs; /* who owns the stub objects; NULL: there are none */
	void *stubs_arg;
};

static int
objects_free(void *p)
{
	HASH_CLEAR(hh, ((struct objects *)p)->by_number);
	return 0;
}

/* Those who watch may live longer. */
static int
object_free(void *p)
{
	struct object *o = p;
	struct watch *w;

	while ((w = TAILQ_FIRST(&o->watches)) != NULL) {
		TAILQ_REMOVE(&o->watches, w, link);
		mem_on_free(w, NULL);
	}
	return 0;
}

static struct objects *
objects_of(const struct engine *engine)
{
	void **state = bus_detector_state(engine->bus, bus_detector_find(engine->bus, "track"));

	if (*state == NULL) {
		struct objects *all = mem_new(engine->bus, struct objects);

		mem_on_free(all, objects_free);
		*state = all;
	}
	return *state;
}

static struct object *
object_find(const struct engine *engine, uint32_t number)
{
	struct object *o;

	HASH_FIND(hh, objects_of(engine)->by_number, &number, sizeof number, o);
	return o;
}

static struct object *
object_of(struct engine *engine, uint32_t number)
{
	struct objects *all = objects_of(engine);
	struct object *o = object_find(engine, number);

	if (o != NULL)
		return o;
	o = mem_new(all, struct object);
	o->number = number;
	TAILQ_INIT(&o->watches);
	mem_on_free(o, object_free);
	HASH_ADD(hh, all->by_number, number, sizeof o->number, o);
	return o;
}

const char *
tracked_name(enum tracked state)
{
	static const char *const names[] = { "", "down", "up" }; /* ORDER: enum tracked */

	return names[state];
}

static void
publish(struct engine *engine, const struct object *o, struct cause *cause)
{
	struct event *ev = event_new(engine, bus_detector_find(engine->bus, "track"), NULL, cause);
	struct track_data *d = ev->data;

	d->number = o->number;
	d->state = tracked_name(o->state);
	ev->source = "track";
	bus_publish(engine->bus, ev, NULL, 0);
}

void
tracked_set(struct engine *engine, uint32_t number, enum tracked state, struct cause *cause)
{
	struct object *o = object_of(engine, number);
	enum tracked was = o->state;
	struct watch *w, *next;

	if (state == was)
		return;
	o->state = state;
	if (was != TRACKED_ABSENT && state != TRACKED_ABSENT)
		publish(engine, o, cause);
	for (w = TAILQ_FIRST(&o->watches); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		w->f(w->arg, number, was, cause);
	}
}

enum tracked
tracked_get(const struct engine *engine, uint32_t number)
{
	const struct object *o = object_find(engine, number);

	return o != NULL ? o->state : TRACKED_ABSENT;
}

void
tracked_stubs(struct engine *engine, tracked_stub_f *f, void *arg)
{
	struct objects *all = objects_of(engine);

	all->stubs = f;
	all->stubs_arg = arg;
}

bool
tracked_force(struct engine *engine, uint32_t number, enum tracked state, struct cause *cause)
{
	const struct objects *all = objects_of(engine);

	return all->stubs != NULL && all->stubs(all->stubs_arg, number, state, cause);
}

static int
watch_free(void *p)
{
	struct watch *w = p;

	TAILQ_REMOVE(&w->object->watches, w, link);
	return 0;
}

void
tracked_watch(const void *ctx, struct engine *engine, uint32_t number, tracked_f *f, void *arg)
{
	struct watch *w = mem_new(ctx, struct watch);

	w->f = f;
	w->arg = arg;
	w->object = object_of(engine, number);
	TAILQ_INSERT_TAIL(&w->object->watches, w, link);
	mem_on_free(w, watch_free);
}
