/*
 * An action: whatever can be named behind `action LABEL` in an applet. One constant row says its
 * word, its grammar and its functions; actions/registry.c lists the rows. Adding one touches its own
 * file, a line there and its scenario. actions/flow/wait.c is the smallest that waits, comment.c the
 * smallest at all.
 *
 * Arguments that are substituted have the types of applets/expand.h and need no check(): they are
 * compiled before it is called. The args given to check() and exec() are the program's own copy.
 */
#ifndef APPLETS_ACTION_H
#define APPLETS_ACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "applets/compile.h"
#include "applets/expand.h"
#include "applets/vars.h"
#include "cli/kw/kw.h"
#include "core/err.h"
#include "sched/run.h"

enum {
	ACTION_OPENS = 1 << 0,     /* if, while, foreach */
	ACTION_MIDDLE = 1 << 1,    /* else, elseif */
	ACTION_CLOSES = 1 << 2,    /* end */
	ACTION_LOOP = 1 << 3,      /* while, foreach */
	ACTION_LEAVES = 1 << 4,    /* break, continue: need a block around them */
	ACTION_CONDITION = 1 << 5, /* a handled failure counts as false */
	ACTION_LAST = 1 << 6,      /* else: no further middle behind it */
	ACTION_QUIET = 1 << 7,     /* leaves $_error as it is, as block words do */
	ACTION_ENDS = 1 << 8,      /* exit: nothing follows */
	ACTION_AGAIN = 1 << 9,     /* continue: with ACTION_LEAVES, back to the head of the loop */
	ACTION_COUNTS = 1 << 10,   /* increment: its target must exist already */
	ACTION_NAMES = 1 << 11,    /* arithmetic: an operand that is a bare word names a variable */
};

struct action {
	const char *name; /* the word behind the label */
	const char *help; /* as IOS prints it */
	const struct kw *kw;
	size_t args_size;
	/* Typed in a session: what can be refused at once. Optional. */
	bool (*typed)(struct engine *, void *args, struct err *);
	/* Once, at commit, behind the templates. Optional. */
	bool (*check)(struct compile *, void *args, struct err *);
	step_f *exec; /* must not block; NULL for actions that do nothing */
	/* Opens a block here? (`if ... goto` does not.) NULL: as the flags say. */
	bool (*opens)(const void *args);
	/* Label that it jumps to, or NULL. */
	const char *(*jumps_to)(const void *args);
	unsigned flags;

	/* What is known before it runs, for checks of a configuration (applets/check/). All optional. */
	const char *const *sets;  /* variables it sets by its own ("_result"; globs), ends with NULL */
	const char *const *reads; /* ... and reads */
	const char *(*sets_named)(
		const void *args);       /* a name or glob of further variables, as typed; or NULL */
	usec (*takes)(const void *args); /* how long it takes at least; 0 = that is not known */
};

/* A table of names for .sets and .reads. */
#define ACTION_VARIABLES(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
