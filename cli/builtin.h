/* The CLI's own commands: one function for each file of cli/exec/ and cli/show/. */
#ifndef CLI_BUILTIN_H
#define CLI_BUILTIN_H

struct cli;
struct conf;

/* The configuration lines of the CLI itself: file prompt. */
void cli_conf_rows(struct conf *);
/* login on-success, login on-failure. */
void login_conf_rows(struct conf *);

/* alias exec. */
void alias_conf_rows(struct conf *);

/* All of the below. */
void cli_builtin(struct cli *);

void exec_session_register(struct cli *);         /* exit, end, configure terminal */
void exec_absent_register(struct cli *);          /* what IOS has and we have not */
void exec_counters_register(struct cli *);        /* clear counters */
void exec_enable_register(struct cli *);          /* enable, disable */
void exec_terminal_register(struct cli *);        /* terminal ... */
void exec_debug_register(struct cli *);           /* debug, undebug, show debugging */
void exec_files_register(struct cli *);           /* copy, delete, dir, more */
void exec_config_register(struct cli *);          /* write memory, copy running-config, configure replace */
void exec_ping_register(struct cli *);            /* ping */
void alias_register(struct cli *);                /* show aliases */
void exec_reload_register(struct cli *);          /* reload, show reload */
void exec_log_register(struct cli *);             /* send log, clear logging */
void show_config_register(struct cli *);          /* show running-config, show startup-config */
void show_logging_register(struct cli *);         /* show logging */
void exec_check_register(struct cli *);           /* event manager check */
void exec_eem_register(struct cli *);             /* event manager run */
void exec_scheduler_register(struct cli *);       /* event manager scheduler, clear event manager */
void show_eem_register(struct cli *);             /* show event manager ... */
void show_flows_register(struct cli *);           /* show flow monitor */
void show_interfaces_register(struct cli *);      /* show interfaces, show ip interface */
void show_processes_register(struct cli *);       /* show processes cpu, memory */
void show_routes_register(struct cli *);          /* show ip route, show ipv6 route */
void show_arp_register(struct cli *);             /* show arp, show ipv6 neighbors, and what clears them */
void show_mac_register(struct cli *);             /* show mac address-table, and what clears it */
void show_ipv6_interfaces_register(struct cli *); /* show ipv6 interface brief */
void show_discovery_register(struct cli *);       /* show cdp neighbors, show lldp neighbors */
void show_file_systems_register(struct cli *);    /* show file systems */
void show_system_register(struct cli *);          /* show clock, version, users, history, system processes */

#endif
