/* The event bus: the queue, and the stages between an event and a run. */
#include "bus/bus.h"

#include <stdarg.h>
#include <string.h>
#include <sys/queue.h>

#include "bus/detector.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"

/* How many events one turn of the loop handles before descriptors and timers get theirs. */
enum { DISPATCH_BATCH = 256, SPEC_BUCKETS = 1024 };

struct queued {
	STAILQ_ENTRY(queued) link;
	struct event *event;
	size_t n; /* 0: offer to all of the detector */
	uint64_t targets[];
};

struct detector_specs {
	const struct detector *detector;
	struct spec *first, *last;
	void *state;
	bool came;     /* a detector that was awaited */
	char *lack;    /* what it needs to see events, or NULL */
	bool debugged; /* debug event manager detector NAME */
};

struct bus {
	struct engine *engine;
	STAILQ_HEAD(, queued) queue;
	struct timer *dispatch;
	struct bus_stats stats;
	uint64_t last_event, last_spec;
	unsigned loop_limit;
	struct spec *by_id[SPEC_BUCKETS]; /* ids only grow, so the low bits spread them evenly */
	const struct detector *const *detectors;
	struct detector_specs *lists;
	size_t nlists;
	verdict_f *verdict;
	void *verdict_arg;
};

static const char *const stage_names[] = { "filter", "match", "loop", "occurs", "damping", "ratelimit",
	"digest", "correlate", "sched" }; /* ORDER: enum stage */

/* ---- specifications ---- */

static struct detector_specs *
specs_of(struct bus *b, const struct detector *d)
{
	for (size_t i = 0; i < b->nlists; i++)
		if (b->lists[i].detector == d)
			return &b->lists[i];

	b->lists = mem_resize(b, b->lists, (b->nlists + 1) * sizeof *b->lists);
	b->lists[b->nlists] = (struct detector_specs){ .detector = d };
	return &b->lists[b->nlists++];
}

void
bus_add_spec(struct bus *b, struct spec *s)
{
	struct detector_specs *list = specs_of(b, s->detector);

	s->id = ++b->last_spec;
	s->same_bucket = b->by_id[s->id % SPEC_BUCKETS];
	b->by_id[s->id % SPEC_BUCKETS] = s;

	s->next = NULL;
	s->prev = list->last;
	*(list->last ? &list->last->next : &list->first) = s;
	list->last = s;
}

void
bus_remove_spec(struct bus *b, struct spec *s)
{
	struct detector_specs *list = specs_of(b, s->detector);

	for (struct spec **at = &b->by_id[s->id % SPEC_BUCKETS]; *at; at = &(*at)->same_bucket)
		if (*at == s) {
			*at = s->same_bucket;
			break;
		}
	*(s->prev ? &s->prev->next : &list->first) = s->next;
	*(s->next ? &s->next->prev : &list->last) = s->prev;
	s->next = s->prev = NULL;
}

struct spec *
bus_find_spec(const struct bus *b, uint64_t id)
{
	struct spec *s = b->by_id[id % SPEC_BUCKETS];

	while (s && s->id != id)
		s = s->same_bucket;
	return s;
}

struct spec *
bus_specs(const struct bus *b, const struct detector *d)
{
	for (size_t i = 0; i < b->nlists; i++)
		if (b->lists[i].detector == d)
			return b->lists[i].first;
	return NULL;
}

void **
bus_detector_state(struct bus *b, const struct detector *d)
{
	return &specs_of(b, d)->state;
}

bool
bus_detectors(struct bus *b, const struct detector *const *table, struct err *err)
{
	b->detectors = table;
	for (; *table; table++)
		if ((*table)->start && !(*table)->start(b->engine, err))
			return err_wrap(err, "event detector %s", (*table)->name);
	return true;
}

const struct detector *const *
bus_detector_table(const struct bus *b)
{
	return b->detectors;
}

const struct detector *
bus_detector_find(const struct bus *b, const char *name)
{
	for (const struct detector *const *d = b->detectors; d && *d; d++)
		if (strcmp((*d)->name, name) == 0)
			return *d;
	return NULL;
}

bool
bus_detector_is_there(const struct bus *b, const struct detector *d)
{
	for (size_t i = 0; i < b->nlists; i++)
		if (b->lists[i].detector == d && b->lists[i].came)
			return true;
	return !d->awaited;
}

