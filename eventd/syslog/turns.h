/*
 * Turns of those who always have something to read: all together they have INTAKE_TURN in each turn of the loop,
 * and who comes later waits in a row, so that neither the rest of the loop nor one of them starves. Loop thread.
 */
#ifndef SYSLOG_TURNS_H
#define SYSLOG_TURNS_H

#include <stdbool.h>
#include <sys/queue.h>

#include "core/loop.h"

#define INTAKE_TURN (10 * USEC_PER_MSEC)

struct turns;

/* Part of who takes turns; `f` reads a little. */
struct turn {
	void (*f)(void *arg);
	void *arg;
	bool is_waiting;
	TAILQ_ENTRY(turn) entry;
};

struct turns *turns_new(const void *ctx, struct loop *);

/* Calls f, now or later; what f belongs to may be freed in it. Fine when it waits already. */
void turns_take(struct turns *, struct turn *);

/* Before it is freed. */
void turns_leave(struct turns *, struct turn *);

#endif
