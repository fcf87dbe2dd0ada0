/*
 * A terminal as a policy sees it: the place where `puts` of a synchronous run appears and `gets`
 * reads. Implemented by CLI sessions; a run holds it only while the session waits for the run.
 */
#ifndef CORE_TTY_H
#define CORE_TTY_H

#include <stdbool.h>
#include <stddef.h>

struct text;

struct tty {
	void (*print)(struct tty *, const char *s, size_t n);
	/* Asks for one line; `got` is called once, with NULL when the terminal went away. */
	void (*ask)(struct tty *, const char *prompt, void (*got)(void *arg, const char *line), void *arg);
	/*
	 * What `?` is about to show, while it waits for the policy: appends it, and puts another text in
	 * its place. False: no `?` waits. May be NULL.
	 */
	bool (*help)(struct tty *, struct text *out);
	bool (*set_help)(struct tty *, const char *text);
	const char *name; /* "vty0" */
};

/*
 * A CLI session opened by a policy (`action cli command`). Output arrives in pieces, prompts
 * included. Implemented by cli/, reached through the engine.
 */
struct cli_port;
struct cause;

/* Which part of the conversation with the device's CLI failed: FMPD_CLI_CONNECT, _READ, _WRITE. */
enum cli_port_failure { CLI_PORT_CONNECT, CLI_PORT_READ, CLI_PORT_WRITE };

/* What a port tells its policy, always from the loop. */
struct cli_port_events {
	void (*output)(void *arg, const char *s, size_t n);
	/* the session waits for input: at a prompt (is_prompt) or at a question of a command */
	void (*waiting)(void *arg, int is_prompt);
	/* the line that was sent last will not be answered; the session itself goes on */
	void (*failed)(void *arg, enum cli_port_failure, const char *why);
};

/* A port is closed by freeing it (or its ctx). */
struct cli_port_ops {
	/* `policy` names the session "vtyN (EEM:policy)"; `events` outlives the port. NULL: no line is free. */
	struct cli_port *(*open)(void *engine, const void *ctx, const char *policy, struct cause *,
		const struct cli_port_events *events, void *arg);
	void (*send)(struct cli_port *, const char *line); /* one line, without its newline */
	/* A command has not answered yet and would read a line as its input (`pattern`). */
	bool (*takes_answer)(const struct cli_port *);
	/* "R1(config)#" */
	const char *(*prompt)(struct cli_port *);
	/* Is the beginning of a line understood in some mode, or is there a device that would get it? May be NULL. */
	bool (*knows)(const void *engine, const char *line);
};

#endif
