/*
 * The CLI of one engine: its commands, its terminal lines and the sessions on them. Commands come
 * as tables (cli/cmd.h), sessions from transports (cli/shell.h). Engine thread only.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cmd.h"
#include "cli/hook.h"
#include "core/clock.h"
#include "core/err.h"

struct cli;
struct engine;
struct kw_tree;
struct session;

/* Registers the CLI's own commands and shows log messages on terminals that asked for them. */
struct cli *cli_new(const void *ctx, struct engine *);
struct engine *cli_engine(const struct cli *);

/* Commands typed in EXEC, and those typed in configuration modes. */
struct kw_tree *cli_exec_tree(const struct cli *);
struct kw_tree *cli_config_tree(const struct cli *);

/* ---- sessions ---- */
/* In order of their line numbers. */
void cli_each_session(const struct cli *, void (*f)(void *arg, struct session *), void *arg);

/* ---- `event cli`: cli/hook.h ---- */
void cli_set_hook(struct cli *, cli_hook_f *, void *arg);

/* ---- a row of `show system processes` ---- */
struct cli_process {
	const char *name, *role;
	int pid; /* 0: not running */
	unsigned long jobs, restarts;
};
typedef void cli_process_f(void *arg, const struct cli_process *);
typedef void cli_processes_f(void *source, cli_process_f *, void *arg);
/* Modules that own helper processes report them. */
void cli_add_processes(struct cli *, cli_processes_f *, void *source);
void cli_each_process(const struct cli *, cli_process_f *, void *arg);

#endif
