/* The registry of actions: the table that is handed to applets/ at start. */
#ifndef ACTIONS_ACTION_H
#define ACTIONS_ACTION_H

#include "applets/action.h"

/* ORDER: as `action LABEL ?` lists them. Ends with NULL. */
extern const struct action *const actions[];

#endif
