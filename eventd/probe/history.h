/*
 * What is kept of the runs of an operation: point by point (`history lives-kept`), by the hour, and in the
 * buckets of `history enhanced`. Engine thread only.
 */
#ifndef PROBE_HISTORY_H
#define PROBE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/operation.h"

enum { HISTORY_BUCKETS = 60, HISTORY_LIVES = 2, HISTORY_DISTRIBUTIONS = 20 };

struct sla_sample {
	usec wall, mono;
	int64_t rtt_us; /* -1: none */
	enum probe_code code;
	unsigned bucket; /* 1 for the first of its life */
};

struct sla_life {
	unsigned number; /* 1 for the first */
	unsigned runs;   /* all, kept or not */
	unsigned count, at;
	struct sla_sample samples[HISTORY_BUCKETS]; /* the newest at `at - 1` */
};

/* Sums over some time. */
struct sla_bucket {
	usec wall;      /* when it began; 0: it is empty */
	unsigned index; /* 1 for the first */
	uint32_t runs, successes, over;
	uint32_t by_code[PROBE_CODE_COUNT];
	int64_t rtt_min, rtt_max, rtt_sum; /* us */
	double rtt_sum2;
	uint32_t distribution[HISTORY_DISTRIBUTIONS]; /* runs by round trip time */
};

struct sla_ring {
	struct sla_bucket *buckets;
	unsigned size, count, at, made;
};

struct sla_history {
	struct sla_life *lives[HISTORY_LIVES]; /* the newest first; NULL: none */
	unsigned lives_made;
	struct sla_ring hours, enhanced;
};

/* A run ended. */
void history_take(struct operation *, enum probe_code, int64_t rtt_us);
/* A life begins. */
void history_live(struct operation *);
void history_forget(struct operation *);

/* From the oldest; NULL behind the newest. */
const struct sla_sample *history_sample(const struct sla_life *, unsigned i);
const struct sla_bucket *history_bucket(const struct sla_ring *, unsigned i);

#endif
