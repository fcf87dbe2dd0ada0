/*
 * OAuth tokens for a login, fetched anew for each job: the first line that a program prints, or of a file.
 * The program runs without a shell, has `within` (TOKEN_TIME at most), and sees no password. Engine thread; nothing blocks it.
 */
#ifndef ACTIONS_MAIL_TOKEN_H
#define ACTIONS_MAIL_TOKEN_H

#include <stdbool.h>

#include "core/clock.h"
#include "core/err.h"

#define TOKEN_TIME (10 * USEC_PER_SEC)

struct engine;

/*
 * `token` is borrowed, NULL with err: class NO_PASSWORD (there is no such program, no such file) or
 * AUTH_TEMPFAIL, with the last line that a program which failed wrote to its standard error.
 */
typedef void token_done_f(void *arg, const char *token, const struct err *);

/* `done` is called once, from the loop. Exactly one of the two is given. Freeing ctx ends the program and drops the callback. */
void token_fetch(const void *ctx, struct engine *, const char *command, const char *file, usec within,
	token_done_f *done, void *arg);

/* The first line of n octets, when it is a token (RFC 6750 2.1: letters, digits, -._~+/ and =); else NULL. Wiped when freed. */
char *token_first_line(const void *ctx, const char *s, unsigned long n);

/* The program and arguments of a token command; argv[0] NULL when there is none. Quotes hold words together. */
const char *const *token_argv(const void *ctx, const char *command);

#endif
