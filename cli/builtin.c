/* The CLI's own commands, in one list. */
#include "cli/builtin.h"

#include <stddef.h>

#include "cli/cmd.h"

static void (*const families[])(struct cli *) = {
	exec_session_register,
	exec_absent_register,
	exec_counters_register,
	exec_enable_register,
	exec_terminal_register,
	exec_debug_register,
	exec_check_register,
	exec_eem_register,
	exec_scheduler_register,
	exec_files_register,
	exec_config_register,
	exec_log_register,
	exec_reload_register,
	alias_register,
	exec_ping_register,
	show_config_register,
	show_eem_register,
	show_logging_register,
	show_flows_register,
	show_interfaces_register,
	show_processes_register,
	show_routes_register,
	show_arp_register,
	show_mac_register,
	show_ipv6_interfaces_register,
	show_discovery_register,
	show_file_systems_register,
	show_system_register,
};

/* Words that no command ends at. */
static const struct {
	const char *path, *help;
} words[] = {
	{ "clear", "Reset functions" },
	{ "clear mail", "What is kept about mail" },
	{ "configure", "Enter configuration mode" },
	{ "copy", "Copy from one file to another" },
	{ "crypto", "Encryption related commands" },
	{ "crypto pki", "Public Key components" },
	{ "debug", "Debugging functions (see also 'undebug')" },
	{ "erase", "Erase a filesystem" },
	{ "event", "Event related commands" },
	{ "event manager", "Event manager exec commands" },
	{ "no", "Negate a command or set its defaults" },
	{ "send", "Send a message" },
	{ "show", "Show running system information" },
	{ "show crypto", "Encryption module" },
	{ "show crypto pki", "Show PKI" },
	{ "show event", "Embedded event related commands" },
	{ "show event manager", "Event manager information" },
	{ "show mail", "Delivery of mail by applets" },
	{ "show system", "System information" },
	{ "terminal", "Set terminal line parameters" },
	{ "terminal history", "Enable and control the command history function" },
	{ "terminal no", "Negate a command or set its defaults" },
	{ "undebug", "Disable debugging functions (see also 'debug')" },
	{ "write", "Write running configuration to memory" },
};

void
cli_builtin(struct cli *cli)
{
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		cli_word(cli, words[i].path, words[i].help);
	for (i = 0; i < sizeof families / sizeof families[0]; i++)
		families[i](cli);
}
