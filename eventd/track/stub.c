/* track N stub-object: objects that policies set, with `default-state` below. */
#include "core/mem.h"
#include "core/writer.h"
#include "track/object.h"

static bool
is_stub(const struct track_args *a)
{
	return a->stub.set;
}

static void
start(struct track_object *o, const struct conf_node *n)
{
	const struct track_default_args *d = track_line(n, "default-state");

	o->dflt = d == NULL ? TRACKED_DOWN : (enum tracked)d->state.v;
	if (!o->was_set)
		track_sense(o, o->dflt == TRACKED_UP, NULL);
}

static const char *
describe(const void *ctx, const struct engine *e, const struct track_args *a)
{
	return "stub";
}

static void
columns(const struct track_object *o, const char **instance, const char **parameter)
{
	*instance = *parameter = "";
}

static void
show(const struct track_object *o, struct writer *w, const char *state)
{
	w_text(w, "  Stub-object\n  State is %s\n", state);
	w_str(w, "default_state", tracked_name(o->dflt));
}

const struct track_kind track_stub = {
	.type = "stub-object",
	.is = is_stub,
	.start = start,
	.describe = describe,
	.columns = columns,
	.show = show,
};
