/*
 * The helper's HTTPS server, over libmicrohttpd: TLS 1.2 and 1.3 only, callers known before their body is
 * read, and a reply when the engine has one. Helper only, one thread: wait for http_fd(), then http_turn().
 */
#ifndef RPC_HTTP_H
#define RPC_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/err.h"
#include "rpc/request.h"

struct callers;
struct checks;
struct http;

struct http_setup {
	const char *address;           /* NULL: all of IPv6 and IPv4 */
	uint16_t port;                 /* 0: any */
	const char *certificate, *key; /* PEM: our chain, our key */
	unsigned sessions;             /* requests that may wait for the engine at a time */
	struct checks *checks;         /* borrowed; http_turn() is due when checks_fd() is readable */
};

struct http_events {
	/* A request of a known client, to be answered with http_answer(id). */
	void (*called)(
		void *arg, int64_t id, const char *client, const char *peer, const struct rpc_request *);
	/* Somebody was turned away. */
	void (*denied)(void *arg, const char *peer, const char *why);
	void *arg;
};

/* Keeps `callers`, which http_callers() changes. NULL with err. */
struct http *http_new(const void *ctx, const struct http_setup *, struct callers *,
	const struct http_events *, struct err *);
void http_callers(struct http *, struct callers *);
uint16_t http_port(const struct http *); /* where it listens */

/* The reply to a request, of which `body` is taken; one whose caller has gone is forgotten. */
void http_answer(struct http *, int64_t id, unsigned status, json_t *body);

int http_fd(const struct http *);
int http_patience(const struct http *); /* milliseconds until http_turn() is due anyway; -1: none */
void http_turn(struct http *);

#endif
