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

/* What policies of one kind share. */
struct kind {
	struct class classes[SCHED_CLASSES];
	struct sched_stats stats;
};

struct sched {
	struct engine *engine;
	struct kind kinds[POLICY_KINDS];
	struct run_queue ready;
	struct run_list active;
	size_t nactive;
	struct timer *turn;
	struct scratch *scratch;
	uint64_t last_job;
	bool suspended, stopped;
};

/* ORDER: enum policy_kind */
static const struct {
	unsigned queue_max, slots;
} limits[POLICY_KINDS] = {
	{ SCHED_QUEUE_MAX, SCHED_SLOTS_DEFAULT },
	{ SCHED_SCRIPT_QUEUE_MAX, SCHED_SCRIPT_SLOTS_DEFAULT },
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

static struct kind *
kind_of(const struct run *r)
{
	return &r->sched->kinds[r->policy->kind];
}

static struct class *
class_of(const struct run *r)
{
	return &kind_of(r)->classes[class_index(r->class)];
}

unsigned
sched_queue_max(enum policy_kind kind)
{
	return limits[kind].queue_max;
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
sched_count_run(struct run *r, usec took)
{
	struct sched_stats *stats = &kind_of(r)->stats;

	stats->finished++;
	stats->run_total += took;
}

/* ---- ends ---- */

static void maxrun_over(void *arg);
static void start_pending(struct sched *, struct class *);

void
sched_ended(struct run *r, enum run_status status)
{
	struct sched *s = r->sched;
	struct class *c = class_of(r);

	if (r->phase == RUN_PENDING) {
		TAILQ_REMOVE(&c->pending, r, link);
		kind_of(r)->stats.queued--;
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
	run_start_clock(r);
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
		kind_of(r)->stats.queued--;
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
	kind_of(r)->stats.queued++;
}

struct run *
sched_queue(struct sched *s, struct policy *p, const struct event *ev, struct tty *tty)
{
	struct kind *k = &s->kinds[p->kind];
	struct class *c = &k->classes[class_index(p->class)];
	bool at_once = may_start(s, c) && TAILQ_EMPTY(&c->pending);

	p->triggered++;
	k->stats.triggered++;
	if (s->stopped || (!at_once && k->stats.queued >= limits[p->kind].queue_max)) {
		k->stats.dropped++;
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
sched_set_slots(struct sched *s, enum policy_kind kind, char class, unsigned slots)
{
	struct class *c = &s->kinds[kind].classes[class_index(class)];

	c->configured = slots > 0;
	c->slots = slots > 0 ? slots : limits[kind].slots;
	start_pending(s, c);
}

unsigned
sched_slots(const struct sched *s, enum policy_kind kind, char class)
{
	return s->kinds[kind].classes[class_index(class)].slots;
}

unsigned
sched_running(const struct sched *s, enum policy_kind kind, char class)
{
	return s->kinds[kind].classes[class_index(class)].running;
}

/* Every class of every kind, applets first. */
enum { ALL_CLASSES = POLICY_KINDS * SCHED_CLASSES };

static const struct class *
nth_class(const struct sched *s, size_t i)
{
	return &s->kinds[i / SCHED_CLASSES].classes[i % SCHED_CLASSES];
}

void
sched_suspend(struct sched *s, bool on)
{
	if (s->suspended == on)
		return;
	s->suspended = on;
	log_msg(s->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMS_POLICY_EXEC", "Policy execution is %s",
		on ? "suspended" : "resumed");
	for (size_t i = 0; i < ALL_CLASSES; i++)
		start_pending(s, (struct class *)(uintptr_t)nth_class(s, i));
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

/* ---- views ---- */

size_t
sched_active(const struct sched *s)
{
	return s->nactive;
}

size_t
sched_pending(const struct sched *s)
{
	size_t n = 0;

	for (size_t k = 0; k < POLICY_KINDS; k++)
		n += s->kinds[k].stats.queued;
	return n;
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
		for (size_t i = 0; i < ALL_CLASSES; i++)
			TAILQ_FOREACH (r, &nth_class(s, i)->pending, link)
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
sched_each_class(const struct sched *s, enum policy_kind kind,
	void (*f)(void *arg, char class, unsigned slots, unsigned running), void *arg)
{
	for (size_t i = 0; i < SCHED_CLASSES; i++) {
		const struct class *c = &s->kinds[kind].classes[i];

		if (i == 0 || c->configured || c->running > 0 || !TAILQ_EMPTY(&c->pending))
			f(arg, class_letter(i), c->slots, c->running);
	}
}

void
sched_stats(const struct sched *s, enum policy_kind kind, struct sched_stats *out)
{
	*out = s->kinds[kind].stats;
}

void
sched_clear_stats(struct sched *s)
{
	for (size_t k = 0; k < POLICY_KINDS; k++)
		s->kinds[k].stats = (struct sched_stats){ .queued = s->kinds[k].stats.queued };
}
