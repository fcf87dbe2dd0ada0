/*
 * Many patterns against one message, at nearly the cost of one. A pattern is filed by what it requires
 * (bus/literal.h): under a mnemonic, in the flat index of rare pieces, or in the residue that is tried
 * in turn. An index only narrows; PCRE2 confirms and captures, so the answer is always that of trying
 * each pattern.
 *
 * Changes are collected and become visible with matchset_commit(), between batches: it rebuilds only
 * the buckets that changed and swaps one pointer. Engine thread; a scan may run in another thread when
 * commits wait for it.
 */
#ifndef BUS_MATCHSET_H
#define BUS_MATCHSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/regex.h"
#include "core/slice.h"

struct matchset;
struct matchset_rule;
struct matchset_caller;

struct matchset *matchset_new(const void *ctx);

/* The rule belongs to the set until it is removed. NULL: the pattern is wrong, err says where. */
struct matchset_rule *matchset_add(struct matchset *, void *owner, const char *pattern, struct err *);
/* At once: the owner is not called again. The handle ends here. */
void matchset_remove(struct matchset *, struct matchset_rule *);
/* Not from a callback of matchset_scan(). Costs nothing when nothing changed. */
void matchset_commit(struct matchset *);

/* Who scans: owns match data and scratch memory. */
struct matchset_caller *matchset_caller_new(const void *ctx, enum regex_engine);

/*
 * Calls f for every pattern that matches, in the order in which they were added. The captures are
 * positions in the subject. Adding and removing in f is fine. Returns how many matched.
 */
typedef void matchset_f(void *arg, void *owner, const struct regex_captures *);
unsigned matchset_scan(
	struct matchset *, struct matchset_caller *, const char *s, size_t n, matchset_f *, void *arg);

struct matchset_count {
	uint64_t candidates; /* times PCRE2 was asked */
	uint64_t matches;
	uint64_t limits; /* times it gave up: the pattern is too costly for what comes in */
};
void matchset_count(const struct matchset_rule *, struct matchset_count *);

/* Why a pattern does or does not match; walks all rules, for people. */
enum matchset_verdict {
	MATCHSET_YES,
	MATCHSET_NO_MNEMONIC, /* `missing`: the %MNEMONIC: it asks for is not there */
	MATCHSET_NO_TEXT,     /* `missing`: this text is not there */
	MATCHSET_NO_MATCH,    /* all the text is there, yet the expression says no */
	MATCHSET_GAVE_UP,
};
typedef void matchset_explain_f(void *arg, void *owner, enum matchset_verdict, struct slice missing);
void matchset_explain(struct matchset *, struct matchset_caller *, const char *s, size_t n,
	matchset_explain_f *, void *arg);

struct matchset_stats {
	size_t rules, mnemonics;
	size_t by_mnemonic, by_piece, residue; /* filed in (a pattern with alternatives counts for each) */
};
void matchset_stats(const struct matchset *, struct matchset_stats *);

#endif
