/*
 * What outlives the daemon of its runs: the history of those that have ended, those that are under way, and the
 * named counters, written to the store once a second while something changes (rulings 48: what is lost at most
 * is the last second). At the next start the history is there again, with the runs whose end nobody wrote as
 * "interrupted". Engine thread only; all functions take NULL, which keeps nothing.
 */
#ifndef SCHED_JOURNAL_H
#define SCHED_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct journal;

/* NULL in a check and without a state directory. */
struct journal *journal_new(const void *ctx, struct engine *);
/* Once: reads what an earlier start has left; before that nothing is written. */
void journal_open(struct journal *);

/* A run has started, or one that was not told yet has ended: there is something to write. */
void journal_changed(struct journal *);
/* A run has ended that was told as running. */
void journal_over(struct journal *, uint64_t job);

#endif
