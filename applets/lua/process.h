/*
 * One eventd-lua process: started with the text of a policy, it makes one call at a time and is
 * answered; then it says its last word or dies. Whatever it sends is foreign: what breaks the rules of
 * applets/lua/wire.h kills it. Freeing the process (or its context) kills it with its whole group.
 * Engine thread only.
 */
#ifndef APPLETS_LUA_PROCESS_H
#define APPLETS_LUA_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>

#include "core/clock.h"
#include "core/err.h"

struct process;
struct scripts;

struct process_end { /* a view, valid during the call */
	bool failed;
	int status;          /* what the policy returned */
	const char *code;    /* "FH_ESYSERR" */
	const char *message; /* a sentence, where it happened included */
	const char *at;      /* "FILE:12"; "" when that is not known */
};

struct process_call {
	const char *name;
	const json_t *args; /* an object */
	const char *at;     /* "FILE:12" */
};

struct process_spec {
	const char *mode; /* "register", "run" */
	const char *name; /* of the policy */
	const char *text;
	size_t len;
	usec cpu; /* processor time that it may use at most; 0 = as much as it likes */
	/* Answered with process_answer() or process_refuse(), once, now or later. */
	void (*on_call)(void *arg, const struct process_call *);
	/* Last. Neither callback may free the process: what they decide happens from the loop. */
	void (*on_end)(void *arg, const struct process_end *);
	void *arg;
};

struct process *process_start(const void *ctx, struct scripts *, const struct process_spec *, struct err *);
void process_answer(struct process *, json_t *value); /* takes the value; NULL is null */
void process_refuse(struct process *, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same by an error: its class is the code, its hint stands behind the sentence. */
void process_refuse_err(struct process *, const struct err *);

/*
 * For tests: no process is started; whatever would be written to it goes to f, and f's owner says what
 * it says. The message is borrowed.
 */
typedef void process_fake_f(void *arg, struct process *, const json_t *message);
void process_fake(struct scripts *, process_fake_f *, void *arg);
void process_hear(struct process *, json_t *message);

#endif
