/* The scheduler: classes, slots, the pending queues, the turn of those that are ready. */
#include "sched/sched.h"

#include <stdarg.h>

#include "bus/bus.h"
#include "bus/moment.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/regex.h"
#include "sched/journal.h"
#include "sched/sched_state.h"
#include "sched/scratch.h"

/* ORDER: enum policy_kind */
static const struct {
	unsigned queue_max, slots;
} limits[POLICY_KINDS] = {
	{ SCHED_QUEUE_MAX, SCHED_SLOTS_DEFAULT },
	{ SCHED_SCRIPT_QUEUE_MAX, SCHED_SCRIPT_SLOTS_DEFAULT },
};

unsigned
sched_queue_max(enum policy_kind kind)
{
	return limits[kind].queue_max;
}

unsigned
sched_slots_default(enum policy_kind kind)
{
	return limits[kind].slots;
}

struct engine *
sched_engine(const struct sched *s)
{
	return s->engine;
}

struct scratch *
sched_scratch(const struct sched *s)
{
	return s->scratch;
}

struct regex_scratch *
sched_regex(struct sched *s)
{
	if (s->regex == NULL)
		s->regex = regex_scratch_new(s, REGEX_JIT);
	return s->regex;
}

void
sched_count_run(struct run *r, usec took)
{
	struct sched_stats *stats = &kind_of(r)->stats;

	stats->finished++;
	stats->run_total += took;
	if (took > stats->run_longest)
		stats->run_longest = took;
}

/* `debug event manager server scheduling`: what becomes of a job. */
__attribute__((format(printf, 2, 3))) static void
trace(const struct run *r, const char *fmt, ...)
{
	struct log *log = r->sched->engine->log;
	va_list ap;

	if ((log_debugs(log) & DEBUG_BIT(DEBUG_EEM_SCHEDULING)) == 0)
		return;
	va_start(ap, fmt);
	char *text = mem_vprintf(r->sched, fmt, ap);
	va_end(ap);
	log_debug(log, DEBUG_BIT(DEBUG_EEM_SCHEDULING), "EEM: job %llu %s %s: %s", (unsigned long long)r->job,
		policy_kind_name(r->policy->kind), r->policy->name, text);
	mem_free(text);
}

/* ---- ends ---- */

static void maxrun_over(void *arg);
static void start_pending(struct sched *, struct class *);

void
sched_ended(struct run *r, enum run_status status)
{
	struct sched *s = r->sched;
	struct class *c = class_of(r);

	trace(r, "ended, %s", run_status_name(status));
	if (r->phase == RUN_PENDING) {
		sched_dequeue(r);
	} else {
		if (r->phase == RUN_READY)
			TAILQ_REMOVE(&s->ready, r, link);
		LIST_REMOVE(r, active);
		s->nactive--;
		c->running--;
	}
	r->phase = RUN_ENDED;
	run_close(r, status);
	start_pending(s, c);
}

/* Ends a run from outside; one whose step is executing right now ends behind that step. */
static void
end_early(struct run *r, enum run_status status)
{
	if (r->phase == RUN_EXECUTING)
		r->kill = true;
	else
		sched_ended(r, status);
}

/*
 * As end_early(), but never from inside this call: what asks may be a command in the CLI session of the
 * very run that ends.
 */
void
sched_end_soon(struct run *r)
{
	r->kill = true;
	if (r->phase == RUN_WAITING)
		sched_ready(r);
}

/* eem-language.md 8.4 and rulings 17: both messages, whatever the action. */
static void
maxrun_over(void *arg)
{
	struct run *r = arg;
	struct log *log = r->sched->engine->log;

	r->timed_out = true;
	log_msg(log, r->cause, "HA_EM", SEV_INFORMATIONAL, "LOG",
		"%s: Process Forced Exit- MAXRUN timer expired.", r->policy->name);
	run_log_stopped(r);
	end_early(r, RUN_ABORT);
}

void
run_stop_clock(struct run *r)
{
	r->deadline = 0;
	if (r->maxrun)
		timer_stop(r->maxrun);
}

void
run_start_clock(struct run *r)
{
	struct engine *engine = r->sched->engine;

	if (r->policy->maxrun == 0)
		return;
	r->deadline = clock_mono(engine->clock) + r->policy->maxrun;
	if (r->maxrun)
		timer_set(r->maxrun, r->policy->maxrun);
	else
		r->maxrun = timer_after(r, engine->loop, r->policy->maxrun, maxrun_over, r);
}

/* ---- turns ---- */

static void
set_turn(struct sched *s, usec after)
{
	if (!timer_is_set(s->turn))
		timer_set(s->turn, after);
}

void
sched_ready(struct run *r)
{
	r->phase = RUN_READY;
	TAILQ_INSERT_TAIL(&r->sched->ready, r, link);
	set_turn(r->sched, 0);
}

static enum run_status
status_of(const struct run *r)
{
	if (r->kill)
		return r->timed_out ? RUN_ABORT : RUN_FAILURE;
	return r->error[0] && r->error_mode == ERRORS_EXIT ? RUN_ABORT : RUN_SUCCESS;
}

/*
 * Every run that is ready gets one share. One that has used it up waits for the next turn of the loop;
 * on a virtual clock the share costs a millisecond, or an endless loop would stop time itself.
 */
static void
turn(void *arg)
{
	struct sched *s = arg;
	struct run_queue now = TAILQ_HEAD_INITIALIZER(now);
	struct run *r;

	TAILQ_CONCAT(&now, &s->ready, link);
	while ((r = TAILQ_FIRST(&now)) != NULL) {
		TAILQ_REMOVE(&now, r, link);
		switch (run_execute(r)) {
		case RUN_ENDED:
			sched_ended(r, status_of(r));
			break;
		case RUN_READY:
			TAILQ_INSERT_TAIL(&s->ready, r, link);
			set_turn(s, clock_is_virtual(s->engine->clock) ? USEC_PER_MSEC : 0);
			break;
		default:
			break;
		}
	}
}

