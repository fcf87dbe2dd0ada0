/* The actions there are. */
#include "actions/action.h"

#include "actions/data/data.h"
#include "actions/flow/flow.h"
#include "actions/io/io.h"
#include "actions/mail/mail.h"

const struct action *const actions[] = {
	&action_add,
	&action_append,
	&action_break,
	&action_cli,
	&action_cns_event,
	&action_comment,
	&action_context,
	&action_continue,
	&action_counter,
	&action_decrement,
	&action_divide,
	&action_else,
	&action_elseif,
	&action_end,
	&action_exit,
	&action_export_to_telemetry,
	&action_file,
	&action_force_switchover,
	&action_foreach,
	&action_gets,
	&action_handle_error,
	&action_help,
	&action_if,
	&action_increment,
	&action_info,
	&action_mail,
	&action_multiply,
	&action_policy,
	&action_publish_event,
	&action_puts,
	&action_regexp,
	&action_reload,
	&action_set,
	&action_snmp_object_value,
	&action_snmp_trap,
	&action_string,
	&action_subtract,
	&action_syslog,
	&action_track,
	&action_wait,
	&action_while,
	NULL,
};