void
bus_detector_come(struct bus *b, const struct detector *d)
{
	struct err err = ERR_INIT;

	if (bus_detector_is_there(b, d))
		return;
	specs_of(b, d)->came = true;
	if (bus_specs(b, d) != NULL) /* somebody was told to wait for it */
		log_msg(b->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMPD_DETECTOR",
			"event detector %s is available", d->name);
	for (struct spec *s = bus_specs(b, d); s; s = s->next) {
		s->waits = d->arm && !d->arm(s, &err);
		if (s->waits)
			log_msg(b->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMPD_EEM_CONFIG", "%s: %s",
				s->policy, err.text);
	}
}

const char *
bus_detector_lack(const struct bus *b, const struct detector *d)
{
	for (size_t i = 0; i < b->nlists; i++)
		if (b->lists[i].detector == d)
			return b->lists[i].lack;
	return NULL;
}

void
bus_detector_lacks(struct bus *b, const struct detector *d, const char *what)
{
	struct detector_specs *l = specs_of(b, d);

	mem_free(l->lack);
	l->lack = mem_strdup(b, what);
	for (struct spec *s = bus_specs(b, d); s; s = s->next)
		spec_lacks(s, what);
}

uint64_t
bus_next_event_id(struct bus *b)
{
	return ++b->last_event;
}

/* ---- verdicts ---- */

void
bus_verdict_sink(struct bus *b, verdict_f *f, void *arg)
{
	b->verdict = f;
	b->verdict_arg = arg;
}

static struct detector_specs *
known_specs(const struct bus *b, const struct detector *d)
{
	for (size_t i = 0; i < b->nlists; i++)
		if (b->lists[i].detector == d)
			return &b->lists[i];
	return NULL;
}

bool
bus_debugs_detector(const struct bus *b, const struct detector *d)
{
	const struct detector_specs *list = known_specs(b, d);

	return (log_debugs(b->engine->log) & DEBUG_BIT(DEBUG_EEM_DETECTOR_ONE)) && list && list->debugged;
}

void
bus_debug_detector(struct bus *b, const struct detector *d, bool on)
{
	const debug_mask one = DEBUG_BIT(DEBUG_EEM_DETECTOR_ONE), now = log_debugs(b->engine->log);
	bool any = false;

	for (size_t i = 0; i < b->nlists; i++)
		b->lists[i].debugged = b->lists[i].debugged && (now & one);
	specs_of(b, d)->debugged = on;
	for (size_t i = 0; i < b->nlists; i++)
		any = any || b->lists[i].debugged;
	log_set_debugs(b->engine->log, any ? now | one : now & ~one);
}

/* The switches that show a stage of this specification. */
static debug_mask
stage_switch(const struct bus *b, const struct spec *s, enum stage stage)
{
	if (stage == STAGE_SCHED)
		return DEBUG_BIT(DEBUG_EEM_SCHEDULING);
	return DEBUG_BIT(DEBUG_EEM_DETECTOR) |
	       (bus_debugs_detector(b, s->detector) ? DEBUG_BIT(DEBUG_EEM_DETECTOR_ONE) : 0);
}

bool
bus_wants_verdicts(const struct bus *b)
{
	return b->verdict || (log_debugs(b->engine->log) &
				     (DEBUG_BIT(DEBUG_EEM_DETECTOR) | DEBUG_BIT(DEBUG_EEM_DETECTOR_ONE) |
					     DEBUG_BIT(DEBUG_EEM_SCHEDULING)));
}

void
bus_verdict(struct bus *b, const struct spec *spec, const struct event *ev, enum stage stage, bool passed,
	const char *fmt, ...)
{
	char why[512];
	va_list ap;

	if (!bus_wants_verdicts(b))
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);

	struct verdict v = { .stage = stage, .passed = passed, .spec = spec, .event = ev, .why = why };
	if (b->verdict)
		b->verdict(b->verdict_arg, &v);
	debug_mask why_shown = log_debugs(b->engine->log) & stage_switch(b, spec, stage);
	if (why_shown)
		log_debug(b->engine->log, why_shown, "EEM: %s: %s event %llu: %s: %s%s%s", spec->policy,
			spec_type(spec), ev ? (unsigned long long)ev->id : 0ULL, stage_names[stage],
			passed ? "yes" : "no", *why ? ", " : "", why);
}

