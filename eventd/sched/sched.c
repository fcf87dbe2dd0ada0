/* The scheduler: classes, slots, the pending queues, the turn of those that are ready. */
#include "sched/sched.h"

#include "bus/bus.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "sched/run_state.h"
#include "sched/scratch.h"

TAILQ_HEAD(run_queue, run);
LIST_HEAD(run_list, run);

struct class
{
	struct run_queue pending;
	unsigned slots, running;
	bool configured;
};

struct sched {
	struct engine *engine;
	struct class classes[SCHED_CLASSES];
	struct run_queue ready;
	struct run_list active;
	size_t nactive;
	struct timer *turn;
	struct scratch *scratch;
	struct sched_stats stats;
	uint64_t last_job;
	bool suspended, stopped;
};

static size_t
class_index(char class)
{
	return class == 0 ? 0 : (size_t)(class - 'A' + 1);
}

static char
class_letter(size_t index)
{
	return index == 0 ? '\0' : (char)('A' + index - 1);
}

struct engine *
sched_engine(const struct sched *s)
{
	return s->engine;
}

void *
sched_scratch(struct sched *s, size_t size)
{
	return scratch_alloc(s->scratch, size);
}

void
sched_scratch_reset(struct sched *s)
{
	scratch_reset(s->scratch);
}

void
sched_count_run(struct sched *s, usec took)
{
	s->stats.finished++;
	s->stats.run_total += took;
}

/* ---- ends ---- */

static void maxrun_over(void *arg);
static void start_pending(struct sched *, struct class *);

