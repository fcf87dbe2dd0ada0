/* The inside of a session, shared by the files of cli/ only. */
#ifndef CLI_SESSION_PRIVATE_H
#define CLI_SESSION_PRIVATE_H

#include <sys/queue.h>

#include "cli/cli.h"
#include "cli/pipe.h"
#include "cli/shell.h"
#include "core/loop.h"
#include "core/text.h"
#include "core/tty.h"

#define HISTORY_MAX 256

/* What a question is for: a command's dialog, or the terminal of a synchronous policy. */
struct question {
	bool open;
	enum ask_kind kind;
	session_answer_f *answered;
	void *arg;
	void (*got)(void *arg, const char *line); /* of tty->ask */
	struct text lines;                        /* of ASK_COLLECT */
	char *prompt;
};

/* The line being carried out. A context: it owns whatever the command made in it. */
struct command {
	struct session *session;
	uint64_t serial;
	const char *typed; /* with an alias written out */
	const char *as_typed;
	const char *line;           /* the command behind `do ` and before the filters */
	size_t column;              /* where `line` starts in `typed` */
	const struct exec_cmd *row; /* NULL: a configuration line */
	const void *args;
	const char *expanded;
	enum cli_key key;      /* what ended the line */
	const char *help;      /* what a policy wants `?` to show; NULL: what the parser says */
	session_key_f *answer; /* of session_key(); NULL: a line */
	void *answer_arg;
	bool bare;        /* how a refusal is printed */
	bool is_do;       /* an EXEC command in configuration mode */
	struct err other; /* why a configuration line is none of our commands */

	struct pipe *pipe; /* NULL: no filters */
	struct writer *writer;
	struct text written;  /* by the writer */
	struct text filtered; /* by the filters, for JSON */

	bool waiting;
	session_over_f *over;
	void *over_arg;
	struct timer *deadline;
	struct question question;
};

void login_failed(struct session *); /* cli/config/login.c */

struct session {
	struct cli *cli;
	const struct session_ops *ops;
	void *arg;
	struct session *next, *prev; /* of cli, by line number */
	unsigned line;
	char tty_name[16];
	char *user, *location, *who;
	unsigned level, entitled; /* now; as it was opened */
	struct cause *cause;
	bool is_policy, json, echoes, help_by_line, closing, config_changed;
	struct session_term term;
	struct tty tty;
	struct conf_edit *edit; /* NULL: in EXEC */
	struct command *cmd;    /* NULL: at the prompt */
	uint64_t serial;
	char *history[HISTORY_MAX];
	unsigned history_n;
	usec opened, active; /* monotonic */
	char prompt[160];
};

struct cli {
	struct engine *engine;
	struct kw_tree *exec, *config;
	struct session *sessions;
	cli_hook_f *hook;
	void *hook_arg;
	unsigned checks; /* passwords being looked at in a worker */
	bool quiet;      /* file prompt quiet */
	unsigned logins, failed_logins;
	struct processes *processes;
	LIST_HEAD(, cli_port) ports; /* of policies: cli/port.c */
	struct reload *reload;       /* that is scheduled; NULL: none. cli/exec/reload.c */
	TAILQ_HEAD(, alias) aliases; /* of the configuration: cli/alias.c */
	bool has_told_no_device;     /* of a policy's command that nobody knows */
};

/* cli/execute.c */
void command_help(struct command *, struct text *out);                 /* what its `?` shows */
void command_go(struct command *);                                     /* behind the hook */
void command_end(struct command *, bool accepted, const struct err *); /* frees it, calls ready() */
struct command *command_new(struct session *, const char *line);

/* cli/timestamp.c */
void timestamp_show(struct session *); /* of the running command, when the terminal wants it */

/* cli/theirs.c */
/* A line that was refused as unknown, and is known to be the device's: err says so. Columns are those of c->line. */
void blame_device(const struct command *, struct err *);

/* cli/settle.c */
void command_settle(
	struct command *); /* command_end() of an accepted line, once its policies are registered */

/* cli/known.c */
/* Does the session understand the line (perhaps to refuse it)? Otherwise it may be the device's. */
bool session_knows(struct session *, const char *line);
/* Does any mode understand it, whatever stands behind? */
bool cli_knows(const struct cli *, const char *line);
bool line_is_of_eem(const char *line); /* `event manager ...`, `no event ...`, `show event ...` */

/* cli/hook.c */
void hook_ask(struct command *); /* goes on with command_go() or command_end(), at once or later */

/* cli/report.c */
void report_refusal(struct session *, const struct command *, const struct err *);

/* cli/notices.c */
/* Between the two, why a policy is not registered is printed as "% ...", unless the terminal shows the log. */
struct notices *notices_begin(struct session *);
void notices_end(struct notices *);

/* cli/mode.c */
const char *mode_parser_name(const struct session *); /* "exec", "config-applet" */
bool mode_enter_config(struct session *);
/* Leaves configuration altogether, committing. */
bool mode_leave_config(struct session *, struct err *);
/* As conf_edit_line(), with the reasons of policies that are not registered. */
bool mode_line(struct session *, const char *line, bool confirmed, const char **question, struct err *);
/* Of a session that is gone: what was not committed is dropped. */
void mode_abandon(struct session *);
bool mode_exit(struct session *, struct err *);      /* one level up */
bool mode_to_global(struct session *, struct err *); /* out of sub-modes, into "config" */

/* cli/session.c */
void session_emit(struct session *, bool is_json, const char *s, size_t n); /* past the filters */
bool session_command_is(const struct session *, uint64_t serial);

/* cli/dialog.c */
void question_drop(struct command *);
void question_put(struct session *, const char *prompt); /* prints what a transport does not */

#endif
