/*
 * The syntax tree of a regular expression, as far as checks need it: what repeats, what alternates,
 * what is anchored, and texts that it matches. Expressions with more than that (back references,
 * look-around, options) have no tree. Any thread.
 */
#ifndef APPLETS_CHECK_PATTERN_TREE_H
#define APPLETS_CHECK_PATTERN_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"

enum pattern_kind {
	PATTERN_CHAR,   /* one character: `c` */
	PATTERN_SET,    /* one of several: `c` is one of them */
	PATTERN_ANY,    /* the dot */
	PATTERN_BEGIN,  /* ^ */
	PATTERN_END,    /* $ */
	PATTERN_PLACE,  /* another place between characters: \b */
	PATTERN_ROW,    /* one behind the other */
	PATTERN_CHOICE, /* one of them */
	PATTERN_GROUP,  /* a group: its only child */
	PATTERN_REPEAT, /* its only child, `min` times or more */
};

struct pattern {
	enum pattern_kind kind;
	char c;
	unsigned min;
	bool is_endless, is_lazy; /* of a repeat */
	bool is_captured;         /* of a group */
	size_t from, to;          /* the bytes of the text that it stands for */
	struct pattern *first, *next;
};

/* NULL: there is no tree of it. Owned by ctx. */
struct pattern *pattern_tree(const void *ctx, const char *text);

/* Adds a text that it matches, a short one; `once`: with what may be left out. */
void pattern_sample(const struct pattern *, bool once, struct text *out);
/*
 * Adds a text that the whole matches up to `part`, calls `f` to add what stands there, and goes on
 * behind it where f answers true. False: there is no such part in the whole.
 */
bool pattern_sample_around(const struct pattern *whole, const struct pattern *part, struct text *out,
	bool (*f)(void *arg, const struct pattern *part, struct text *out), void *arg);
/* Calls f for it and everything below, until f answers false. */
bool pattern_each(const struct pattern *, bool (*f)(void *arg, const struct pattern *), void *arg);

#endif
