/*
 * The variables of a run. `$name` is looked for among what the run itself has set, then among the
 * event's variables, then in `event manager environment` (read live). Names that a program mentions
 * have symbol numbers, so that a loop does not look names up; any other name works too.
 */
#ifndef APPLETS_VARS_H
#define APPLETS_VARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/value.h"
#include "sched/run.h"

/* A variable that an action names as its target; made at commit by kw_variable (applets/expand.h). */
struct variable {
	const char *name; /* without a leading `$` */
	uint32_t symbol;
};

/* The value, or NULL when there is none. Valid until the variable is set again or the step ends. */
const char *run_var(struct run *, const struct variable *, size_t *len);
const char *run_var_get(struct run *, const char *name, size_t *len);
/* The value as a number, where the whole of it is an integer. */
enum number { IS_NUMBER, IS_TEXT, IS_MISSING };
enum number run_var_read_int(struct run *, const struct variable *, int64_t *out);

static inline enum number
run_var_int(struct run *r, const struct variable *v, int64_t *out)
{
	const struct value *own = value_own(r, v->symbol);

	if (own == NULL || (own->form & HAS_NUMBER) == 0)
		return run_var_read_int(r, v, out);
	*out = own->number;
	return IS_NUMBER;
}

/* Is it a number that has never been a text? Then copying the number is copying the value. */
static inline bool
run_var_is_int(struct run *r, const struct variable *v, int64_t *out)
{
	const struct value *own = value_own(r, v->symbol);

	if (own == NULL || own->form != HAS_NUMBER)
		return false;
	*out = own->number;
	return true;
}

/*
 * Sets it (the bytes are copied and may hold NULs). False, with the step failed, for an event's
 * variable: those are read-only. `_exit_status` sets the exit status, which must be an integer.
 */
bool run_set(struct run *, const struct variable *, const char *s, size_t n);
bool run_append(struct run *, const struct variable *, const char *s, size_t n);
bool run_set_new_int(struct run *, const struct variable *, int64_t);

/* What the run has set once it may set again; `_exit_status` is nothing of the kind. */
static inline bool
run_set_int(struct run *r, const struct variable *v, int64_t number)
{
	struct value *own = value_own(r, v->symbol);

	if (own == NULL)
		return run_set_new_int(r, v, number);
	value_put_number(own, number);
	return true;
}

/*
 * Results ("_result", "_track_state"): they may stand above an event's variable of that name. False,
 * with the step failed: too long a text.
 */
bool run_set_result(struct run *, const struct variable *, const char *s, size_t n);
void run_set_new_result_int(struct run *, const struct variable *, int64_t);

static inline void
run_set_result_int(struct run *r, const struct variable *v, int64_t number)
{
	struct value *own = value_own(r, v->symbol);

	if (own != NULL)
		value_put_number(own, number);
	else
		run_set_new_result_int(r, v, number);
}

/* The same by name, which looks it up. */
bool run_var_set(struct run *, const char *name, const char *s, size_t n);
void run_var_unset(struct run *, const char *name);

/* What the run has set, for `context save`. */
void run_vars_each(struct run *, void (*f)(void *arg, const char *name, const char *s, size_t n), void *arg);

bool variable_name_valid(const char *name, size_t n);

#endif
