/* Runs: executing steps, parking, failing, ending. */
#include "sched/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bus/history.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "sched/journal.h"
#include "sched/run_state.h"
#include "sched/scratch.h"

/*
 * What one run may do before others have their turn: so many steps, some ten microseconds, or less when
 * they are dear (long texts, hard expressions). The clock is looked at now and then.
 */
enum { LOOKS_A_TURN = 125, STEPS_A_LOOK = 16, TURN_US = 1000 };

/* ---- who and where ---- */

struct engine *
run_engine(const struct run *r)
{
	return sched_engine(r->sched);
}

const char *
run_policy(const struct run *r)
{
	return r->policy->name;
}

struct policy *
run_registration(const struct run *r)
{
	return r->policy;
}

const char *
run_label(const struct run *r)
{
	return r->at.pc < r->at.program->n ? run_step(r)->label : "";
}

uint64_t
run_job(const struct run *r)
{
	return r->job;
}

const struct event *
run_event(const struct run *r)
{
	return r->event;
}

struct cause *
run_cause(const struct run *r)
{
	return r->cause;
}

void *
run_ctx(const struct run *r)
{
	return (void *)(uintptr_t)r; /* a context is never const */
}

usec
run_left(const struct run *r)
{
	if (r->deadline == 0)
		return INT64_MAX;
	usec left = r->deadline - clock_mono(run_engine(r)->clock);
	return left > 0 ? left : 0;
}

bool
run_is_live(const struct run *r)
{
	return r->event->origin == EVENT_LIVE && !run_engine(r)->is_check;
}

struct tty *
run_tty(const struct run *r)
{
	return r->tty;
}

void
run_take_tty(struct run *r)
{
	r->tty = NULL;
}

int
run_exit_status(const struct run *r)
{
	return r->exit_status;
}

void
run_set_exit_status(struct run *r, int status)
{
	r->exit_status = status;
}

void
run_set_error_mode(struct run *r, enum error_mode mode)
{
	r->error_mode = mode;
	r->error[0] = '\0';
}

const char *
run_error(const struct run *r)
{
	return r->error;
}

const char *
run_failure(const struct run *r)
{
	return r->failure ? r->failure : "";
}

void *
run_get(const struct run *r, const void *key)
{
	for (const struct run_thing *t = r->things; t; t = t->next)
		if (t->key == key)
			return t->value;
	return NULL;
}

void
run_put(struct run *r, const void *key, void *value)
{
	for (struct run_thing *t = r->things; t; t = t->next)
		if (t->key == key) {
			t->value = value;
			return;
		}

	struct run_thing *t = mem_new(r, struct run_thing);
	*t = (struct run_thing){ .next = r->things, .key = key, .value = value };
	r->things = t;
}

void *
run_scratch(struct run *r, size_t size)
{
	return scratch_alloc(r->scratch, size);
}

struct regex_scratch *
run_regex_scratch(struct run *r)
{
	return sched_regex(r->sched);
}

/* ---- waiting and failing ---- */

enum step
run_adopt_program(struct run *r, struct program *p)
{
	program_unref(r->at.program);
	r->at.program = p;
	r->at.pc = 0;
	return run_jump(r, 0, ARRIVE_NEXT);
}

enum step
run_wait_then(struct run *r, step_f *then, void (*cancel)(void *arg), void *arg)
{
	r->waiting = true;
	r->then = then;
	r->cancel = cancel;
	r->cancel_arg = arg;
	return STEP_WAIT;
}

enum step
run_wait(struct run *r, void (*cancel)(void *arg), void *arg)
{
	return run_wait_then(r, NULL, cancel, arg);
}

static void
sleep_over(void *arg)
{
	run_resume(arg, NULL);
}

enum step
run_sleep(struct run *r, usec time, step_f *then)
{
	if (r->timer)
		timer_set(r->timer, time);
	else
		r->timer = timer_after(r, run_engine(r)->loop, time, sleep_over, r);
	return run_wait_then(r, then, NULL, NULL);
}

static void
set_error(struct run *r, const char *error)
{
	snprintf(r->error, sizeof r->error, "%s", error && *error ? error : "FH_ESYSERR");
}

static void
fail(struct run *r, const char *error, enum severity severity, const char *mnemonic, const char *fmt,
	va_list ap)
{
	bool is_silent = r->error_mode == ERRORS_RAISE || r->error_mode == ERRORS_IGNORE;

	set_error(r, error);
	mem_free(r->failure);
	r->failure = fmt ? mem_vprintf(r, fmt, ap) : NULL;
	if (mnemonic != NULL && !is_silent)
		log_msg(run_engine(r)->log, r->cause, "HA_EM", severity, mnemonic, "%s", run_failure(r));
}

