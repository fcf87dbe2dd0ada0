/* The lines `event manager rpc ...` as they are typed, and what they mean for the helper. */
#ifndef RPC_ROWS_H
#define RPC_ROWS_H

#include <jansson.h>

#include "cli/kw/kw.h"
#include "core/engine.h"
#include "core/err.h"

#define RPC_LISTEN "event manager rpc listen"
#define RPC_CLIENT "event manager rpc client"

struct listen_args {
	struct kw_str address, trustpoint;
	struct kw_int port;
};

struct client_args {
	struct kw_str name, token, trustpoint, as, policy;
};

void rpc_rows_start(struct engine *);

/* NULL: there is no such line. */
const struct listen_args *rpc_listen_line(const struct engine *);
void rpc_each_client(const struct engine *, void (*f)(void *arg, const struct client_args *), void *arg);

/*
 * {"op":"setup",...}; NULL with err when there is no certificate to serve with. A client whose trustpoint has
 * none is left out, and stands in `refused`, an object: its name with the reason.
 */
json_t *rpc_setup(const struct engine *, unsigned sessions, json_t *refused, struct err *err);
/* The same where nothing is to be served. */
json_t *rpc_setup_nothing(void);

#endif
