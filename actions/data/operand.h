/*
 * Operands of the arithmetic actions: an integer, a `$variable`, or the bare name of a variable
 * (IOS: "long-integer | variable-name"). Integers are signed 64-bit (eem-language 2.6).
 */
#ifndef ACTIONS_DATA_OPERAND_H
#define ACTIONS_DATA_OPERAND_H

#include <stdbool.h>
#include <stdint.h>

#include "actions/action.h"

struct operand {
	struct kw_template text;
	struct variable bare; /* name NULL: the text is no bare name */
};

/* For check(): finds out whether the text is the name of a variable. */
void operand_prepare(struct compile *, struct operand *);

/* False: the step has failed. `operation` is "addition" and so on, for the message. */
bool operand_value(struct run *, const struct operand *, const char *operation, int64_t *out);

/* %HA_EM-6-FMPD_OPERAND_INVALID (rulings 10); returns STEP_FAIL. */
enum step operand_invalid(struct run *, const char *operation, const char *what);

#endif
