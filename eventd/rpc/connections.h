/*
 * The connections of the server: each has a time to bring its request, TLS included, and as much to take the
 * reply, however slowly it drips; one that is idle between requests has it too. Helper only, one thread.
 */
#ifndef RPC_CONNECTIONS_H
#define RPC_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

struct connections;

struct connections *connections_new(const void *ctx);

/* For MHD_OPTION_NOTIFY_CONNECTION; cls is the struct connections. */
void connections_notify(
	void *cls, struct MHD_Connection *, void **place, enum MHD_ConnectionNotificationCode);

/* Its time begins anew; or does not count: it waits for us. */
void connections_begin(struct connections *, struct MHD_Connection *);
void connections_rest(struct connections *, struct MHD_Connection *);

int64_t connections_now(void); /* milliseconds of the monotonic clock */
int64_t connections_patience(
	const struct connections *, int64_t now);         /* until connections_turn(); -1: none */
void connections_turn(struct connections *, int64_t now); /* ends those whose time is over */

/* Has any ended since this was asked last? */
bool connections_ended(struct connections *);

#endif
