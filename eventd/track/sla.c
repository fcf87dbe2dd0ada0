/* track N ip sla M {state | reachability}: what the operation found last. */
#include <inttypes.h>

#include "bus/sla.h"
#include "core/mem.h"
#include "core/writer.h"
#include "track/object.h"

static bool
is_sla(const struct track_args *a)
{
	return a->sla.set;
}

static const char *
parameter_of(const struct track_args *a)
{
	return a->sla_reachability.set ? "reachability" : "state";
}

static void
on_outcome(void *arg, const struct sla_outcome *last)
{
	struct track_object *o = arg;

	track_sense(o, last != NULL && (o->args->sla_reachability.set ? last->reachable : last->ok), NULL);
}

/* Until the operation has run, `default-state` says what it is. */
static void
start(struct track_object *o, const struct conf_node *n)
{
	struct engine *e = tracks_engine(o->all);
	const struct track_default_args *d = track_line(n, "default-state");
	const struct sla_outcome *last = sla_last(e, (uint32_t)o->args->sla.v);

	o->private = mem_printf(o, "%" PRId64, o->args->sla.v); /* the "Instance" column */
	sla_watch(o->private, e, (uint32_t)o->args->sla.v, on_outcome, o);
	if (last != NULL)
		on_outcome(o, last);
	else
		track_sense(o, d != NULL && d->state.v == TRACKED_UP, NULL);
}

static const char *
describe(const void *ctx, const struct engine *e, const struct track_args *a)
{
	return mem_printf(ctx, "ip sla %" PRId64 " %s", a->sla.v, parameter_of(a));
}

static void
columns(const struct track_object *o, const char **instance, const char **parameter)
{
	*instance = o->private;
	*parameter = parameter_of(o->args);
}

static void
show(const struct track_object *o, struct writer *w, const char *state)
{
	const struct track_args *a = o->args;

	w_text(w, "  IP SLA %" PRId64 " %s\n  %s is %s\n", a->sla.v, parameter_of(a),
		a->sla_reachability.set ? "Reachability" : "State", state);
	w_int(w, "operation", a->sla.v);
	w_str(w, "parameter", parameter_of(a));
}

static void
show_more(const struct track_object *o, struct writer *w)
{
	const struct sla_outcome *last = sla_last(tracks_engine(o->all), (uint32_t)o->args->sla.v);

	w_text(w, "  Latest operation return code: %s\n", last == NULL ? "Unknown" : last->code);
	w_str(w, "latest_return_code", last == NULL ? NULL : last->code);
	if (last == NULL || last->rtt_ms < 0)
		return;
	w_text(w, "  Latest RTT (millisecs) %" PRId64 "\n", last->rtt_ms);
	w_int(w, "latest_rtt", last->rtt_ms);
}

const struct track_kind track_sla = {
	.type = "ip sla",
	.is = is_sla,
	.start = start,
	.describe = describe,
	.columns = columns,
	.show = show,
	.show_more = show_more,
};
