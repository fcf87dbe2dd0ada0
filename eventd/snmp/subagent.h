/*
 * The helper as a subagent of the device's agent: opens a session with the master at its socket, registers the
 * objects of policies, and hands requests on. Those that wait for an answer hold nothing else up. When the
 * master is not there, it is looked for again. Helper only, one thread.
 */
#ifndef SNMP_SUBAGENT_H
#define SNMP_SUBAGENT_H

#include <stdint.h>
#include <sys/select.h>

#include <jansson.h>

#include "core/err.h"

struct subagent;

/* A request, or a change of state, as the engine is told of it; the receiver owns it. */
typedef void subagent_f(void *arg, json_t *event);

/* `objects` is [{"oid","table","type","seconds"}]. */
struct subagent *subagent_new(
	const void *ctx, const char *socket, const json_t *objects, subagent_f *, void *arg);

/* {"request":N, "value","type","next"}, or {"request","none"}, {"request","done"}, {"request","failed"}. */
void subagent_answer(struct subagent *, const json_t *answer);

/* The descriptor to read, or -1; how long at most until subagent_turn(), in milliseconds, or -1. */
int subagent_fd(const struct subagent *);
int subagent_patience(const struct subagent *);
void subagent_turn(struct subagent *, bool readable);

#endif
