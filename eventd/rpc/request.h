/*
 * What a caller wants, out of an HTTP request:
 *
 *     POST /v1/run/POLICY    {"args":["a",1]}             run a policy of `event rpc`, wait for it
 *     POST /v1/publish       {"type":42,"args":["a"]}     an event for `event application`, sub-system 798
 *     GET  /v1/policies                                   which policies may be run
 *
 * A body is optional where all of it is. Pure; any thread.
 */
#ifndef RPC_REQUEST_H
#define RPC_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum {
	RPC_BODY_MAX = 64 * 1024,
	RPC_RUN_ARGS = 14,
	RPC_PUBLISH_ARGS = 4,
	RPC_NAME_MAX = 256, /* bytes of a policy's name */
};

enum rpc_method { RPC_RUN, RPC_PUBLISH, RPC_POLICIES };

struct rpc_request {
	enum rpc_method method;
	const char *policy; /* NULL unless RPC_RUN */
	uint32_t type;      /* RPC_PUBLISH */
	const char **args;
	size_t nargs;
};

/*
 * Everything in ctx. The answer is the HTTP status: 200, or what is wrong with the request, of which err has
 * the sentence. `path` has no query and is not decoded yet.
 */
unsigned rpc_request_read(const void *ctx, const char *verb, const char *path, const char *body, size_t n,
	struct rpc_request *, struct err *);

#endif
