/*
 * The literal text that a regular expression requires in every subject it matches, found by walking
 * its syntax. It is what an index can look for; the regex itself always has the last word, so all that
 * matters here is never to claim too much. Whatever the walk does not understand yields "nothing".
 */
#ifndef BUS_LITERAL_H
#define BUS_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

#define LITERAL_BRANCHES 8u /* alternatives at the top level; with more, nothing is claimed */

/*
 * One alternative: all its runs are in the subject. With a mnemonic, "%MNEMONIC:" is in the subject
 * too, and the runs are those behind it, in this order.
 */
struct literal_branch {
	struct slice mnemonic; /* "LINK-3-UPDOWN"; n == 0: none is required */
	struct slice *run;     /* in the pattern's order; none is empty */
	unsigned n;
};

struct literals {
	unsigned n;  /* 0: nothing is required. Else every match satisfies at least one branch. */
	bool nocase; /* the pattern begins with (?i): runs are in lower case and match any */
	struct literal_branch branch[];
};

/* One allocation in `ctx` with all it points to. Never NULL. */
struct literals *literal_find(const void *ctx, const char *pattern);

/* Is the whole branch in the subject? `missing` (may be NULL) gets what is not. Slow: for explaining. */
bool literal_in(const struct literals *, unsigned branch, const char *s, size_t n, struct slice *missing);

/*
 * The mnemonic at a `%`: what lies between it and the next colon, at most LITERAL_MNEMONIC_MAX bytes.
 * Empty when it is none. Both the patterns and the messages are read with this one rule.
 */
#define LITERAL_MNEMONIC_MAX 96u
struct slice literal_mnemonic(const char *percent, const char *end);

#endif
