/*
 * What an operator does to jobs: `event manager scheduler clear | hold | release | modify`
 * (eem-language.md 9.2). Engine thread only.
 */
#ifndef SCHED_CONTROL_H
#define SCHED_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "sched/sched.h"

enum { SCHED_ANY = -1 };

/* Which jobs are meant: those that fit all three. */
struct sched_choice {
	uint64_t job; /* 0 = any */
	int kind;     /* enum policy_kind */
	int class;    /* 'A'-'Z', 0 = default */
};

/* Each answers how many jobs it concerned. */
size_t sched_clear(struct sched *, const struct sched_choice *); /* pending ones at once, running ones soon */
size_t sched_hold(struct sched *, const struct sched_choice *);  /* pending ones wait until released */
size_t sched_release(struct sched *, const struct sched_choice *);
/* Pending ones go behind those of the same priority in the queue of the class; SCHED_ANY: as it is. */
size_t sched_modify(struct sched *, const struct sched_choice *, int class, int priority);

#endif
