/*
 * Entry and exit of the detectors that compare a value: an event when the entry condition holds, then
 * none until the exit condition has held. Interface, snmp and counter share the words; those that poll
 * share the state machine too.
 */
#ifndef DETECT_THRESHOLD_H
#define DETECT_THRESHOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/kw/kw.h"
#include "detect/words.h"

enum compare { COMPARE_EQ, COMPARE_GE, COMPARE_GT, COMPARE_LE, COMPARE_LT, COMPARE_NE };
enum value_type { VALUE_IS, VALUE_INCREMENT, VALUE_RATE };
enum comb { COMB_OR, COMB_AND };

extern const struct kw_alternative threshold_ops[];          /* enum compare */
extern const struct kw_alternative threshold_types[];        /* enum value_type */
extern const struct kw_alternative threshold_is_increment[]; /* its older spelling */
extern const struct kw_alternative threshold_combs[];        /* enum comb */

const char *compare_name(enum compare);
bool compare_holds(enum compare, int64_t value, int64_t than);
enum compare compare_not(enum compare); /* what holds whenever the other does not */

/* What interface and snmp have beside the values themselves. */
struct threshold_spec {
	struct kw_enum entry_op, entry_type;
	struct kw_enum exit_comb, exit_op, exit_type;
	struct kw_time exit_time;
	struct kw_enum exit_event;
	struct kw_int average;
	struct kw_time poll;
};

/* poll-interval: 0 is accepted, and means what the least does. */
#define THRESHOLD_POLL_MIN USEC_PER_SEC

/* The rows in canonical order, for a struct with `struct threshold_spec th`, and entry_val and exit_val of
 * the type value_. */
#define THRESHOLD_ROWS(type_, value_, poll_default_, ...)                                                    \
	WORDS_CHOICE(type_, "entry-op", "Entry comparison operator", th.entry_op, threshold_ops,             \
		.flags = KW_REQ),                                                                            \
		WORDS_VALUE(type_, "entry-val", "Entry comparison value", entry_val, value_,                 \
			.flags = KW_REQ, __VA_ARGS__),                                                       \
		WORDS_CHOICE(type_, "entry-type", "Entry comparison type", th.entry_type, threshold_types,   \
			.dflt = VALUE_IS, .has_dflt = true),                                                 \
		WORDS_CHOICE(type_, "entry-val-is-increment", "Entry comparison type", th.entry_type,        \
			threshold_is_increment, .flags = KW_HIDDEN),                                         \
		WORDS_CHOICE(type_, "exit-comb", "Exit criteria combination", th.exit_comb, threshold_combs, \
			.dflt = COMB_OR, .has_dflt = true),                                                  \
		WORDS_CHOICE(type_, "exit-op", "Exit comparison operator", th.exit_op, threshold_ops),       \
		WORDS_VALUE(type_, "exit-val", "Exit comparison value", exit_val, value_, __VA_ARGS__),      \
		WORDS_CHOICE(type_, "exit-type", "Exit comparison type", th.exit_type, threshold_types,      \
			.dflt = VALUE_IS, .has_dflt = true),                                                 \
		WORDS_CHOICE(type_, "exit-val-is-increment", "Exit comparison type", th.exit_type,           \
			threshold_is_increment, .flags = KW_HIDDEN),                                         \
		WORDS_VALUE(type_, "exit-time", "Time after which the event is armed again", th.exit_time,   \
			kw_seconds, .max = WORDS_TIME_MAX),                                                  \
		WORDS_CHOICE(type_, "exit-event", "Publish an event when the exit criteria are met",         \
			th.exit_event, words_true_false, .dflt = 0, .has_dflt = true),                       \
		WORDS_VALUE(type_, "average-factor", "Number of samples that a rate is averaged over",       \
			th.average, kw_number, .min = 1, .max = 64, .dflt = 1, .has_dflt = true),            \
		WORDS_VALUE(type_, "poll-interval", "Time between samples", th.poll, kw_seconds,             \
			.max = WORDS_TIME_MAX, .dflt = (poll_default_)*USEC_PER_SEC, .has_dflt = true)

/* ` entry-op ge entry-val V entry-type value poll-interval S.mmm`, and the exit when there is one. */
void threshold_describe(const struct threshold_spec *, const char *entry, const char *exit, usec poll_default,
	struct text *out);

/* ---- what samples come to ---- */

#define THRESHOLD_AVERAGE_MAX 64

/* A statement's criteria, whatever its values are called. */
struct threshold_rule {
	enum compare entry_op, exit_op;
	enum value_type entry_type, exit_type;
	int64_t entry_val, exit_val;
	bool has_exit_val;
	usec exit_time; /* 0: no exit by time */
	enum comb comb;
	unsigned average; /* samples of a rate */
};

struct threshold_rule threshold_rule(
	const struct threshold_spec *, const struct kw_int *entry_val, const struct kw_int *exit_val);

/* Of one armed statement; zeroed at first. */
struct threshold_state {
	bool has_sample, waits_for_exit;
	int64_t last, base; /* the sample before; the one that increments are counted from */
	int64_t changes[THRESHOLD_AVERAGE_MAX];
	unsigned count, next; /* of changes */
	usec entered;
};

enum threshold_verdict { THRESHOLD_NOTHING, THRESHOLD_ENTRY, THRESHOLD_EXIT };

/*
 * Takes one sample. `delta` gets the change that was looked at: since the last trigger (increment) or on
 * the average (rate), else since the sample before; it may be NULL. The first sample has no change, and a rate is
 * known only when there are `average` changes.
 */
enum threshold_verdict threshold_sample(
	struct threshold_state *, const struct threshold_rule *, int64_t value, usec now, int64_t *delta);

/* exit-op by itself says nothing. */
bool threshold_check(bool has_exit_op, bool has_exit_val, struct err *);

#endif
