/*
 * The inside of applets/vars.c: what a variable holds. It stands here for the functions below, of which
 * every step of a loop calls several; nobody else looks.
 */
#ifndef APPLETS_VALUE_H
#define APPLETS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/run.h"

enum { VALUE_SMALL = 24 };

/*
 * A value is a text, a number, or both: counting in a loop never prints a number, and a text that is
 * compared as a number is read once.
 */
enum { IS_UNSET = 0, HAS_TEXT = 1, HAS_NUMBER = 2, NO_NUMBER = 4 };

struct value {
	unsigned form;
	int64_t number;
	char *s; /* `small` or memory of the run */
	size_t n, cap;
	char small[VALUE_SMALL];
};

struct extra {
	struct extra *next;
	const char *name;
	struct value value;
};

struct vars {
	struct extra *extras; /* of names that no step mentions */
	struct value by_symbol[];
};

/* What the run itself has set under this symbol, or NULL. */
static inline struct value *
value_own(struct run *r, uint32_t symbol)
{
	struct vars *v = *run_variables(r);

	return v != NULL && symbol != PROGRAM_NOWHERE && v->by_symbol[symbol].form != IS_UNSET
		       ? &v->by_symbol[symbol]
		       : NULL;
}

static inline void
value_put_number(struct value *v, int64_t number)
{
	v->number = number;
	v->form = HAS_NUMBER;
}

#endif