enum step
run_fail(struct run *r, const char *error, enum severity severity, const char *mnemonic, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(r, error, severity, mnemonic, fmt, ap);
	va_end(ap);
	return STEP_FAIL;
}

static void
resume(struct run *r, bool failed)
{
	if (r->phase != RUN_EXECUTING && !r->waiting)
		return; /* an answer that nobody waits for any more */
	r->resumed = true;
	r->failed = failed;
	if (r->phase == RUN_WAITING)
		sched_ready(r);
}

void
run_resume(struct run *r, const struct err *err)
{
	bool failed = err && err->code != ERR_NONE;

	if (failed) {
		set_error(r, err->class);
		mem_free(r->failure);
		r->failure = mem_strdup(r, err->text);
	}
	resume(r, failed);
}

void
run_resume_failed(
	struct run *r, const char *error, enum severity severity, const char *mnemonic, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(r, error, severity, mnemonic, fmt, ap);
	va_end(ap);
	resume(r, true);
}

/* ---- executing ---- */

static void
go_on(struct run *r, uint32_t step, enum arrival arrival)
{
	r->at.pc = step;
	r->at.arrival = arrival;
}

void
run_log_stopped(struct run *r)
{
	log_msg(run_engine(r)->log, r->cause, "HA_EM", SEV_ERRORS, "FMPD_ERROR",
		"Error executing %s %s statement %s", r->policy->kind == POLICY_APPLET ? "applet" : "policy",
		r->policy->name, run_label(r));
}

/* A failed step: does the run survive it, and where does it go on? */
static bool
survive(struct run *r)
{
	const struct program_step *s = run_step(r);

	if (r->error_mode == ERRORS_EXIT || r->error_mode == ERRORS_WARN)
		run_log_stopped(r);
	if (r->error_mode == ERRORS_EXIT) {
		r->stopped = true;
		return false;
	}
	if (s->is_condition && s->other != PROGRAM_NOWHERE)
		go_on(r, s->other, ARRIVE_BRANCH);
	else
		go_on(r, r->at.pc + 1, ARRIVE_NEXT);
	return true;
}

/* What does not just go on: true while there is more to do now. */
static bool
after_step(struct run *r, enum step result)
{
	switch (result) {
	case STEP_NEXT:
	case STEP_JUMP:
		break;
	case STEP_WAIT:
		if (r->resumed)
			return true; /* answered before we came to wait */
		r->phase = RUN_WAITING;
		return false;
	case STEP_EXIT:
		r->phase = RUN_ENDED;
		return false;
	case STEP_FAIL:
		if (survive(r))
			return true;
		r->phase = RUN_ENDED;
		return false;
	}
	return true;
}

/* What a wait has come to: the answer of `then`, or of the wait itself. */
static enum step
take_result(struct run *r)
{
	step_f *then = r->then;
	bool failed = r->failed;

	r->waiting = r->resumed = r->failed = false;
	r->then = NULL;
	r->cancel = NULL;
	if (failed)
		return STEP_FAIL;
	return then ? then(r, run_step(r)->args) : STEP_NEXT;
}

/* So many steps, in the fewest instructions; false when there is nothing more to do now. */
static bool
execute_steps(struct run *r, unsigned steps)
{
	for (; steps > 0; steps--) {
		const struct program_step *s;
		enum step result;

		if (r->kill || r->at.pc >= r->at.program->n) {
			r->phase = RUN_ENDED;
			return false;
		}
		s = run_step(r);
		scratch_reset(r->scratch);
		if (r->waiting && r->resumed) {
			result = take_result(r);
		} else {
			r->resumed = r->failed = false;
			result = s->exec ? s->exec(r, s->args) : STEP_NEXT;
		}
		if (result <= STEP_JUMP && !run_step(r)->keeps_error)
			r->error[0] = '\0';
		if (result == STEP_NEXT)
			go_on(r, r->at.pc + 1, ARRIVE_NEXT);
		else if (result == STEP_JUMP)
			go_on(r, r->at.next, r->at.next_arrival);
		else if (!after_step(r, result))
			return false;
	}
	return true;
}

enum run_phase
run_execute(struct run *r)
{
	const struct clock *clock = run_engine(r)->clock;
	usec until = clock_mono(clock) + TURN_US;

	r->phase = RUN_EXECUTING;
	for (unsigned i = 0; i < LOOKS_A_TURN && execute_steps(r, STEPS_A_LOOK); i++)
		if (clock_mono(clock) > until)
			break;
	if (r->kill)
		r->phase = RUN_ENDED;
	if (r->phase == RUN_EXECUTING)
		r->phase = RUN_READY;
	return r->phase;
}

