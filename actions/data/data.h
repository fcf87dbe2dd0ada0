/* Actions that work on variables: the rows that actions/registry.c lists. */
#ifndef ACTIONS_DATA_DATA_H
#define ACTIONS_DATA_DATA_H

#include "actions/action.h"

extern const struct action action_add, action_subtract, action_multiply, action_divide;
extern const struct action action_append;
extern const struct action action_context, action_counter;
extern const struct action action_decrement;
extern const struct action action_increment;
extern const struct action action_regexp;
extern const struct action action_set;
extern const struct action action_string;
extern const struct action action_track;

#endif
