/* Reactions: whether the runs of an operation have crossed a threshold, and who is told. */
#include <string.h>

#include "bus/bus.h"
#include "bus/detector.h"
#include "bus/ipsla.h"
#include "core/log.h"
#include "core/mem.h"
#include "probe/operation.h"

static const char *const types[REACT_COUNT] = { "connectionLoss", "rtt", "timeout",
	"verifyError" }; /* ORDER: enum react_type */

const char *
react_type_name(enum react_type type)
{
	return types[type];
}

const char *
react_threshold_name(enum react_threshold t)
{
	static const char *const names[] = { "never", "immediate", "consecutive", "xOfy",
		"average" }; /* ORDER: enum react_threshold */

	return names[t];
}

/* ---- the pure part ---- */

static bool
is_timeout(enum probe_code c)
{
	return c == PROBE_TIMEOUT || c == PROBE_DNS_TIMEOUT || c == PROBE_TCP_TIMEOUT ||
	       c == PROBE_HTTP_TIMEOUT;
}

bool
reaction_value(enum react_type type, const struct probe_answer *a, int64_t *value)
{
	switch (type) {
	case REACT_RTT:
		*value = a->rtt_us / 1000;
		return a->rtt_us >= 0;
	case REACT_TIMEOUT:
		*value = is_timeout(a->code);
		return true;
	case REACT_CONNECTION_LOSS:
		*value = a->code == PROBE_NO_CONNECTION || a->code == PROBE_SOCKET_ERROR;
		return true;
	case REACT_VERIFY_ERROR:
		*value = a->code == PROBE_VERIFY_ERROR;
		return true;
	case REACT_COUNT:
		break;
	}
	return false;
}

void
reaction_forget(struct reaction *r)
{
	r->count = r->at = 0;
	r->occurred = false;
}

static int64_t
nth(const struct reaction *r, unsigned back) /* 0: the newest */
{
	return r->values[(r->at + REACT_WINDOW - 1 - back) % REACT_WINDOW];
}

/* How many of the last n runs are above the upper limit, or below the lower one. */
static unsigned
crossed(const struct reaction *r, unsigned n, bool above)
{
	unsigned hits = 0;

	for (unsigned i = 0; i < n && i < r->count; i++)
		hits += above ? nth(r, i) > r->upper : nth(r, i) < r->lower;
	return hits;
}

static int64_t
average(const struct reaction *r, unsigned n)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += nth(r, i);
	return n == 0 ? 0 : sum / n;
}

static bool
holds(const struct reaction *r, bool above, int64_t *measured)
{
	*measured = nth(r, 0);
	switch (r->threshold) {
	case THRESHOLD_NEVER:
		return false;
	case THRESHOLD_IMMEDIATE:
		return crossed(r, 1, above) == 1;
	case THRESHOLD_CONSECUTIVE:
		return crossed(r, r->x, above) == r->x;
	case THRESHOLD_X_OF_Y:
		return r->x <= r->y && crossed(r, r->y, above) >= r->x;
	case THRESHOLD_AVERAGE:
		if (r->count < r->x)
			return false;
		*measured = average(r, r->x);
		return above ? *measured > r->upper : *measured < r->lower;
	}
	return false;
}

enum reaction_verdict
reaction_take(struct reaction *r, int64_t value, int64_t *measured)
{
	r->values[r->at] = value;
	r->at = (r->at + 1) % REACT_WINDOW;
	if (r->count < REACT_WINDOW)
		r->count++;
	if (!holds(r, !r->occurred, measured))
		return REACTION_NONE;
	r->occurred = !r->occurred;
	return r->occurred ? REACTION_OCCURRED : REACTION_CLEARED;
}

/* ---- telling ---- */

/* "Threshold exceeded for rtt", "Threshold Occurred for timeout". */
static void
say(const struct operation *o, const struct reaction *r, bool occurred)
{
	const char *what = r->type == REACT_RTT ? (occurred ? "exceeded" : "below")
						: (occurred ? "Occurred" : "Cleared");

	log_msg(o->all->engine->log, NULL, "RTT", SEV_ERRORS, "IPSLATHRESHOLD",
		"IP SLAs(%u): Threshold %s for %s", o->number, what, types[r->type]);
}

static void
publish(const struct operation *o, const struct reaction *r, bool occurred, int64_t measured)
{
	struct engine *e = o->all->engine;
	struct event *ev = event_new(e, bus_detector_find(e->bus, "ipsla"), NULL, NULL);
	struct ipsla_data *d = ev->data;

	d->group_name = event_str(ev, o->config.tag);
	d->oper_id = o->number;
	d->condition = occurred ? "Occurred" : "Cleared";
	d->react_type = types[r->type];
	d->threshold_type = react_threshold_name(r->threshold);
	d->dest_ip_addr = event_str(ev, o->address[0] != '\0' ? o->address : o->config.target);
	d->threshold_rising = r->upper;
	d->threshold_falling = r->lower;
	d->threshold_count = r->x;
	d->threshold_count2 = r->y;
	d->measured_threshold_value = measured;
	ev->source = "ip sla";
	bus_publish(e->bus, ev, NULL, 0);
}

static void
trigger(const struct operation *o)
{
	for (size_t i = 0; i < o->trigger_count; i++) {
		struct operation *target = slas_find(o->all, o->triggers[i]);

		if (target != NULL && target->state != SLA_IS_ACTIVE)
			operation_restart(target);
	}
}

void
operation_react(struct operation *o, const struct probe_answer *a)
{
	for (struct reaction *r = o->reactions; r != NULL; r = r->next) {
		enum reaction_verdict verdict;
		int64_t value, measured;

		if (!reaction_value(r->type, a, &value))
			continue;
		verdict = reaction_take(r, value, &measured);
		if (verdict == REACTION_NONE)
			continue;
		if (o->all->logging_traps && (r->action == ACTION_TRAP || r->action == ACTION_BOTH))
			say(o, r, verdict == REACTION_OCCURRED);
		if (o->all->reaction_alerts)
			publish(o, r, verdict == REACTION_OCCURRED, measured);
		if (verdict == REACTION_OCCURRED && (r->action == ACTION_TRIGGER || r->action == ACTION_BOTH))
			trigger(o);
	}
}