/* ---- beginning and end ---- */

const char *
run_status_name(enum run_status s)
{
	static const char *const names[] = { "success", "abort", "failure" }; /* ORDER: enum run_status */

	return names[s];
}

struct run *
run_new(struct sched *sched, struct policy *p, const struct event *ev, struct tty *tty, uint64_t job)
{
	struct run *r = mem_new(sched, struct run);

	r->sched = sched;
	r->scratch = sched_scratch(sched);
	r->policy = p;
	p->active++;
	r->at.program = program_ref(p->program);
	r->event = event_ref((struct event *)(uintptr_t)ev); /* immutable but for its count */
	r->cause = cause_new(ev->cause, p->name, ev->id);
	if (ev->doubted)
		cause_doubt(r->cause);
	r->tty = tty;
	r->job = job;
	r->priority = p->priority;
	r->class = p->class;
	LIST_INIT(&r->endings);
	return r;
}

static int
ending_free(void *p)
{
	struct run_ending *e = p;

	LIST_REMOVE(e, link);
	return 0;
}

void
run_on_end(const void *ctx, struct run *r, run_end_f *f, void *arg)
{
	struct run_ending *e = mem_new(ctx, struct run_ending);

	e->f = f;
	e->arg = arg;
	LIST_INSERT_HEAD(&r->endings, e, link);
	mem_on_free(e, ending_free);
}

static void
add_detail(void *arg, const char *name, const char *value, size_t n)
{
	struct text *t = arg;

	if (n == 0)
		return;
	text_printf(t, "%s%s=", t->len ? " " : "", name + 1);
	text_addn(t, value, n);
}

static void
remember(struct run *r, enum run_status status)
{
	struct history *history = run_engine(r)->history;

	if (history == NULL || history_size(history) == 0)
		return;
	struct text *detail = text_new(r);
	event_each(r->event, add_detail, detail);
	history_add(history, &(struct history_entry){ .job_id = r->job,
				     .status = run_status_name(status),
				     .wall = r->event->wall,
				     .type = r->event->type,
				     .kind = policy_kind_name(r->policy->kind),
				     .name = r->policy->name,
				     .detail = detail->s });
}

/* cEventMgrServerEvent: a policy with the option `trap` has run. */
static void
remember_trap(struct run *r, const struct run_result *result)
{
	struct history *traps = run_engine(r)->traps;
	struct history_entry entry = { .job_id = r->job,
		.status = run_status_name(result->status),
		.wall = clock_wall(run_engine(r)->clock),
		.type = "server",
		.kind = policy_kind_name(r->policy->kind),
		.name = r->policy->name,
		.detail = "",
		.exit_status = result->exit_status,
		.cause = r->cause };

	if (traps == NULL || !r->policy->trap)
		return;
	history_types(r->event, entry.types);
	history_add(traps, &entry);
}

static void
count(struct run *r)
{
	usec took = clock_mono(run_engine(r)->clock) - r->started;

	r->policy->runs++;
	r->policy->run_total += took;
	if (took > r->policy->run_longest)
		r->policy->run_longest = took;
	sched_count_run(r, took);
}

void
run_close(struct run *r, enum run_status status)
{
	struct run_result result = { .status = status,
		.exit_status = r->exit_status,
		.timed_out = r->timed_out,
		.label = status == RUN_SUCCESS ? "" : run_label(r),
		.error = status == RUN_SUCCESS ? "" : r->error,
		.reason = r->stopped ? run_failure(r) : "" };
	struct policy *policy = r->policy;
	struct run_endings endings = r->endings;

	if (status != RUN_SUCCESS && result.exit_status == 0)
		result.exit_status = -1; /* 8.3: non-zero when it was aborted */
	if (r->waiting && r->cancel)
		r->cancel(r->cancel_arg);
	r->waiting = false;
	if (r->started)
		count(r);
	remember(r, status);
	if (r->is_recorded)
		journal_over(run_engine(r)->journal, r->job);
	else
		journal_changed(run_engine(r)->journal);
	if (r->started)
		remember_trap(r, &result);

	if (!LIST_EMPTY(&endings))
		LIST_FIRST(&endings)->link.le_prev = &endings.lh_first;
	LIST_INIT(&r->endings);
	while (!LIST_EMPTY(&endings)) {
		struct run_ending *e = LIST_FIRST(&endings);

		LIST_REMOVE(e, link);
		mem_on_free(e, NULL);
		e->f(e->arg, &result);
	}

	struct program *program = r->at.program;
	struct event *event = r->event;
	struct cause *cause = r->cause;
	mem_free(r);
	program_unref(program);
	event_unref(event);
	cause_unref(cause);
	policy_release(policy);
}
