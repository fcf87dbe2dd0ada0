/*
 * A run: one execution of a policy for one event. It is a program counter over a flat table of steps,
 * never a thread: a step that needs time answers STEP_WAIT and somebody calls run_resume() later.
 * Everything a run waits for lives in run_ctx() and dies with it, so a run can be killed anywhere
 * (`maxrun`, clear, shutdown). Engine thread only.
 *
 * What an action may rely on: exec() is called once for each arrival at its step; texts it got from
 * run_expand() live until it returns; after STEP_WAIT it is not called again, unless it asked for that
 * with run_wait_then().
 */
#ifndef SCHED_RUN_H
#define SCHED_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/event.h"
#include "core/cause.h"
#include "core/clock.h"
#include "core/engine.h"
#include "core/err.h"
#include "core/log.h"

struct policy;
struct regex_scratch;
struct run;
struct tty;

enum step {
	STEP_NEXT, /* on with the step below */
	STEP_JUMP, /* on with the step given to run_jump() */
	STEP_WAIT, /* parked until run_resume(); return it only from run_wait() */
	STEP_EXIT, /* the run has ended well */
	STEP_FAIL, /* the step failed; return it only from run_fail() */
};
typedef enum step step_f(struct run *, const void *args);

/* How control came to a step: an `elseif` that is fallen into ends its block, one that is branched
 * to is asked; a `foreach` that is branched to goes on, else it begins. */
enum arrival { ARRIVE_NEXT, ARRIVE_BRANCH, ARRIVE_GOTO };

enum { PROGRAM_NOWHERE = UINT32_MAX };

/* One step of a compiled policy. Targets are indexes of the table; PROGRAM_NOWHERE = none. */
struct program_step {
	const char *label; /* "0010" */
	step_f *exec;
	const void *args;
	bool is_condition; /* a failure that is handled counts as false: branches to `other` */
	bool keeps_error;  /* block words and comments: `$_error` survives them */
	uint32_t other;  /* if, elseif: the next elseif, else or end of the block. while, foreach: its end */
	uint32_t end;    /* the `end` of the innermost block around (of the block itself for its own words) */
	uint32_t loop;   /* the head of the innermost loop around (or of the loop that this `end` closes) */
	uint32_t target; /* goto */
	uint32_t leave;  /* break: behind the loop (or the `if`) that it leaves */
};

/* A compiled policy version. Immutable, reference-counted; runs under way keep theirs. */
struct program {
	unsigned refs;
	const char *policy; /* name */
	struct program_step *steps;
	uint32_t n;
	const char **symbols; /* names of the variables that the steps mention, by symbol number */
	uint32_t nsymbols;
};

struct program *program_new(const char *policy); /* with one reference; a memory context of its own */
struct program *program_ref(struct program *);
void program_unref(struct program *);

/*
 * What a run begins with, so that the functions below need no call: they belong to every step of a
 * loop. Nobody else looks inside.
 */
struct run_place {
	struct program *program;
	void *variables;   /* the slot of applets/vars.c */
	uint32_t pc, next; /* the step under way; where STEP_JUMP leads */
	enum arrival arrival, next_arrival;
};

static inline const struct program *
run_program(const struct run *r)
{
	return ((const struct run_place *)(const void *)r)->program;
}

static inline const struct program_step *
run_step(const struct run *r)
{
	const struct run_place *at = (const void *)r;

	return &at->program->steps[at->pc];
}

static inline enum arrival
run_arrival(const struct run *r)
{
	return ((const struct run_place *)(const void *)r)->arrival;
}

static inline void **
run_variables(struct run *r)
{
	return &((struct run_place *)(void *)r)->variables;
}

/* Returns STEP_JUMP. */
static inline enum step
run_jump(struct run *r, uint32_t step, enum arrival arrival)
{
	struct run_place *at = (void *)r;

	at->next = step;
	at->next_arrival = arrival;
	return STEP_JUMP;
}

/* ---- who and where ---- */
struct engine *run_engine(const struct run *);
const char *run_policy(const struct run *); /* the applet's name */
const char *run_label(const struct run *);  /* of the step under way */
uint64_t run_job(const struct run *);       /* $_job_id */
const struct event *run_event(const struct run *);
struct cause *run_cause(const struct run *); /* give it to what this run causes; borrowed */
void *run_ctx(const struct run *);           /* for what must end with the run */
usec run_left(const struct run *);           /* until maxrun ends it; INT64_MAX without a limit */
/* maxrun stands still while a script waits for its next event, and begins anew with it. */
void run_stop_clock(struct run *);
void run_start_clock(struct run *);
bool run_is_live(const struct run *); /* false for replay and simulation: no effects outside */

