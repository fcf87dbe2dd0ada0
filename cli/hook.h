/*
 * The place where `event cli` looks at what is typed: a command that parsed, before it is carried out,
 * and `?` and Tab. An interface for modules below cli/: it needs core/ and cli/kw/ only. Engine thread
 * only.
 */
#ifndef CLI_HOOK_H
#define CLI_HOOK_H

#include <stdbool.h>

struct session;

enum cli_key { CLI_ENTER, CLI_QUESTIONMARK, CLI_TAB };

struct cli_line {
	const char *
		expanded; /* with every keyword written out, up to the key; "do ..." in configuration modes */
	const char *typed;
	const char *mode; /* "exec", "config", "config-applet" */
	enum cli_key key;
};

enum cli_verdict {
	CLI_RUN,  /* carry it out */
	CLI_SKIP, /* do not: counts as accepted (rulings 26) */
	CLI_HOLD, /* the hook called session_wait() and will call session_release() */
};

/* One hook an engine; it is not asked about sessions that policies opened. */
typedef enum cli_verdict cli_hook_f(void *arg, struct session *, const struct cli_line *);

/* Ends a hold: the command is carried out, or skipped. A held session that goes away says so
 * through the session_over_f given to session_wait(). */
void session_release(struct session *, bool run);

/* The line as a log may show it: without the passwords in it. Owned by ctx. */
char *session_masked(const struct session *, const void *ctx, const char *line);

#endif
