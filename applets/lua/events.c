/*
 * Events as tables of Lua, and waiting for further ones. The names are those of Tcl (eem-language 14):
 * `msg` for $_syslog_msg, `track_state` for $_track_state; whole numbers are integers, times are
 * seconds with `_sec` and `_msec` beside them.
 */
#include <stdlib.h>
#include <string.h>

#include "applets/lua/api.h"
#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "bus/detector.h"
#include "bus/event.h"
#include "core/mem.h"
#include "core/text.h"

enum { WAITING_MAX = 128 };

/* ---- one event ---- */

/* Detectors whose fields keep their whole name in Tcl. */
static bool
keeps_prefix(const char *detector)
{
	static const char *const names[] = { "timer", "timer-subscriber", "track" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(detector, names[i]) == 0)
			return true;
	return false;
}

/* Words of a detector's name are joined by '_' in its fields. */
const char *
script_event_name(const struct detector *d, const char *name)
{
	size_t n = 0;

	name += *name == '_';
	if (keeps_prefix(d->name))
		return name;
	for (; d->name[n] != '\0'; n++)
		if (name[n] != (d->name[n] == '-' ? '_' : d->name[n]))
			return name;
	return name[n] == '_' ? name + n + 1 : name;
}

static void
add_time(json_t *o, const char *name, const char *text)
{
	double seconds = strtod(text, NULL);
	long long msec = (long long)(seconds * 1000 + 0.5);
	char *part = mem_printf(NULL, "%s_sec", name);

	json_object_set_new(o, name, json_real(seconds));
	json_object_set_new(o, part, json_integer(msec / 1000));
	mem_free(part);
	part = mem_printf(NULL, "%s_msec", name);
	json_object_set_new(o, part, json_integer(msec % 1000));
	mem_free(part);
}

static void
add_field(json_t *o, const struct event *ev, const struct event_field *f, const char *name)
{
	struct text *t = text_new(NULL);

	event_get(ev, f->name, t);
	switch (f->type) {
	case FIELD_STR:
		json_object_set_new(o, name, wire_bytes(t->s, t->len));
		break;
	case FIELD_INT:
		json_object_set_new(o, name, json_integer(strtoll(t->s, NULL, 10)));
		break;
	case FIELD_TIME:
		add_time(o, name, t->s);
		break;
	}
	mem_free(t);
}

/* What the detector knows; names that are there already stay. */
static void
add_fields(json_t *o, const struct event *ev)
{
	for (const struct event_field *f = ev->detector->fields; f != NULL && f->name != NULL; f++) {
		const char *name = script_event_name(ev->detector, f->name);

		if (json_object_get(o, name) == NULL)
			add_field(o, ev, f, name);
	}
	for (size_t i = 0; i < ev->nown; i++)
		add_field(o, ev, &ev->own[i], ev->own[i].name);
}

static json_t *
event_table(const struct run *run, const struct event *ev)
{
	const struct policy *p = run_registration(run);
	json_t *o = json_object();

	for (const struct event_field *f = event_common_fields; f->name != NULL; f++)
		add_field(o, ev, f, f->name + 1);
	add_fields(o, ev);
	for (size_t i = 0; i < ev->nmembers; i++)
		add_fields(o, ev->members[i].event);
	json_object_set_new(o, "job_id", json_integer((json_int_t)run_job(run)));
	json_object_set_new(o, "event_trigger_num", json_integer((json_int_t)p->triggered));
	return o;
}

enum served
api_event(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	*value = event_table(api_run(s), run_event(api_run(s)));
	return SERVED_VALUE;
}

/* By tag; of an event without one as "1". */
enum served
api_events(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct run *run = api_run(s);
	const struct event *ev = run_event(run);
	const struct policy *p = run_registration(run);
	const char *tag = p->nspecs == 1 && p->specs[0]->tag != NULL ? p->specs[0]->tag : "1";

	*value = json_object();
	for (size_t i = 0; i < ev->nmembers; i++)
		if (json_object_get(*value, ev->members[i].tag) == NULL)
			json_object_set_new(
				*value, ev->members[i].tag, event_table(run, ev->members[i].event));
	if (ev->nmembers == 0)
		json_object_set_new(*value, tag, event_table(run, ev));
	return SERVED_VALUE;
}

/* ---- further events ---- */

struct waiting {
	STAILQ_ENTRY(waiting) link;
	struct event *event;
};

/* A run that has asked for further events: they come to it and start no other run. */
struct waiter {
	struct script_run *script;
	struct policy *policy;
	STAILQ_HEAD(, waiting) events;
	size_t n;
	bool asked; /* the process waits now */
};

static int
waiting_free(void *p)
{
	event_unref(((struct waiting *)p)->event);
	return 0;
}

static int
waiter_free(void *p)
{
	struct waiter *w = p;

	w->policy->take = NULL;
	w->policy->taker = NULL;
	return 0;
}

static void
hand_over(struct waiter *w)
{
	struct run *run = api_run(w->script);
	struct waiting *first = STAILQ_FIRST(&w->events);

	STAILQ_REMOVE_HEAD(&w->events, link);
	w->n--;
	w->asked = false;
	run_start_clock(run);
	api_answer(w->script, event_table(run, first->event));
	mem_free(first);
}

/* What finds the queue full starts no run either: it is dropped, as the scheduler's own queue does. */
static bool
take(struct policy *p, struct event *ev)
{
	struct waiter *w = p->taker;
	struct waiting *e;

	if (ev == NULL) { /* unregistered: the policy's loop ends */
		if (w->asked) {
			run_start_clock(api_run(w->script));
			api_answer(w->script, NULL);
		}
		w->asked = false;
		return true;
	}
	p->triggered++;
	if (w->n == WAITING_MAX)
		return true;
	e = mem_new(w, struct waiting);
	e->event = event_ref(ev);
	mem_on_free(e, waiting_free);
	STAILQ_INSERT_TAIL(&w->events, e, link);
	w->n++;
	if (w->asked)
		hand_over(w);
	return true;
}

static struct waiter *
waiter_new(struct script_run *s)
{
	struct waiter *w = mem_new(run_ctx(api_run(s)), struct waiter);

	w->script = s;
	w->policy = run_registration(api_run(s));
	w->policy->take = take;
	w->policy->taker = w;
	STAILQ_INIT(&w->events);
	mem_on_free(w, waiter_free);
	api_parts(s)->waiter = w;
	return w;
}

enum served
api_wait(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct waiter *w = api_parts(s)->waiter;
	struct policy *p = run_registration(api_run(s));

	if (w == NULL && p->taker != NULL) {
		err_class(err, ERR_REFUSED, "FH_EBUSY", "another run of this policy waits for its events");
		return SERVED_REFUSED;
	}
	if (p->removed && (w == NULL || w->n == 0))
		return SERVED_VALUE; /* none will come: nil */
	if (w == NULL)
		w = waiter_new(s);
	w->asked = true;
	run_stop_clock(api_run(s));
	if (w->n > 0)
		hand_over(w);
	return SERVED_LATER;
}