/* ---- starts ---- */

static void
start(struct run *r)
{
	struct sched *s = r->sched;

	class_of(r)->running++;
	LIST_INSERT_HEAD(&s->active, r, active);
	s->nactive++;
	r->started = clock_mono(s->engine->clock);
	trace(r, "started, class %s, %u of %u threads",
		r->class ? (const char[]){ r->class, '\0' } : "default", class_of(r)->running,
		class_of(r)->slots);
	run_start_clock(r);
	journal_changed(s->engine->journal);
	sched_ready(r);
}

static bool
may_start(const struct sched *s, const struct class *c)
{
	return !s->suspended && !s->stopped && c->running < c->slots;
}

/* The next one that may start: held ones let the others pass. */
static struct run *
first_free(const struct class *c)
{
	struct run *r;

	TAILQ_FOREACH (r, &c->pending, link)
		if (!r->is_held)
			return r;
	return NULL;
}

static void
start_pending(struct sched *s, struct class *c)
{
	struct run *r;

	while (may_start(s, c) && (r = first_free(c)) != NULL) {
		sched_dequeue(r);
		start(r);
	}
}

void
sched_start_pending(struct sched *s)
{
	for (size_t i = 0; i < ALL_CLASSES; i++)
		start_pending(s, nth_class(s, i));
}

void
sched_dequeue(struct run *r)
{
	TAILQ_REMOVE(&class_of(r)->pending, r, link);
	kind_of(r)->stats.queued--;
}

/* Behind those of the same or a higher priority. */
void
sched_enqueue(struct run *r)
{
	struct class *c = class_of(r);
	struct run *at = TAILQ_LAST(&c->pending, run_queue);

	while (at && at->priority < r->priority)
		at = TAILQ_PREV(at, run_queue, link);
	if (at)
		TAILQ_INSERT_AFTER(&c->pending, at, r, link);
	else
		TAILQ_INSERT_HEAD(&c->pending, r, link);
	kind_of(r)->stats.queued++;
}

/* Told when the event finds its policy, not when a slot is free: what led to it must not be forgotten meanwhile. */
static void
tell_moment(const struct run *r)
{
	struct engine *e = r->sched->engine;
	struct moment m = { .kind = MOMENT_POLICY, .name = r->policy->name, .wall = r->event->wall };
	char *what;

	if (!moment_is_watched(e) || r->event->origin != EVENT_LIVE)
		return;
	what = mem_printf(NULL, "job %llu, event %s %llu", (unsigned long long)r->job, r->event->type,
		(unsigned long long)r->event->id);
	m.what = what;
	moment_told(e, &m);
	mem_free(what);
}

struct run *
sched_queue(struct sched *s, struct policy *p, const struct event *ev, struct tty *tty)
{
	struct kind *k = &s->kinds[p->kind];
	struct class *c = &k->classes[class_index(p->class)];
	bool at_once = may_start(s, c) && first_free(c) == NULL;

	p->triggered++;
	k->stats.triggered++;
	if (s->stopped || (!at_once && k->stats.queued >= limits[p->kind].queue_max)) {
		k->stats.dropped++;
		log_debug(s->engine->log, DEBUG_BIT(DEBUG_EEM_SCHEDULING),
			"EEM: %s %s: dropped, %zu jobs are pending", policy_kind_name(p->kind), p->name,
			k->stats.queued);
		return NULL;
	}

	struct run *r = run_new(s, p, ev, tty, ++s->last_job);
	tell_moment(r);
	if (at_once)
		start(r);
	else
		sched_enqueue(r);
	if (!at_once)
		trace(r, "pending, %zu in the queue", k->stats.queued);
	return r;
}

/* ---- settings ---- */

static int
sched_free(void *arg)
{
	struct sched *s = arg;

	s->stopped = true;
	sched_stop(s, true);
	return 0;
}

struct sched *
sched_new(const void *ctx, struct engine *engine)
{
	struct sched *s = mem_new(ctx, struct sched);

	s->engine = engine;
	s->scratch = scratch_new(s);
	TAILQ_INIT(&s->ready);
	LIST_INIT(&s->active);
	for (size_t k = 0; k < POLICY_KINDS; k++)
		for (size_t i = 0; i < SCHED_CLASSES; i++) {
			TAILQ_INIT(&s->kinds[k].classes[i].pending);
			s->kinds[k].classes[i].slots = limits[k].slots;
		}
	s->turn = timer_after(s, engine->loop, 0, turn, s);
	timer_stop(s->turn);
	mem_on_free(s, sched_free);
	return s;
}

void
sched_suspend(struct sched *s, bool on)
{
	if (s->suspended == on)
		return;
	s->suspended = on;
	log_msg(s->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMS_POLICY_EXEC", "Policy execution is %s",
		on ? "suspended" : "resumed");
	sched_start_pending(s);
}

void
sched_stop(struct sched *s, bool kill)
{
	struct run *r, *next;

	s->stopped = true;
	for (size_t i = 0; i < ALL_CLASSES; i++)
		while ((r = TAILQ_FIRST(&nth_class(s, i)->pending)) != NULL)
			sched_ended(r, RUN_FAILURE);
	if (!kill)
		return;
	for (r = LIST_FIRST(&s->active); r; r = next) {
		next = LIST_NEXT(r, active);
		end_early(r, RUN_FAILURE);
	}
}
