/*
 * Regular expressions, over PCRE2: the only place that includes pcre2.h. Attackers write the subjects,
 * so every match runs under limits, and "gave up" is an answer of its own, never a quiet "no".
 * A regex belongs to its context. A REGEX_EVENT one may be matched by several threads, each with a
 * scratch of its own; a REGEX_TCL one by one thread.
 */
#ifndef CORE_REGEX_H
#define CORE_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define REGEX_MATCH_LIMIT 50000u /* steps of one match (PCRE2 match limit) */
#define REGEX_DEPTH_LIMIT 1000u  /* nested backtracking, interpreter only */
#define REGEX_HEAP_KIB    1024u  /* memory of one match, interpreter only */
#define REGEX_PATTERN_MAX 4096u  /* bytes of a pattern */
#define REGEX_GROUPS      32u    /* whole match and 31 groups are reported; more may be written */

enum regex_dialect {
	/*
	 * Patterns of events and of output filters, matched against one line: `.` stops at a line end,
	 * `$` also matches before a final one. Bytes, unless the pattern itself has non-ASCII characters.
	 */
	REGEX_EVENT,
	/*
	 * `regexp` as in Tcl 8 (rulings 2): `.` matches line ends, `^` and `$` only the ends of the whole
	 * string. Characters where the subject is UTF-8, bytes where it is not.
	 */
	REGEX_TCL,
};

enum regex_verdict {
	REGEX_NO,
	REGEX_YES,
	REGEX_LIMIT, /* gave up: too much work for this subject */
};

struct regex;
struct regex_scratch;

/*
 * NULL with err filled: err->column is the 1-based byte of the pattern where it stopped making sense.
 * Machine code is made at the first match, so a pattern that never becomes a candidate costs little.
 */
struct regex *regex_new(const void *ctx, const char *pattern, enum regex_dialect, struct err *);
/* The same test without keeping the result: for a word typed in the configuration. */
bool regex_check(const char *pattern, enum regex_dialect, struct err *);

const char *regex_text(const struct regex *);

enum regex_engine {
	REGEX_JIT,       /* machine code, or the interpreter where that is refused */
	REGEX_INTERPRET, /* always the interpreter */
};
struct regex_scratch *regex_scratch_new(const void *ctx, enum regex_engine);

/* Where the whole match (0) and the groups (1..) lie in the subject. */
struct regex_captures {
	unsigned n; /* groups that follow, whole match included; unused ones at the end are left out */
	struct regex_group {
		size_t at, len;
		bool set; /* false: the group took no part in the match */
	} group[REGEX_GROUPS];
};

/* `captures` may be NULL. The subject may hold any bytes. */
enum regex_verdict regex_match(
	struct regex *, struct regex_scratch *, const char *s, size_t n, struct regex_captures *captures);

/*
 * Does this machine let us run machine code (it is refused under W^X, e.g. SELinux execmem)? If not,
 * *why says so and the interpreter is used: slower, same answers. For `show` and the log.
 */
bool regex_jit_works(const char **why);

#endif