/* ---- the stages ---- */

bool
bus_chain_passes(struct bus *b, struct spec *s, const struct event *ev, struct cause *cause)
{
	if ((ev ? ev->depth : cause_depth(cause)) < b->loop_limit)
		return true;

	bus_verdict(b, s, ev, STAGE_LOOP, false, "event chain longer than %u", b->loop_limit);
	b->stats.looped++;
	if (ratelimit_pass(&s->loop_message, clock_mono(b->engine->clock)))
		log_msg(b->engine->log, ev ? ev->cause : cause, "HA_EM", SEV_WARNINGS, "FMPD_LOOP",
			"applet %s not run: event chain longer than %u", s->policy, b->loop_limit);
	return false;
}

static bool
passes_loop_guard(struct bus *b, struct spec *s, struct event *ev)
{
	if (!s->detector->not_by_itself || !cause_names(ev->cause, s->policy))
		return bus_chain_passes(b, s, ev, ev->cause);
	bus_verdict(b, s, ev, STAGE_LOOP, false, "caused by the applet itself");
	b->stats.looped++;
	return false;
}

static bool
passes_occurs(struct bus *b, struct spec *s, const struct event *ev)
{
	if (s->occurs == NULL || occurs_add(s->occurs, ev->mono))
		return true;
	bus_verdict(b, s, ev, STAGE_OCCURS, false, "%u so far", occurs_pending(s->occurs, ev->mono));
	return false;
}

static bool
passes_damping(struct bus *b, struct spec *s, struct event *ev)
{
	if (s->damping == NULL || damping_pass(s->damping, ev))
		return true;
	b->stats.damped++;
	bus_verdict(b, s, ev, STAGE_DAMPING, false, "held");
	return false;
}

static bool
passes_ratelimit(struct bus *b, struct spec *s, const struct event *ev)
{
	if (ratelimit_pass(&s->ratelimit, clock_mono(b->engine->clock)))
		return true;
	s->suppressed++;
	b->stats.suppressed++;
	bus_verdict(b, s, ev, STAGE_RATELIMIT, false, "triggered less than the rate limit ago");
	return false;
}

void
bus_number(struct bus *b, struct event *ev)
{
	if (ev->id)
		return;
	ev->id = bus_next_event_id(b);
	ev->number = (int64_t)ev->id;
	b->stats.published++;
	log_debug(b->engine->log, DEBUG_BIT(DEBUG_EEM_EVENTS),
		"EEM: event %llu published by event detector %s", (unsigned long long)ev->id, ev->type);
}

static struct event *
dress(struct bus *b, struct spec *s, struct event *ev, uint64_t held)
{
	struct event *dressed;

	if (s->damping == NULL)
		return event_ref(ev);
	dressed = event_again(b->engine, ev);
	damping_dress(s->damping, dressed, held);
	return dressed;
}

struct event *
bus_dress(struct bus *b, struct spec *s, struct event *ev)
{
	struct event *dressed = dress(b, s, ev, 0);

	/* It is that event, with more to say: not another one. */
	dressed->id = ev->id;
	dressed->number = ev->number;
	return dressed;
}

enum pass
bus_pass(struct bus *b, struct spec *s, struct event *ev)
{
	bus_number(b, ev);
	s->matched++;
	if (!passes_loop_guard(b, s, ev))
		return PASS_LOOP;
	if (!passes_occurs(b, s, ev))
		return PASS_NOT_YET;
	if (!passes_damping(b, s, ev))
		return PASS_DAMPED;
	if (!passes_ratelimit(b, s, ev))
		return PASS_RATELIMIT;
	if (s->digest != NULL) {
		struct event *dressed = bus_dress(b, s, ev);

		digest_take(s->digest, dressed);
		event_unref(dressed);
		bus_verdict(
			b, s, ev, STAGE_DIGEST, false, "collected, %zu so far", digest_pending(s->digest));
		return PASS_DIGEST;
	}
	s->triggered++;
	b->stats.triggered++;
	return PASS_YES;
}

