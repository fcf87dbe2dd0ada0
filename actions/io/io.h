/* Actions that speak to the log, the terminal and the CLI: the rows that actions/registry.c lists. */
#ifndef ACTIONS_IO_IO_H
#define ACTIONS_IO_IO_H

#include "actions/action.h"

extern const struct action action_cli, action_cns_event, action_export_to_telemetry;
extern const struct action action_file;
extern const struct action action_gets;
extern const struct action action_force_switchover, action_reload;
extern const struct action action_help;
extern const struct action action_info;
extern const struct action action_puts;
extern const struct action action_snmp_object_value, action_snmp_trap;
extern const struct action action_syslog;

#endif
