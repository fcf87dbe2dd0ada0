/* Actions on variables. */
#ifndef ACTIONS_DATA_DATA_H
#define ACTIONS_DATA_DATA_H

#include "actions/action.h"

extern const struct action action_set;

#endif
