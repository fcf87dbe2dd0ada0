/* Words and rows that several event statements share. */
#ifndef DETECT_WORDS_H
#define DETECT_WORDS_H

#include "bus/spec.h"
#include "cli/kw/kw.h"

extern const struct kw_alternative words_yes_no[];     /* 1, 0 */
extern const struct kw_alternative words_true_false[]; /* 1, 0 */

/* Longest time of `period`, `default`, `poll-interval` and their like: 32 bits of seconds. */
#define WORDS_TIME_MAX (UINT32_MAX * USEC_PER_SEC + 999 * USEC_PER_MSEC)

#define WORDS_CHOICE(type_, word_, help_, field_, choices_, ...)                                             \
	{                                                                                                    \
		.word = word_, .help = help_, .type = &kw_choice, KW_AT(type_, field_), .choices = choices_, \
		__VA_ARGS__                                                                                  \
	}
#define WORDS_FLAG(type_, word_, help_, field_)                    \
	{                                                          \
		.word = word_, .help = help_, KW_AT(type_, field_) \
	}
#define WORDS_VALUE(type_, word_, help_, field_, kind_, ...)                                    \
	{                                                                                       \
		.word = word_, .help = help_, .type = &kind_, KW_AT(type_, field_), __VA_ARGS__ \
	}
/* `default S.mmm`: how long a caller waits for the policy. */
#define WORDS_WAIT(type_, field_)                                                                      \
	WORDS_VALUE(type_, "default", "Time that the caller waits for the policy", field_, kw_seconds, \
		.max = WORDS_TIME_MAX, .dflt = 30 * USEC_PER_SEC, .has_dflt = true)

/* {IFNAME | regexp RE}: a sub-table for the word `interface`; ifname_ and regexp_ are struct kw_str. */
#define WORDS_INTERFACES(name_, type_, ifname_, regexp_)                                    \
	static const struct kw name_[] = { { .word = "regexp",                              \
						   .help = "Interfaces whose name matches", \
						   .type = &kw_pattern,                     \
						   KW_AT(type_, regexp_),                   \
						   .flags = KW_REQ | KW_SEQ,                \
						   .group = 1 },                            \
		{ .help = "Interface name",                                                 \
			.type = &kw_ifname,                                                 \
			KW_AT(type_, ifname_),                                              \
			.flags = KW_REQ,                                                    \
			.group = 1 },                                                       \
		KW_END }

/* FIELD_STR and FIELD_INT rows of an event's data. */
#define WORDS_STR(type_, name_, help_, field_)                      \
	{                                                           \
		name_, help_, FIELD_STR, offsetof(type_, field_), 0 \
	}
#define WORDS_INT(type_, name_, help_, field_)                      \
	{                                                           \
		name_, help_, FIELD_INT, offsetof(type_, field_), 0 \
	}

/* An object identifier: numbers with dots, or names (`ifInOctets.1`). struct kw_str. */
extern const struct kw_type kw_oid;

/* " poll-interval 60.000": times in `show` have three decimals (rulings 7). */
void words_describe_time(struct text *, const char *word, usec);
void words_describe_pattern(
	struct text *, const char *word, const struct kw_str *); /* " facility {RE}", if set */

/* May these options stand where something waits for the policy's answer? Damping and digests may not. */
bool words_check_prompt(bool is_waited_for, const struct spec_common *, struct err *);

/* "Incomplete command." with what is missing; for statements that need one word of several. */
bool words_missing(struct err *, const char *what);

#endif