void
bus_raise(struct bus *b, struct spec *s, struct event *ev)
{
	bus_number(b, ev);
	s->triggered++;
	b->stats.triggered++;
	s->raised(s->arg, s, ev);
}

void
bus_let_go(struct bus *b, struct spec *s, struct event *ev, uint64_t held)
{
	struct event *dressed = dress(b, s, ev, held);

	if (s->digest != NULL)
		digest_take(s->digest, dressed);
	else
		bus_raise(b, s, dressed);
	event_unref(dressed);
}

static void
offer(struct bus *b, struct spec *s, struct event *ev)
{
	struct event *dressed;

	if (bus_pass(b, s, ev) != PASS_YES)
		return;
	dressed = bus_dress(b, s, ev);
	s->raised(s->arg, s, dressed);
	event_unref(dressed);
}

/* A run that raised() starts may disarm any specification, so those that match are noted first. */
static void
offer_to_all(struct bus *b, struct event *ev)
{
	uint64_t *ids = NULL;
	size_t n = 0;

	for (struct spec *s = bus_specs(b, ev->detector); s; s = s->next) {
		if (ev->detector->match && !ev->detector->match(s, ev)) {
			bus_verdict(b, s, ev, STAGE_MATCH, false, "another one");
			continue;
		}
		if ((n & (n - 1)) == 0)
			ids = mem_resize(b, ids, (n ? 2 * n : 1) * sizeof *ids);
		ids[n++] = s->id;
	}
	for (size_t i = 0; i < n; i++) {
		struct spec *s = bus_find_spec(b, ids[i]);

		if (s)
			offer(b, s, ev);
	}
	mem_free(ids);
}

static void
dispatch_one(struct bus *b, struct queued *q)
{
	if (q->n == 0)
		offer_to_all(b, q->event);
	for (size_t i = 0; i < q->n; i++) {
		struct spec *s = bus_find_spec(b, q->targets[i]);

		if (s)
			offer(b, s, q->event);
	}
}

static void
dispatch(void *arg)
{
	struct bus *b = arg;

	for (unsigned i = 0; i < DISPATCH_BATCH && !STAILQ_EMPTY(&b->queue); i++) {
		struct queued *q = STAILQ_FIRST(&b->queue);

		STAILQ_REMOVE_HEAD(&b->queue, link);
		b->stats.queued--;
		dispatch_one(b, q);
		mem_free(q);
	}
	if (!STAILQ_EMPTY(&b->queue))
		timer_set(b->dispatch, 0);
}

/* ---- publishing ---- */

static int
queued_free(void *p)
{
	struct queued *q = p;

	event_unref(q->event);
	return 0;
}

bool
bus_publish(struct bus *b, struct event *ev, const uint64_t *targets, size_t n)
{
	if (b->stats.queued == BUS_QUEUE_MAX) {
		b->stats.dropped++;
		event_unref(ev);
		return false;
	}

	struct queued *q = mem_alloc(b, sizeof *q + n * sizeof *targets);
	bus_number(b, ev);
	q->event = ev;
	q->n = n;
	if (n)
		memcpy(q->targets, targets, n * sizeof *targets);
	mem_on_free(q, queued_free);
	STAILQ_INSERT_TAIL(&b->queue, q, link);
	b->stats.queued++;
	if (!timer_is_set(b->dispatch))
		timer_set(b->dispatch, 0);
	return true;
}

struct bus *
bus_new(const void *ctx, struct engine *engine)
{
	struct bus *b = mem_new(ctx, struct bus);

	b->engine = engine;
	b->loop_limit = LOOP_LIMIT_DEFAULT;
	STAILQ_INIT(&b->queue);
	b->dispatch = timer_after(b, engine->loop, 0, dispatch, b);
	timer_stop(b->dispatch);
	return b;
}

void
bus_set_loop_limit(struct bus *b, unsigned limit)
{
	b->loop_limit = limit;
}

unsigned
bus_loop_limit(const struct bus *b)
{
	return b->loop_limit;
}

void
bus_stats(const struct bus *b, struct bus_stats *out)
{
	*out = b->stats;
}

void
bus_clear_stats(struct bus *b)
{
	b->stats = (struct bus_stats){ .queued = b->stats.queued };
}
