/* Actions that decide what runs next. */
#ifndef ACTIONS_FLOW_FLOW_H
#define ACTIONS_FLOW_FLOW_H

#include "actions/action.h"

extern const struct action action_if, action_elseif, action_else, action_end;
extern const struct action action_while, action_foreach, action_break, action_continue;
extern const struct action action_policy, action_publish_event;
extern const struct action action_exit, action_wait, action_comment, action_handle_error;

#endif
