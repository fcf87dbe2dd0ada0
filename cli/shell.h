/*
 * A session as its transport sees it: lines in, output and questions out. The control server
 * (cli/server.h), the port of policies (cli/port.h) and tests are transports. Freeing the session
 * ends it: what runs in it is told, uncommitted configuration is dropped. Engine thread only.
 */
#ifndef CLI_SHELL_H
#define CLI_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/hook.h"
#include "cli/session.h"
#include "core/err.h"

struct cli;
struct text;

/* How a line ended. */
struct outcome {
	bool accepted;
	bool interrupted; /* Ctrl-C */
	const struct err *err;
};

struct session_ops {
	/* is_json: a document of a `show`; else text for the screen. */
	void (*output)(void *arg, bool is_json, const char *s, size_t n);
	/* Waits for session_answer(). The prompt has not been printed by output(). */
	void (*question)(void *arg, enum ask_kind, const char *prompt);
	/* The line is done; the next may be given (not from inside this call). */
	void (*ready)(void *arg, const struct outcome *);
	/* A message for a terminal that monitors; may come at any time. Without newline. */
	void (*monitor)(void *arg, const char *line, size_t n);
	/* Octets of output that the other end has not taken yet. NULL: it takes all at once. */
	size_t (*backlog)(void *arg);
};

struct session_spec {
	const char *user;     /* "" for none */
	const char *location; /* "local", "10.0.0.1", "EEM:NAME" */
	unsigned level;
	struct cause *cause; /* a reference is taken */
	bool is_policy;
	bool wants_json;
	bool echoes; /* its screen shows prompt and typed line, so that `^` is counted with the prompt */
	bool help_by_line;      /* a line that ends in '?' asks for help (rulings 24) */
	unsigned length, width; /* 0: the defaults, 24 and 80 */
};

/* NULL: no line is free. */
struct session *session_open(const void *ctx, struct cli *, const struct session_spec *,
	const struct session_ops *, void *arg, struct err *);

/* One line without its newline, only while session_is_ready(). Ends with ops->ready(), perhaps at once. */
void session_line(struct session *, const char *line);
bool session_is_ready(const struct session *);
bool session_is_asking(const struct session *);
/* NULL: there is nothing to answer from, the default is taken. ASK_COLLECT takes lines as they come. */
void session_answer(struct session *, const char *text);
void session_interrupt(struct session *);
bool session_is_closing(const struct session *); /* `exit` was typed */

/* cli/config/login.c: what the log is told of people who come and go. */
void login_succeeded(struct session *);
void login_ended(struct session *);
/* The end of the input: commits what is open, as Ctrl-Z does. False with err: it was refused. */
bool session_end_config(struct session *, struct err *);

const char *session_prompt(struct session *); /* "R1(config-applet)#"; valid until the next call */

/*
 * `?` behind `line`, and Tab, of somebody who types: `answer` is called once with what to show, or to add;
 * perhaps later, for a policy that waits for the key (`event cli ... questionmark sync yes`).
 */
typedef void session_key_f(void *arg, const char *text);
void session_key(struct session *, enum cli_key, const char *line, session_key_f *answer, void *arg);

/* The same of the CLI alone. */
void session_help(struct session *, const char *line, struct text *out);
void session_complete(struct session *, const char *line, struct text *out);

#endif
