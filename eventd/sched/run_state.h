/*
 * The inside of a run, shared by the files of sched/ only. A run is PENDING in a queue of its class,
 * then READY (in the list of those that have steps to do), EXECUTING a step, or WAITING; its memory is
 * its context.
 */
#ifndef SCHED_RUN_STATE_H
#define SCHED_RUN_STATE_H

#include <sys/queue.h>

#include "sched/run.h"
#include "sched/sched.h"

enum run_phase { RUN_PENDING, RUN_READY, RUN_EXECUTING, RUN_WAITING, RUN_ENDED };

struct run_thing {
	struct run_thing *next;
	const void *key;
	void *value;
};

struct run_ending {
	LIST_ENTRY(run_ending) link;
	run_end_f *f;
	void *arg;
};
LIST_HEAD(run_endings, run_ending);

struct run {
	struct run_place at; /* first, see sched/run.h */
	struct sched *sched;
	struct scratch *scratch; /* of sched */
	struct policy *policy;
	struct event *event;
	struct cause *cause;
	struct tty *tty;
	uint64_t job;
	TAILQ_ENTRY(run) link;  /* in the queue of its class, or the ready list */
	LIST_ENTRY(run) active; /* of all that hold a slot */
	enum run_phase phase;
	enum priority priority;
	char class;
	debug_mask debugs; /* of this run only, beside those of `debug` */
	bool is_recorded;  /* the journal has told it as running */
	bool is_held;      /* `event manager scheduler hold`: stays pending until it is released */

	enum error_mode error_mode;
	char error[32]; /* $_error; "" after a good step */
	char *failure;  /* what the last failed step said, or NULL */
	bool stopped;   /* by its last failed step */
	int exit_status;

	/* a wait: over once `resumed`, with `failed` as its result */
	bool waiting, resumed, failed;
	step_f *then;
	void (*cancel)(void *arg);
	void *cancel_arg;
	struct timer *timer; /* of run_sleep() */

	bool kill; /* asked to end while a step of it was executing */
	bool timed_out;
	usec started, deadline; /* mono; deadline 0 = none */
	struct timer *maxrun;

	struct run_thing *things;
	struct run_endings endings;
};

/* run.c */
struct run *run_new(struct sched *, struct policy *, const struct event *, struct tty *, uint64_t job);
/* Executes steps until it waits, ends or has used up its share; answers its phase. Never frees it. */
enum run_phase run_execute(struct run *);
void run_close(struct run *, enum run_status); /* tells, counts, frees */
void run_log_stopped(struct run *);            /* %HA_EM-3-FMPD_ERROR with the statement under way */

/* sched.c */
void sched_ready(struct run *);                      /* it has steps to do */
struct scratch *sched_scratch(const struct sched *); /* one for all runs */
struct regex_scratch *sched_regex(struct sched *);   /* also */
void sched_ended(struct run *, enum run_status);     /* unlinks it and lets the next one start */
struct engine *sched_engine(const struct sched *);
void sched_count_run(struct run *, usec took);

#endif
