/*
 * Policies that are called from outside (eem-language 4.21): the statement and the event, which the detector
 * and whoever serves the calls both know.
 */
#ifndef BUS_RPC_H
#define BUS_RPC_H

#include <stdint.h>

#include "bus/spec.h"

enum { RPC_ARGS = 14, RPC_WAIT_S = 30 };

struct rpc_spec {
	struct spec_common common;
	struct kw_time wait;
};

struct rpc_data {
	int64_t argc;                  /* the policy's name counts, as in C */
	const char *arg[RPC_ARGS + 1]; /* NULL: not given */
};

#endif
