/* The actions there are. */
#include "actions/action.h"

#include "actions/data/data.h"
#include "actions/flow/flow.h"

const struct action *const actions[] = {
	&action_comment,
	&action_else,
	&action_elseif,
	&action_end,
	&action_exit,
	&action_handle_error,
	&action_if,
	&action_set,
	&action_wait,
	NULL,
};
