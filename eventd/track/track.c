/* The tracked objects: their states as sensed and as reported, and who is told. */
#include "track/track.h"

#include "conf/conf.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "track/object.h"
#include "track/rows.h"

/* `track timer` of one kind. */
struct poll {
	struct tracks *all;
	enum track_timer what;
	usec every; /* 0: changes are seen at once */
	struct timer *timer;
};

struct tracks {
	struct engine *engine;
	struct track_object *first;
	struct poll polls[TIMER_COUNT];
	unsigned resolutions[RESOLUTION_COUNT]; /* 0: the default */
	unsigned depth;
};

static const struct track_kind *const kinds[] = { &track_stub, &track_interface, &track_route, &track_sla,
	&track_list };

unsigned *
tracks_depth(struct tracks *all)
{
	return &all->depth;
}

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

struct track_object *
tracks_find(const struct tracks *all, uint32_t number)
{
	struct track_object *o = all->first;

	while (o != NULL && o->number != number)
		o = o->next;
	return o;
}

/* ---- states ---- */

const char *
track_shown(enum tracked state)
{
	return state == TRACKED_UP ? "Up" : "Down";
}

static void
report(struct track_object *o, struct cause *cause)
{
	enum tracked was = o->state;
	struct engine *e = o->all->engine;

	o->state = o->sensed ? TRACKED_UP : TRACKED_DOWN;
	o->changes++;
	o->changed = clock_mono(e->clock);
	log_msg(e->log, cause, "TRACK", SEV_INFORMATIONAL, "STATE", "%u %s %s -> %s", o->number,
		o->description, track_shown(was), track_shown(o->state));
	tracked_set(e, o->number, o->state, cause);
}

static void
on_delay(void *arg)
{
	struct track_object *o = arg;

	mem_free(o->delayed);
	o->delayed = NULL;
	report(o, NULL);
}

/* IOS's default of an interface's own carrier-delay, which it has for `carrier-delay` to count with. */
#define CARRIER_DELAY (2 * USEC_PER_SEC)

static void
see(struct track_object *o, struct cause *cause)
{
	bool up = o->sensed;
	enum tracked now = up ? TRACKED_UP : TRACKED_DOWN;
	usec delay = up ? o->delay_up : o->delay_down + (o->carrier_delay ? CARRIER_DELAY : 0);

	o->has_news = false;
	if (o->state == TRACKED_ABSENT) { /* the first state of a new object is no change */
		o->state = now;
		tracked_set(o->all->engine, o->number, now, cause);
		return;
	}
	if (now == o->state) { /* it did not last */
		mem_free(o->delayed);
		o->delayed = NULL;
		return;
	}
	if (delay == 0)
		report(o, cause);
	else if (o->delayed == NULL)
		o->delayed = timer_after(o, o->all->engine->loop, delay, on_delay, o);
}

void
track_sense(struct track_object *o, bool up, struct cause *cause)
{
	o->sensed = up;
	if (o->state != TRACKED_ABSENT && o->all->polls[track_timer_of(o)].every != 0)
		o->has_news = true;
	else
		see(o, cause);
}

/* ---- track timer, track resolution ---- */

static void
on_poll(void *arg)
{
	struct poll *p = arg;

	timer_set(p->timer, p->every);
	for (struct track_object *o = p->all->first; o != NULL; o = o->next)
		if (o->has_news && track_timer_of(o) == p->what)
			see(o, NULL);
}

void
tracks_set_poll(struct tracks *all, enum track_timer what, usec every)
{
	struct poll *p = &all->polls[what];

	mem_free(p->timer);
	p->timer = NULL;
	p->all = all;
	p->what = what;
	p->every = every;
	if (every != 0) {
		p->timer = timer_after(all, all->engine->loop, every, on_poll, p);
		return;
	}
	for (struct track_object *o = all->first; o != NULL; o = o->next)
		if (o->has_news && track_timer_of(o) == what)
			see(o, NULL);
}

usec
tracks_poll(const struct tracks *all, enum track_timer what)
{
	return all->polls[what].every;
}

usec
tracks_poll_left(const struct tracks *all, enum track_timer what)
{
	return all->polls[what].timer == NULL ? 0 : timer_left(all->polls[what].timer);
}

void
tracks_look(struct tracks *all)
{
	for (struct track_object *o = all->first; o != NULL; o = o->next)
		if (o->kind->look != NULL)
			o->kind->look(o);
}

/* Everything that depends on a metric looks again. */
void
tracks_set_resolution(struct tracks *all, enum track_resolution what, unsigned n)
{
	all->resolutions[what] = n;
	tracks_look(all);
}

unsigned
tracks_resolution(const struct tracks *all, enum track_resolution what)
{
	/* IOS's. ORDER: enum track_resolution */
	static const unsigned defaults[RESOLUTION_COUNT] = { 2560, 2560, 10, 1, 10 };

	return all->resolutions[what] != 0 ? all->resolutions[what] : defaults[what];
}

/* `action track set`: of stub objects only. */
static bool
set_by_policy(void *arg, uint32_t number, enum tracked state, struct cause *cause)
{
	struct track_object *o = tracks_find(arg, number);

	if (o == NULL || o->kind != &track_stub)
		return false;
	o->was_set = true;
	track_sense(o, state == TRACKED_UP, cause);
	return true;
}

/* ---- configuration ---- */

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

static const struct track_kind *
kind_of(const struct track_args *a)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i]->is(a))
			return kinds[i];
	return NULL;
}

static struct track_object *
object_make(struct tracks *all, uint32_t number, const struct track_kind *kind)
{
	struct track_object **at = place_of(all, number), *o = *at;

	if (o != NULL && o->number == number) {
		if (o->kind == kind)
			return o;
		object_remove(all, number);
		at = place_of(all, number);
	}
	o = mem_new(all, struct track_object);
	o->next = *at;
	o->all = all;
	o->number = number;
	o->kind = kind;
	*at = o;
	return o;
}

/* Everything that the lines say is taken anew; what was reported stays until the object says otherwise. */
void
tracks_apply(struct tracks *all, const struct conf_node *old, const struct conf_node *new)
{
	const struct track_args *a = (new != NULL ? new : old)->args;
	const struct track_delay_args *delay;
	struct track_object *o;

	if (new == NULL) {
		object_remove(all, (uint32_t)a->number.v);
		return;
	}
	o = object_make(all, (uint32_t)a->number.v, kind_of(a));
	mem_free(o->private);
	mem_free(o->delayed);
	o->private = o->delayed = NULL;
	o->has_news = false;
	o->carrier_delay = track_line(new, "carrier-delay") != NULL;
	mem_free(o->args);
	o->args = track_args_copy(o, a);
	o->description = o->kind->describe(o->args, all->engine, o->args);
	delay = track_line(new, "delay");
	o->delay_up = delay != NULL && delay->up.set ? delay->up.v * USEC_PER_SEC : 0;
	o->delay_down = delay != NULL && delay->down.set ? delay->down.v * USEC_PER_SEC : 0;
	o->kind->start(o, new);
}

struct tracks *
tracks_new(const void *ctx, struct engine *engine)
{
	struct tracks *all = mem_new(ctx, struct tracks);

	all->engine = engine;
	track_rows(engine->conf);
	track_timer_rows(engine->conf);
	tracked_stubs(engine, set_by_policy, all);
	return all;
}
