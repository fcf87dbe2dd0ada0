/* The inside of the scheduler, shared by the files of sched/ only. */
#ifndef SCHED_SCHED_STATE_H
#define SCHED_SCHED_STATE_H

#include <sys/queue.h>

#include "sched/run_state.h"
#include "sched/sched.h"

TAILQ_HEAD(run_queue, run);
LIST_HEAD(run_list, run);

struct class
{
	struct run_queue pending;
	unsigned slots, running;
	bool is_configured; /* by a line of `event manager scheduler ... thread class` */
};

/* What policies of one kind share. */
struct kind {
	struct class classes[SCHED_CLASSES];
	struct sched_stats stats;
};

/* One line of `event manager scheduler KIND thread class`; where lines name a class twice, the last one counts. */
struct threads {
	struct threads *next;
	const char *line;
	enum policy_kind kind;
	uint32_t classes; /* bit SCHED_CLASS_BIT(class) */
	unsigned slots;
};

struct sched {
	struct engine *engine;
	struct kind kinds[POLICY_KINDS];
	struct threads *threads;
	struct run_queue ready;
	struct run_list active;
	size_t nactive;
	struct timer *turn;
	struct scratch *scratch;
	struct regex_scratch *regex; /* NULL until the first expression */
	uint64_t last_job;
	bool suspended, stopped;
};

static inline size_t
class_index(char class)
{
	return class == 0 ? 0 : (size_t)(class - 'A' + 1);
}

static inline char
class_letter(size_t index)
{
	return index == 0 ? '\0' : (char)('A' + index - 1);
}

static inline struct kind *
kind_of(const struct run *r)
{
	return &r->sched->kinds[r->policy->kind];
}

static inline struct class *
class_of(const struct run *r)
{
	return &kind_of(r)->classes[class_index(r->class)];
}

/* Every class of every kind, applets first. */
enum { ALL_CLASSES = POLICY_KINDS * SCHED_CLASSES };

static inline struct class *
nth_class(const struct sched *s, size_t i)
{
	return (struct class *)(uintptr_t)&s->kinds[i / SCHED_CLASSES].classes[i % SCHED_CLASSES];
}

/* sched.c */
void sched_enqueue(struct run *);         /* a pending run, into the queue of its class */
void sched_dequeue(struct run *);         /* out of it again */
void sched_start_pending(struct sched *); /* whatever may start now */
void sched_end_soon(struct run *);        /* ends it with the next turn, as a failure */
unsigned sched_slots_default(enum policy_kind);

#endif
