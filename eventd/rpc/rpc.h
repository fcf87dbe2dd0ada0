/*
 * The engine's side of `event rpc`: the lines `event manager rpc ...`, the helper eventd-rpc that serves them,
 * and its calls, which the detector answers. Off without a `listen` line. Engine thread only.
 */
#ifndef RPC_RPC_H
#define RPC_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/engine.h"
#include "rpc/request.h"

struct cli;
struct helper;
struct rpc;

struct rpc *rpc_new(const void *ctx, struct engine *);
void rpc_config_start(struct engine *); /* the lines */
void rpc_commands(struct cli *);        /* show event manager rpc */
const struct helper *rpc_helper(const struct rpc *);

/* A call of a known client; valid while it is handed over. */
struct rpc_call {
	int64_t id;
	const char *client; /* of the configuration */
	const char *peer;   /* its address */
	struct rpc_request request;
};
typedef void rpc_called_f(void *arg, const struct rpc_call *);
/* Who answers, with rpc_answer(), sooner or later; one at most. */
void rpc_on_call(struct rpc *, rpc_called_f *, void *arg);
/* HTTP status and body, which is taken. A caller who has gone is fine. */
void rpc_answer(struct rpc *, int64_t id, unsigned status, json_t *body);

/*
 * NULL: calls are served, or are about to be. Else what is missing for it ("a listener (event manager rpc
 * listen)", "a listener: TCP port 8443: Address already in use").
 */
const char *rpc_lacks(const struct rpc *);
/* Told when rpc_lacks() answers something else. */
typedef void rpc_changed_f(void *arg);
void rpc_on_change(struct rpc *, rpc_changed_f *, void *arg);

/* `event manager detector rpc max-sessions`: whoever reads that line says how many. */
void rpc_on_sessions(struct rpc *, unsigned (*f)(const struct engine *));

/* The configuration has changed. */
void rpc_reconfigure(struct rpc *);

struct rpc_counters {
	uint64_t calls, denied;
};
struct rpc_counters rpc_counters(const struct rpc *);
uint16_t rpc_port(const struct rpc *);     /* 0: nothing is served */
const char *rpc_place(const struct rpc *); /* "TCP port 8443 of 192.0.2.1"; NULL: nothing is served */

#endif