void
sched_ended(struct run *r, enum run_status status)
{
	struct sched *s = r->sched;
	struct class *c = &s->classes[class_index(r->class)];

	if (r->phase == RUN_PENDING) {
		TAILQ_REMOVE(&c->pending, r, link);
		s->stats.queued--;
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

/* eem-language.md 8.4 and rulings 17: both messages, whatever the action. */
static void
maxrun_over(void *arg)
{
	struct run *r = arg;
	struct log *log = r->sched->engine->log;

	r->timed_out = true;
	log_msg(log, r->cause, "HA_EM", SEV_INFORMATIONAL, "LOG",
		"%s: Process Forced Exit- MAXRUN timer expired.", r->policy->name);
	log_msg(log, r->cause, "HA_EM", SEV_ERRORS, "FMPD_ERROR", "Error executing applet %s statement %s",
		r->policy->name, run_label(r));
	end_early(r, RUN_ABORT);
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

	s->classes[class_index(r->class)].running++;
	LIST_INSERT_HEAD(&s->active, r, active);
	s->nactive++;
	r->started = clock_mono(s->engine->clock);
	if (r->policy->maxrun > 0) {
		r->deadline = r->started + r->policy->maxrun;
		r->maxrun = timer_after(r, s->engine->loop, r->policy->maxrun, maxrun_over, r);
	}
	sched_ready(r);
}

static bool
may_start(const struct sched *s, const struct class *c)
{
	return !s->suspended && !s->stopped && c->running < c->slots;
}

static void
start_pending(struct sched *s, struct class *c)
{
	while (may_start(s, c) && !TAILQ_EMPTY(&c->pending)) {
		struct run *r = TAILQ_FIRST(&c->pending);

		TAILQ_REMOVE(&c->pending, r, link);
		s->stats.queued--;
		start(r);
	}
}

/* Behind those of the same or a higher priority. */
static void
enqueue(struct class *c, struct run *r)
{
	struct run *at = TAILQ_LAST(&c->pending, run_queue);

	while (at && at->priority < r->priority)
		at = TAILQ_PREV(at, run_queue, link);
	if (at)
		TAILQ_INSERT_AFTER(&c->pending, at, r, link);
	else
		TAILQ_INSERT_HEAD(&c->pending, r, link);
	r->sched->stats.queued++;
}

struct run *
sched_queue(struct sched *s, struct policy *p, const struct event *ev, struct tty *tty)
{
	struct class *c = &s->classes[class_index(p->class)];
	bool at_once = may_start(s, c) && TAILQ_EMPTY(&c->pending);

	p->triggered++;
	s->stats.triggered++;
	if (s->stopped || (!at_once && s->stats.queued >= SCHED_QUEUE_MAX)) {
		s->stats.dropped++;
		return NULL;
	}

	struct run *r = run_new(s, p, ev, tty, ++s->last_job);
	if (at_once)
		start(r);
	else
		enqueue(c, r);
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
	for (size_t i = 0; i < SCHED_CLASSES; i++) {
		TAILQ_INIT(&s->classes[i].pending);
		s->classes[i].slots = SCHED_SLOTS_DEFAULT;
	}
	s->turn = timer_after(s, engine->loop, 0, turn, s);
	timer_stop(s->turn);
	mem_on_free(s, sched_free);
	return s;
}

void
sched_set_slots(struct sched *s, char class, unsigned slots)
{
	struct class *c = &s->classes[class_index(class)];

	c->configured = slots > 0;
	c->slots = slots > 0 ? slots : SCHED_SLOTS_DEFAULT;
	start_pending(s, c);
}

unsigned
sched_slots(const struct sched *s, char class)
{
	return s->classes[class_index(class)].slots;
}

unsigned
sched_running(const struct sched *s, char class)
{
	return s->classes[class_index(class)].running;
}

void
sched_suspend(struct sched *s, bool on)
{
	if (s->suspended == on)
		return;
	s->suspended = on;
	log_msg(s->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMS_POLICY_EXEC", "Policy execution is %s",
		on ? "suspended" : "resumed");
	for (size_t i = 0; i < SCHED_CLASSES; i++)
		start_pending(s, &s->classes[i]);
}

bool
sched_is_suspended(const struct sched *s)
{
	return s->suspended;
}

void
sched_stop(struct sched *s, bool kill)
{
	struct run *r, *next;

	s->stopped = true;
	for (size_t i = 0; i < SCHED_CLASSES; i++)
		while ((r = TAILQ_FIRST(&s->classes[i].pending)) != NULL)
			sched_ended(r, RUN_FAILURE);
	if (!kill)
		return;
	for (r = LIST_FIRST(&s->active); r; r = next) {
		next = LIST_NEXT(r, active);
		end_early(r, RUN_FAILURE);
	}
}

/* ---- views ---- */

size_t
sched_active(const struct sched *s)
{
	return s->nactive;
}

size_t
sched_pending(const struct sched *s)
{
	return s->stats.queued;
}

static void
view(const struct run *r, bool is_running, void (*f)(void *arg, const struct run_view *), void *arg)
{
	f(arg, &(struct run_view){ .job = r->job,
		       .policy = r->policy->name,
		       .kind = r->policy->kind,
		       .type = r->event->type,
		       .event_wall = r->event->wall,
		       .started_mono = r->started,
		       .priority = r->priority,
		       .class = r->class,
		       .is_running = is_running });
}

void
sched_each(const struct sched *s, bool running, void (*f)(void *arg, const struct run_view *), void *arg)
{
	const struct run *r;

	if (!running) {
		for (size_t i = 0; i < SCHED_CLASSES; i++)
			TAILQ_FOREACH (r, &s->classes[i].pending, link)
				view(r, false, f, arg);
		return;
	}

	/* The list is newest first; jobs are shown oldest first. */
	const struct run **all = mem_array(s, const struct run *, s->nactive + 1);
	size_t n = 0;
	LIST_FOREACH (r, &s->active, active)
		all[n++] = r;
	while (n > 0)
		view(all[--n], true, f, arg);
	mem_free(all);
}

void
sched_each_class(
	const struct sched *s, void (*f)(void *arg, char class, unsigned slots, unsigned running), void *arg)
{
	for (size_t i = 0; i < SCHED_CLASSES; i++) {
		const struct class *c = &s->classes[i];

		if (i == 0 || c->configured || c->running > 0 || !TAILQ_EMPTY(&c->pending))
			f(arg, class_letter(i), c->slots, c->running);
	}
}

void
sched_stats(const struct sched *s, struct sched_stats *out)
{
	*out = s->stats;
}

void
sched_clear_stats(struct sched *s)
{
	s->stats = (struct sched_stats){ .queued = s->stats.queued };
}
