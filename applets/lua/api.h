/*
 * The calls that a running policy can make: one table. A row is served by a function of ours at once
 * or later, or it is an action of applets, whose table of keywords reads the arguments and whose exec()
 * does the work, as a step of the run. Engine thread only.
 */
#ifndef APPLETS_LUA_API_H
#define APPLETS_LUA_API_H

#include <stdbool.h>

#include <jansson.h>

#include "applets/lua/process.h"
#include "core/err.h"
#include "sched/run.h"

struct script_run;

/* What a call has come to. */
enum served {
	SERVED_VALUE,   /* *value is the answer (NULL: nothing) */
	SERVED_REFUSED, /* err says why, err->class its code */
	SERVED_LATER,   /* api_answer() or api_refuse() will come */
};
typedef enum served api_f(struct script_run *, const json_t *args, json_t **value, struct err *);

struct api_call {
	const char *name; /* as the process names it; eem.NAME in messages */
	api_f *serve;
	const char *action;              /* instead: the word of an action */
	json_t *(*result)(struct run *); /* of an action that was good: the answer; NULL: nothing */
};

/* ORDER: none; ends with a NULL name. */
extern const struct api_call api_calls[];

/* ---- for whoever serves ---- */
struct run *api_run(const struct script_run *);
struct scripts *api_scripts(const struct script_run *);
const void *api_ctx(const struct script_run *); /* of the call under way; run_ctx() for the whole run */
void api_answer(struct script_run *, json_t *value);
void api_refuse(struct script_run *, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Ends the run well, with this status, wherever its process is. */
void api_exit(struct script_run *, int status);

/* Slots for what belongs to one run. */
struct api_parts {
	struct cli_sessions *cli;
	struct waiter *waiter;
};
struct api_parts *api_parts(struct script_run *);

/* Shorthands for arguments. */
const char *api_text(struct script_run *, const json_t *args, const char *key, size_t *n); /* NULL: none */
bool api_seconds(const json_t *args, const char *key, double max, usec *out, struct err *);

/* events.c */
api_f api_event, api_events, api_wait;
/* cli.c */
api_f api_cli_open, api_cli_exec, api_cli_write, api_cli_read, api_cli_expect, api_cli_drain,
	api_cli_readline, api_cli_close;
/* machine.c */
api_f api_info_cpu, api_info_memory, api_info_processes;
/* timer.c */
api_f api_timer_arm, api_timer_cancel;
/* store.c */
api_f api_store_get, api_store_set, api_store_all, api_context_save, api_context_retrieve;

#endif
