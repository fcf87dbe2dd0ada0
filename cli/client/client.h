/*
 * A session on the daemon as eventctl has it: lines out, output and questions in. How they are shown
 * and answered is the user interface's (one-shot or terminal).
 */
#ifndef CLI_CLIENT_CLIENT_H
#define CLI_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/err.h"

/* Exit statuses: contract 3. */
enum {
	CTL_FINE = 0,
	CTL_REFUSED = 1,
	CTL_USAGE = 2,
	CTL_UNREACHABLE = 4,
	CTL_TIMEOUT = 7,
};

struct client;

struct client_ui {
	void (*output)(struct client *, bool is_json, const char *s);
	/* Ends with client_answer() or client_interrupt(). kind: line, secret, yesno, confirm, collect. */
	void (*question)(struct client *, const char *kind, const char *prompt);
	void (*monitor)(struct client *, const char *text);
};

struct client {
	struct link *link;
	const struct client_ui *ui;
	void *arg; /* of the user interface */
	bool json;
	int timeout_ms;      /* of a line; -1: none */
	char *prompt, *mode; /* after the last result */
	int length, width;   /* of the session's terminal */
	json_int_t id;       /* of the last request */
	bool closed;         /* the session ended by itself (`exit`) */
	json_t *error;       /* of the last refused line, or NULL */
};

/* Set by the interface's signal handler: passed on to the daemon while a line runs. */
extern volatile int client_interrupted;

struct client_spec {
	const char *path;
	bool json, terminal;
	int height, width, timeout_ms;
};

/* Greets and opens a session. NULL with err; *status is the exit status then. */
struct client *client_open(const void *ctx, const struct client_spec *, const struct client_ui *, void *arg,
	int *status, struct err *);

/* CTL_FINE accepted, CTL_REFUSED, CTL_UNREACHABLE, CTL_TIMEOUT. */
int client_line(struct client *, const char *line);
int client_end(struct client *); /* commits an open configuration */

void client_answer(struct client *, const char *text); /* NULL: nothing to answer from */
void client_interrupt(struct client *);

/* `?` and Tab. NULL: the daemon is gone. The caller frees the string with mem_free(). */
char *client_help(struct client *, const char *line);
char *client_complete(struct client *, const char *line);

/* Messages that came while nothing was asked. False: the daemon is gone. */
bool client_idle(struct client *);

#endif
