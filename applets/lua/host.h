/*
 * The processes eventd-lua themselves. Starting one takes longer than most policies run, so one is kept
 * ready while policies are registered: shut in already, knowing nothing of any policy. Each runs one
 * policy once. Freeing a host kills it with its whole group. Engine thread only.
 */
#ifndef APPLETS_LUA_HOST_H
#define APPLETS_LUA_HOST_H

#include <stdbool.h>
#include <sys/types.h>

#include <jansson.h>

#include "core/err.h"

struct host;
struct scripts;

struct host_events {
	void (*on_message)(void *arg, json_t *message);
	void (*on_exit)(void *arg, int exit_code, int term_signal);
};

/* The one that is ready, or a new one. NULL with err: it cannot be started. `events` outlives it. */
struct host *host_take(
	const void *ctx, struct scripts *, const struct host_events *events, void *arg, struct err *);
bool host_send(struct host *, const json_t *message, struct err *);
void host_kill(struct host *);
pid_t host_pid(const struct host *); /* 0: it has ended */

/* Policies came or went: soon there is one that waits, or none. */
void host_keep_ready(struct scripts *);
/* Of the one that waits; 0: there is none. */
pid_t host_ready_pid(const struct scripts *);

#endif
