/* track N list {boolean {and | or} | threshold {weight | percentage}}: what other objects say together. */
#include <inttypes.h>

#include "conf/conf.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/writer.h"
#include "track/object.h"

enum {
	WEIGHT = 10,
	DEEP = 64, /* lists in lists that are looked at inside one call: the stack has an end */
};

struct member {
	uint32_t number;
	unsigned weight;
	bool not ;
};

struct list {
	struct track_object *object;
	struct member *members;
	size_t count;
	bool looks; /* what it tells comes back to it: a loop, while the lines of several lists change */
	struct timer *later; /* of a list that is too deep in others to look at once */
	bool has_threshold;
	unsigned up, down;
};

static bool
is_list(const struct track_args *a)
{
	return a->list.set;
}

/* An object that does not exist counts as down. */
static bool
is_up(const struct list *l, const struct member *m)
{
	bool up = tracked_get(tracks_engine(l->object->all), m->number) == TRACKED_UP;

	return up != m->not ;
}

static bool
boolean(const struct list *l)
{
	bool all = l->count > 0, any = false;

	for (size_t i = 0; i < l->count; i++) {
		bool up = is_up(l, &l->members[i]);

		all &= up;
		any |= up;
	}
	return l->object->args->and.set ? all : any;
}

/* The sum of the weights that are up and of all; of a percentage every weight is 1. */
static void
weigh(const struct list *l, unsigned *up, unsigned *all)
{
	*up = *all = 0;
	for (size_t i = 0; i < l->count; i++) {
		*all += l->members[i].weight;
		if (is_up(l, &l->members[i]))
			*up += l->members[i].weight;
	}
}

static unsigned
measured(const struct list *l)
{
	unsigned up, all;

	weigh(l, &up, &all);
	if (l->object->args->weight.set)
		return up;
	return all == 0 ? 0 : up * 100 / all;
}

static void
look(struct list *l, struct cause *cause)
{
	struct track_object *o = l->object;
	unsigned value;

	if (o->args->boolean.set) {
		track_sense(o, boolean(l), cause);
		return;
	}
	value = measured(l);
	if (l->has_threshold && value >= l->up)
		track_sense(o, true, cause);
	else if (!l->has_threshold || value <= l->down || o->state == TRACKED_ABSENT)
		track_sense(o, false, cause);
}

static void
on_member(void *arg, uint32_t number, enum tracked was, struct cause *cause)
{
	struct list *l = arg;
	unsigned *depth = tracks_depth(l->object->all);

	if (l->looks)
		return;
	if (*depth >= DEEP) {
		timer_set(l->later, 0);
		return;
	}
	l->looks = true;
	++*depth;
	look(l, cause);
	--*depth;
	l->looks = false;
}

static void
on_later(void *arg)
{
	on_member(arg, 0, TRACKED_ABSENT, NULL);
}

static void
take_threshold(struct list *l, const struct track_threshold_args *t)
{
	if (t == NULL)
		return;
	l->has_threshold = true;
	/* `up` by itself: down is what is below; `down` by itself: up is what is above. */
	l->up = t->up.set ? (unsigned)t->up.v : (unsigned)t->down.v + 1;
	l->down = t->down.set ? (unsigned)t->down.v : l->up == 0 ? 0 : l->up - 1;
}

static void
start(struct track_object *o, const struct conf_node *n)
{
	struct engine *e = tracks_engine(o->all);
	struct list *l = mem_new(o, struct list);

	l->object = o;
	l->later = timer_after(l, e->loop, 0, on_later, l);
	timer_stop(l->later);
	for (const struct conf_node *c = n->first; c != NULL; c = c->next)
		l->count++;
	l->members = mem_array(l, struct member, l->count + 1);
	l->count = 0;
	for (const struct conf_node *c = n->first; c != NULL; c = c->next) {
		const struct track_member_args *a = c->args;

		if (!track_is_line(c, "object"))
			continue;
		l->members[l->count++] = (struct member){ .number = (uint32_t)a->number.v,
			.weight = !o->args->weight.set ? 1
				  : a->weight.set      ? (unsigned)a->weight.v
						       : WEIGHT,
			.not = a->not .set };
	}
	take_threshold(l, track_line(n, "threshold"));
	o->private = l;
	for (size_t i = 0; i < l->count; i++)
		tracked_watch(l, e, l->members[i].number, on_member, l);
	on_member(l, 0, TRACKED_ABSENT, NULL);
}

bool
track_list_has(const struct track_object *o, uint32_t number)
{
	const struct list *l = o->private;

	for (size_t i = 0; i < l->count; i++)
		if (l->members[i].number == number)
			return true;
	return false;
}

static const char *
words_of(const struct track_args *a)
{
	return a->and.set      ? "boolean and"
	       : a->or.set     ? "boolean or"
	       : a->weight.set ? "threshold weight"
			       : "threshold percentage";
}

static const char *
describe(const void *ctx, const struct engine *e, const struct track_args *a)
{
	return mem_printf(ctx, "list %s", words_of(a));
}

static void
columns(const struct track_object *o, const char **instance, const char **parameter)
{
	*instance = "";
	*parameter = o->args->boolean.set ? "boolean" : o->args->weight.set ? "weight" : "percentage";
}

static void
show_members(const struct track_object *o, struct writer *w)
{
	const struct list *l = o->private;
	const struct engine *e = tracks_engine(o->all);

	w_list(w, "objects");
	for (size_t i = 0; i < l->count; i++) {
		const struct member *m = &l->members[i];
		enum tracked now = tracked_get(e, m->number);
		const char *state = now == TRACKED_ABSENT ? "Undefined" : track_shown(now);

		w_text(w, "    object %u %s%s", m->number, m->not ? "not " : "", state);
		if (o->args->weight.set)
			w_text(w, " (%u)", m->weight);
		w_text(w, "\n");
		w_object(w, NULL);
		w_int(w, "object", m->number);
		w_bool(w, "not", m->not );
		w_str(w, "state", state);
		w_int(w, "weight", m->weight);
		w_end(w);
	}
	w_end(w);
}

static void
show(const struct track_object *o, struct writer *w, const char *state)
{
	const struct list *l = o->private;
	const struct track_args *a = o->args;
	unsigned up, all;

	weigh(l, &up, &all);
	w_text(w, "  List %s\n", words_of(a));
	w_str(w, "parameter", words_of(a));
	if (a->boolean.set)
		w_text(w, "  Boolean %s is %s\n", a->and.set ? "AND" : "OR", state);
	else if (a->weight.set)
		w_text(w, "  Threshold weight is %s (%u/%u)\n", state, up, all);
	else
		w_text(w, "  Threshold percentage is %s (%u%%)\n", state, measured(l));
	if (!a->boolean.set)
		w_int(w, "measured", measured(l));
}

static void
show_more(const struct track_object *o, struct writer *w)
{
	const struct list *l = o->private;

	show_members(o, w);
	if (o->args->boolean.set || !l->has_threshold)
		return;
	w_text(w, "  Threshold %s down %u up %u\n", o->args->weight.set ? "weight" : "percentage", l->down,
		l->up);
	w_int(w, "threshold_up", l->up);
	w_int(w, "threshold_down", l->down);
}

const struct track_kind track_list = {
	.type = "list",
	.is = is_list,
	.start = start,
	.describe = describe,
	.columns = columns,
	.show = show,
	.show_more = show_more,
};
