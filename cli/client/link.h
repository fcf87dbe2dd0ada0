/*
 * eventctl's end of the control socket (protocol: cli/server.h). Blocking, one thread; waits for the
 * socket, for a descriptor of the caller, for a signal, for a time.
 */
#ifndef CLI_CLIENT_LINK_H
#define CLI_CLIENT_LINK_H

#include <stdbool.h>

#include <jansson.h>

#include "core/err.h"

struct link;

struct link *link_open(const void *ctx, const char *path, struct err *);
bool link_send(struct link *, json_t *message); /* takes the message; false: the daemon is gone */

enum { LINK_MESSAGE = 1, LINK_FD = 2, LINK_CLOSED = 4, LINK_TIMEOUT = 8, LINK_SIGNAL = 16 };
/* fd -1: none; timeout in milliseconds, -1: none. What happened, as bits. */
unsigned link_wait(struct link *, int fd, int timeout_ms);
/* The next message, the caller's; NULL: none there. */
json_t *link_next(struct link *);

/* Milliseconds of a clock that is never set. */
long long link_now_ms(void);

#endif
