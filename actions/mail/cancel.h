/*
 * Giving up a job from another thread: waits watch a descriptor, and the socket of whoever waits inside
 * a library is shut down beneath it. One per process or per job under way.
 */
#ifndef ACTIONS_MAIL_CANCEL_H
#define ACTIONS_MAIL_CANCEL_H

#include <stdbool.h>

struct cancel;

struct cancel *cancel_new(const void *ctx);
void cancel_fire(struct cancel *); /* any thread */
void cancel_reset(struct cancel *);
bool cancel_fired(struct cancel *); /* any thread */

/* Readable once fired. */
int cancel_fd(const struct cancel *);

/* The socket to shut down when fired, -1 = none. Call with -1 before closing it. */
void cancel_guard(struct cancel *, int fd);

#endif
