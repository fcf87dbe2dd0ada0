/*
 * The session with the master agent of the device (AgentX, RFC 2741): opened at its socket; registers the
 * objects of policies, and hands requests on. Those that wait for an answer hold nothing else up. When the
 * master is not there, it is looked for again. Helper only, one thread.
 */
#ifndef SNMP_AGENTX_SESSION_H
#define SNMP_AGENTX_SESSION_H

#include <stdint.h>
#include <sys/select.h>

#include <jansson.h>

#include "core/err.h"

struct agentx_session;

/* A request, or a change of state, as the engine is told of it; the receiver owns it. */
typedef void agentx_session_f(void *arg, json_t *event);

/* `objects` is [{"oid","table","type","seconds"}]. */
struct agentx_session *agentx_session_new(
	const void *ctx, const char *socket, const json_t *objects, agentx_session_f *, void *arg);

/* {"request":N, "value","type","next"}, or {"request","none"}, {"request","done"}, {"request","failed"}. */
void agentx_session_answer(struct agentx_session *, const json_t *answer);

/* The descriptor to read, or -1; how long at most until agentx_session_turn(), in milliseconds, or -1. */
int agentx_session_fd(const struct agentx_session *);
int agentx_session_patience(const struct agentx_session *);
void agentx_session_turn(struct agentx_session *, bool readable);

#endif
