/*
 * A terminal as a policy sees it: the place where `puts` of a synchronous run appears and `gets`
 * reads. Implemented by CLI sessions; a run holds it only while the session waits for the run.
 */
#ifndef CORE_TTY_H
#define CORE_TTY_H

#include <stddef.h>

struct tty {
	void (*print)(struct tty *, const char *s, size_t n);
	/* Asks for one line; `got` is called once, with NULL when the terminal went away. */
	void (*ask)(struct tty *, const char *prompt, void (*got)(void *arg, const char *line), void *arg);
	const char *name; /* "vty0" */
};

/*
 * A CLI session opened by a policy (`action cli command`). Output arrives in pieces, prompts
 * included. Implemented by cli/, reached through the engine.
 */
struct cli_port;
struct cause;

struct cli_port_ops {
	/* `policy` names the session "vtyN (EEM:policy)". NULL: no line is free, why filled by *err. */
	struct cli_port *(*open)(void *engine, const void *ctx, const char *policy, struct cause *,
		void (*output)(void *arg, const char *s, size_t n),
		/* the session waits for input: at a prompt (is_prompt) or at a question of a command */
		void (*waiting)(void *arg, int is_prompt), void *arg);
	void (*send)(struct cli_port *, const char *line); /* one line, without its newline */
	const char *(*prompt)(struct cli_port *);          /* "R1(config)#" */
							   /* Closing is freeing the port (or its ctx). */
};

#endif
