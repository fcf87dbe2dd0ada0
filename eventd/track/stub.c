/* track N stub-object: objects that policies set, with `default-state` below. */
#include "track/track.h"

#include "conf/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "track/object.h"

static const char mode[] = "config-track";

enum { ORDER_TRACK = 7900 };

struct tracks {
	struct engine *engine;
	struct track_object *first;
};

struct track_args {
	struct kw_int number;
	struct kw_flag stub;
};

struct default_args {
	struct kw_enum state;
};

struct track_object *
tracks_first(const struct tracks *all)
{
	return all->first;
}

struct engine *
tracks_engine(const struct tracks *all)
{
	return all->engine;
}

/* The object of this number, or where it would stand. */
static struct track_object **
place_of(struct tracks *all, uint32_t number)
{
	struct track_object **at = &all->first;

	while (*at != NULL && (*at)->number < number)
		at = &(*at)->next;
	return at;
}

static struct track_object *
object_find(struct tracks *all, uint32_t number)
{
	struct track_object *o = *place_of(all, number);

	return o != NULL && o->number == number ? o : NULL;
}

/* ---- states ---- */

static const char *
shown(enum tracked state)
{
	return state == TRACKED_UP ? "Up" : "Down";
}

static void
change(struct tracks *all, struct track_object *o, enum tracked state, struct cause *cause)
{
	enum tracked was = o->state;

	if (state == was)
		return;
	o->state = state;
	o->changes++;
	o->changed = clock_mono(all->engine->clock);
	log_msg(all->engine->log, cause, "TRACK", SEV_INFORMATIONAL, "STATE", "%u stub %s -> %s", o->number,
		shown(was), shown(state));
	tracked_set(all->engine, o->number, state, cause);
}

/* `action track set`. */
static bool
set_by_policy(void *arg, uint32_t number, enum tracked state, struct cause *cause)
{
	struct track_object *o = object_find(arg, number);

	if (o == NULL)
		return false;
	o->was_set = true;
	change(arg, o, state, cause);
	return true;
}

/* ---- configuration ---- */

static const struct kw track_kw[] = {
	{ .help = "Tracked object",
		.type = &kw_number,
		KW_AT(struct track_args, number),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = TRACKED_MAX },
	{ .word = "stub-object",
		.help = "Stub tracking object",
		KW_AT(struct track_args, stub),
		.flags = KW_REQ },
	KW_END,
};

static const struct kw_alternative states[] = {
	{ "down", "Default state is down", TRACKED_DOWN, false },
	{ "up", "Default state is up", TRACKED_UP, false },
	{ NULL, NULL, 0, false },
};

static const struct kw default_kw[] = {
	{ .help = "Default state",
		.type = &kw_choice,
		KW_AT(struct default_args, state),
		.flags = KW_REQ,
		.choices = states },
	KW_END,
};

static void
object_remove(struct tracks *all, uint32_t number)
{
	struct track_object **at = place_of(all, number), *o = *at;

	if (o == NULL || o->number != number)
		return;
	*at = o->next;
	tracked_set(all->engine, number, TRACKED_ABSENT, NULL);
	mem_free(o);
}

static void
object_make(struct tracks *all, uint32_t number, enum tracked dflt)
{
	struct track_object **at = place_of(all, number), *o = *at;

	if (o != NULL && o->number == number) {
		o->dflt = dflt;
		if (!o->was_set)
			change(all, o, dflt, NULL);
		return;
	}
	o = mem_new(all, struct track_object);
	*o = (struct track_object){ .next = *at, .number = number, .state = dflt, .dflt = dflt };
	*at = o;
	tracked_set(all->engine, number, dflt, NULL);
}

/* The first state of a new object is no change. */
static bool
track_apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct track_args *a = (new ? new : old)->args;
	enum tracked dflt = TRACKED_DOWN;

	if (new == NULL) {
		object_remove(engine->tracks, (uint32_t)a->number.v);
		return true;
	}
	for (const struct conf_node *n = new->first; n != NULL; n = n->next)
		dflt = (enum tracked)((const struct default_args *)n->args)->state.v;
	object_make(engine->tracks, (uint32_t)a->number.v, dflt);
	return true;
}

static const struct conf_mode track_mode = { .name = mode, .parent = "config" };

static const struct conf_row rows[] = {
	{ .cmd = { .words = "track",
		  .help = "Object tracking configuration commands",
		  .kw = track_kw,
		  .size = sizeof(struct track_args),
		  .level = 15 },
		.mode = "config",
		.enters = mode,
		.order = ORDER_TRACK,
		.apply = track_apply },
	{ .cmd = { .words = "default-state",
		  .help = "Default state of the object",
		  .kw = default_kw,
		  .size = sizeof(struct default_args),
		  .level = 15 },
		.mode = mode },
};

struct tracks *
tracks_new(const void *ctx, struct engine *engine)
{
	struct tracks *all = mem_new(ctx, struct tracks);

	all->engine = engine;
	conf_modes(engine->conf, &track_mode, 1);
	conf_rows(engine->conf, rows, sizeof rows / sizeof *rows);
	tracked_stubs(engine, set_by_policy, all);
	return all;
}
