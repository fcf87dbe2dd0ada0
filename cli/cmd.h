/*
 * What is done: EXEC commands. A module declares its commands as a const table of rows and hands it
 * in with cli_commands(); parser, `?`, completion, privilege, filters and manual pages read the row.
 * This header and cli/session.h need only core/ and cli/kw/, so that every module may bring its
 * commands from its own folder. Engine thread only.
 *
 *   static enum cmd_result
 *   show_clock(struct session *s, const void *args, struct err *err)
 *   {
 *       w_text(session_writer(s), "...");
 *       return CMD_DONE;
 *   }
 *   static const struct exec_cmd clock_cmds[] = {
 *       { .cmd = { .words = "show clock", .help = "Display the system clock", .level = 1 },
 *         .flags = EXEC_SHOW, .run = show_clock },
 *   };
 *   cli_commands(cli, clock_cmds, 1);
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <stddef.h>

#include "cli/kw/kw.h"
#include "core/err.h"

struct cli;
struct session;

enum cmd_result {
	CMD_DONE,         /* carried out */
	CMD_REFUSED,      /* err says why: printed as "% TEXT", or as it stands when it begins with '%' */
	CMD_REFUSED_BARE, /* the same, err->text printed to the letter, without "% " */
	CMD_WAIT,         /* goes on later: session_wait() or session_ask() was called (cli/session.h) */
};

/* The args live until the command ends, parked or not. Nothing here may block. */
typedef enum cmd_result exec_f(struct session *, const void *args, struct err *);

enum {
	EXEC_SHOW = 1 << 0,      /* output filters are allowed; session_writer() may be JSON */
	EXEC_CONFIG = 1 << 1,    /* typed in configuration mode (crypto pki authenticate), ... */
	EXEC_EXEC = 1 << 2,      /* ... and with this flag beside EXEC_CONFIG in EXEC as well */
	EXEC_SECRET = 1 << 3,    /* the line may hold a secret: kept out of `show history` */
	EXEC_KEEP_MODE = 1 << 4, /* with EXEC_CONFIG: does not leave the sub-mode it is typed in */
	/*
	 * Of the device, not of eventd: where the settings name a program as the device's CLI, which may be that
	 * of another box, it answers policies; with EXEC_ROUTING beside it, so does FRR's vtysh.
	 */
	EXEC_DEVICE = 1 << 5,
	EXEC_ROUTING = 1 << 6,
};

struct exec_cmd {
	struct kw_cmd cmd; /* first: a row is found again from its parsed command */
	unsigned flags;
	exec_f *run;
};

/* Rows are const and must outlive cli. */
void cli_commands(struct cli *, const struct exec_cmd *, size_t n);
/* Commands of IOS that are not here, and why. */
void cli_absent(struct cli *, const struct kw_absent *, size_t n);
/* Help of a word in the middle of commands: cli_word(cli, "show event", "..."). */
void cli_word(struct cli *, const char *path, const char *help);

#endif
