/*
 * What a jitter operation has found: statistics of the packets of one run, as CISCO-RTTMON-MIB's
 * rttMonLatestJitterOper counts them. Pure.
 */
#ifndef PROBE_JITTER_H
#define PROBE_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* Times in microseconds. SD: from source to destination, DS: back. */
struct jitter_result {
	int64_t sent;
	int64_t rtt_count, rtt_min, rtt_max, rtt_sum;
	int64_t over_threshold;
	int64_t latency_count, latency_sd_min, latency_sd_max, latency_sd_sum, latency_ds_min, latency_ds_max,
		latency_ds_sum,
		unsynchronised; /* replies whose one-way times no two clocks in step would give */
	int64_t jitter_sd_count, jitter_sd_min, jitter_sd_max, jitter_sd_sum;
	int64_t jitter_ds_count, jitter_ds_min, jitter_ds_max, jitter_ds_sum;
	int64_t positive_sd_max, negative_sd_max, positive_ds_max, negative_ds_max;
	int64_t loss; /* all: of both directions, and those that nobody can tell */
	int64_t loss_sd, loss_sd_periods, loss_sd_length_min, loss_sd_length_max, loss_sd_gap_min,
		loss_sd_gap_max;
	int64_t loss_ds, loss_ds_periods, loss_ds_length_min, loss_ds_length_max, loss_ds_gap_min,
		loss_ds_gap_max;
	int64_t successive_loss; /* the longest row of lost packets */
	int64_t out_of_sequence, out_of_sequence_sd, out_of_sequence_ds;
	int64_t mia; /* missing in action: lost behind the last reply, nobody knows where */
	int64_t late, skipped;
};

/* One packet that was to be sent. */
struct jitter_sample {
	bool skipped, received, late;
	unsigned arrival;            /* 1 for the first reply that came; 0: none */
	uint32_t responder_sequence; /* whole (jitter_unwrap()); 0: the responder counts nothing */
	int64_t sent, responder_received, responder_sent, arrived;
};

/*
 * n samples in the order of being sent. of_day: the times count from midnight, and may pass it.
 * has_responder: its times and sequence numbers are there.
 */
void jitter_count(struct jitter_result *, const struct jitter_sample *, size_t n, int64_t threshold_us,
	bool of_day, bool has_responder);

/* A number of sixteen bits that follows `last` in either direction, whole. */
uint32_t jitter_unwrap(uint32_t last, uint16_t next);

/* 0 without samples. */
int64_t jitter_rtt_average(const struct jitter_result *);
int64_t jitter_sd_average(const struct jitter_result *);
int64_t jitter_ds_average(const struct jitter_result *);
int64_t jitter_average(const struct jitter_result *); /* both directions */

/* Every field under its name. */
json_t *jitter_to_json(const struct jitter_result *);
void jitter_from_json(struct jitter_result *, const json_t *);
void jitter_each(const struct jitter_result *, void (*f)(void *arg, const char *name, int64_t), void *arg);

#endif
