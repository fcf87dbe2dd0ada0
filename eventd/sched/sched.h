/*
 * The scheduler: IOS' "threads" are slots, counted for each kind of policy and class (default, A-Z). A
 * run takes a slot from its start to its end, waits included; what finds none stands in the pending
 * queue of its kind (64 applets, 128 scripts), and what finds that full is dropped and counted.
 * Engine thread only.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/policy.h"
#include "sched/run.h"

enum { SCHED_CLASSES = 27 };
enum { SCHED_QUEUE_MAX = 64, SCHED_SCRIPT_QUEUE_MAX = 128 };
/* Of a class that was never given a number. */
enum { SCHED_SLOTS_DEFAULT = 32, SCHED_SCRIPT_SLOTS_DEFAULT = 1 };

struct sched *sched_new(const void *ctx, struct engine *);

/* Queues a run of the policy for the event; `tty` may be NULL and must outlive the run or be taken
 * away with run_take_tty(). NULL: the queue is full (counted). */
struct run *sched_queue(struct sched *, struct policy *, const struct event *, struct tty *tty);
void run_take_tty(struct run *); /* the session is gone: `puts` goes to the log from here on */

/*
 * One line of `event manager scheduler KIND thread class CLASSES number N`, named by its key: sets the
 * slots of each class whose bit is in `classes`; 0 slots take the line back. Where lines name a class
 * twice the last one counts, a class that none names has the default number.
 */
#define SCHED_CLASS_BIT(class_) (UINT32_C(1) << ((class_) == 0 ? 0 : (class_) - 'A' + 1))
void sched_set_threads(struct sched *, enum policy_kind, const char *line, uint32_t classes, unsigned slots);
void sched_suspend(struct sched *, bool on);

/* SIGTERM: no new runs; kills what is left when told a second time. */
void sched_stop(struct sched *, bool kill);
size_t sched_active(const struct sched *); /* running or waiting */
size_t sched_pending(const struct sched *);

struct run_view {
	uint64_t job;
	const char *policy;
	enum policy_kind kind;
	const char *type; /* of the event */
	usec event_wall;
	usec running, waiting; /* how long: since it was started; since its event */
	usec maxrun;           /* 0 = no limit */
	const char *label;     /* of the statement under way; "" while pending */
	enum priority priority;
	char class;
	bool is_running, is_held;
};
/* Scripts first, then by class; in a class in the order in which they (will) start. */
void sched_each(const struct sched *, bool running, void (*f)(void *arg, const struct run_view *), void *arg);
/* Those that run and that no call before has told, newest first; with `again` all of them. */
void sched_each_new(struct sched *, bool again, void (*f)(void *arg, const struct run_view *), void *arg);
void sched_each_class(const struct sched *, /* those with slots configured or runs, default first */
	enum policy_kind, void (*f)(void *arg, char class, unsigned slots, unsigned running), void *arg);

struct sched_stats {
	uint64_t triggered, dropped, finished;
	size_t queued;
	usec run_total, run_longest;
};
void sched_stats(const struct sched *, enum policy_kind, struct sched_stats *);
unsigned sched_queue_max(enum policy_kind);
void sched_clear_stats(struct sched *);

#endif
