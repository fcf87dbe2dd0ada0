/* Policies run by hand. */
#include "sched/manual.h"

#include <string.h>

#include "bus/bus.h"
#include "bus/detector.h"
#include "core/text.h"
#include "sched/policy.h"
#include "sched/sched.h"

enum { WAIT_DEFAULT_S = 30 };

static struct spec *
find_spec(struct engine *engine, const char *name, struct policy **policy)
{
	*policy = policies_find(engine->policies, name);
	return *policy ? policy_spec(*policy, "none") : NULL;
}

bool
manual_is_sync(struct engine *engine, const char *name, bool *sync, usec *wait)
{
	struct policy *policy;
	const struct spec *spec = find_spec(engine, name, &policy);

	if (spec == NULL)
		return false;
	const struct manual_spec *a = spec->args;
	*sync = a->sync.set && a->sync.v;
	*wait = a->wait.set ? a->wait.v : WAIT_DEFAULT_S * USEC_PER_SEC;
	return true;
}

static struct event *
manual_event(struct engine *engine, const struct manual_want *want)
{
	struct event *ev = event_new(engine, bus_detector_find(engine->bus, "none"), NULL, want->cause);
	struct manual_data *data = ev->data;

	ev->source = event_str(ev, want->source ? want->source : "");
	data->policy = event_str(ev, want->name);
	for (size_t i = 0; i < want->nargs && i < MANUAL_ARGS_MAX; i++, data->argc++)
		data->arg[i] = event_str(ev, want->args[i]);
	return ev;
}

/* One of the policy's events `none`; most have one only. */
static void
offer(struct engine *engine, struct policy *policy, struct spec *spec, struct event *ev, struct tty *tty,
	struct run **run, struct err *err)
{
	enum policy_answer answer;
	struct event *dressed;
	struct run *queued;

	switch (bus_pass(engine->bus, spec, ev)) {
	case PASS_LOOP:
		err_set(err, ERR_REFUSED, "EEM policy %s not run: event chain longer than %u", policy->name,
			bus_loop_limit(engine->bus));
		break;
	case PASS_RATELIMIT:
		err_set(err, ERR_REFUSED, "EEM policy %s not run: its ratelimit has not passed",
			policy->name);
		break;
	case PASS_DAMPED:
		err_set(err, ERR_REFUSED, "EEM policy %s not run: held by its damping", policy->name);
		break;
	case PASS_DIGEST:
		err_set(err, ERR_REFUSED, "EEM policy %s not run now: the event is in its digest",
			policy->name);
		break;
	case PASS_NOT_YET:
	case PASS_YES:
		dressed = bus_dress(engine->bus, spec, ev);
		queued = policy_offer(policy, spec, dressed, tty, &answer);
		event_unref(dressed);
		if (queued)
			*run = queued;
		else if (answer != POLICY_WAITS && answer != POLICY_TAKEN)
			err_set(err, ERR_REFUSED, "EEM policy %s not run: the queue is full", policy->name);
	}
}

struct run *
manual_run(struct engine *engine, const struct manual_want *want, struct err *err)
{
	struct policy *policy;
	struct spec *spec = find_spec(engine, want->name, &policy);
	struct run *run = NULL;

	if (spec == NULL) {
		err_set(err, ERR_NOT_FOUND, "EEM policy %s not registered with event none Event Detector",
			want->name);
		return NULL;
	}

	struct event *ev = manual_event(engine, want);
	for (size_t i = 0; i < policy->nspecs; i++)
		if (policy->specs[i]->detector == spec->detector)
			offer(engine, policy, policy->specs[i], ev, want->tty, &run, err);
	event_unref(ev);
	return run;
}