/* The policy version that runs; NULL never, though it may be unregistered meanwhile. */
struct policy *run_registration(const struct run *);

/* The terminal of a synchronous run; NULL when there is none (any more). */
struct tty *run_tty(const struct run *);

/* ---- control ---- */
/*
 * The run goes on with the first step of another program (of which the reference is taken): a script
 * says what it does call by call. It mentions no variables, nor may the one before. Returns STEP_JUMP.
 */
enum step run_adopt_program(struct run *, struct program *);
int run_exit_status(const struct run *);
void run_set_exit_status(struct run *, int);

/*
 * Parks the run. `cancel(arg)` is called (may be NULL) when the run is killed before it is resumed;
 * anything allocated in run_ctx() is freed right after. Returns STEP_WAIT.
 */
enum step run_wait(struct run *, void (*cancel)(void *arg), void *arg);
/* As run_wait(); run_resume() then calls `then` (with the step's args), which answers the next step. */
enum step run_wait_then(struct run *, step_f *then, void (*cancel)(void *arg), void *arg);
/* Parks for some time, then goes on with `then` (NULL: with the next step). */
enum step run_sleep(struct run *, usec, step_f *then);

/*
 * What a parked run waited for has come. err NULL (or without a code): good. Otherwise the step
 * fails as run_fail(run, err->class, ...) without a message of its own. The run goes on from the
 * loop, not inside this call.
 */
void run_resume(struct run *, const struct err *);

/*
 * The step has failed. `error` is what `$_error` shows ("FH_EMEMORY"). With a mnemonic, the message
 * `%HA_EM-SEVERITY-MNEMONIC: text` is logged unless `handle-error type ignore` silences it; then, as
 * the error mode says, FMPD_ERROR ends the run or it goes on. Returns STEP_FAIL.
 */
enum step run_fail(struct run *, const char *error, enum severity, const char *mnemonic, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Behind a step that waited: as run_fail() and run_resume() in one. */
void run_resume_failed(struct run *, const char *error, enum severity, const char *mnemonic, const char *fmt,
	...) __attribute__((format(printf, 5, 6)));

/* handle-error type ...; RAISE: nothing is logged, run_failure() says what went wrong, on with the next step. */
enum error_mode { ERRORS_EXIT, ERRORS_IGNORE, ERRORS_WARN, ERRORS_RAISE };
void run_set_error_mode(struct run *, enum error_mode);
const char *run_error(const struct run *);   /* "" after a good step */
const char *run_failure(const struct run *); /* the sentence of the last failure; "" */

/* A log message caused by this run. */
void run_log(struct run *, const char *facility, enum severity, const char *mnemonic, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* A debug line `%HA_EM-6-LOG: NAME : DEBUG(lib) : text` of a switch (eem-language.md 11). */
void run_debug(struct run *, debug_mask, const char *lib, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The switches that count for this run: those of `debug`, and those that it turned on for itself. */
debug_mask run_debugs(const struct run *);
void run_set_debugs(struct run *, debug_mask, bool on);

/* ---- things that belong to a run ---- */
/* One pointer a key (the address of anything static): the CLI session, open files, loop states. */
void *run_get(const struct run *, const void *key);
void run_put(struct run *, const void *key, void *value);

/* Memory until the action returns, shared by all runs; never freed one by one. */
void *run_scratch(struct run *, size_t);
/* For matching expressions while a step executes; shared by all runs. */
struct regex_scratch *run_regex_scratch(struct run *);

/* ---- its end ---- */
enum run_status { RUN_SUCCESS, RUN_ABORT, RUN_FAILURE };
const char *run_status_name(enum run_status);
struct run_result {
	enum run_status status;
	int exit_status;
	bool timed_out;    /* maxrun */
	const char *label; /* of the statement that failed; "" */
	const char *error; /* "FH_EMEMORY"; "" */
	/* What the statement that ended the run said, not redacted; "" when the run ended otherwise. */
	const char *reason;
};
typedef void run_end_f(void *arg, const struct run_result *);
/* Called once when the run ended, unless ctx died before. */
void run_on_end(const void *ctx, struct run *, run_end_f *, void *arg);

#endif
