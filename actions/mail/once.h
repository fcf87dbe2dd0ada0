/*
 * A mail without the queue: one attempt for each destination, all of them within one time, and the worst
 * result for the whole. Nothing is kept. Engine thread only.
 */
#ifndef ACTIONS_MAIL_ONCE_H
#define ACTIONS_MAIL_ONCE_H

#include "actions/mail/queue/request.h"
#include "actions/mail/result.h"
#include "core/clock.h"

struct engine;

/* The result is borrowed for the call. */
typedef void mail_once_f(void *arg, const struct mail_result *);

/* The request is borrowed for the call. `done` is called once, from the loop. Freeing ctx cancels. */
void mail_once(const void *ctx, struct engine *, const struct mail_request *, usec timeout, mail_once_f *done,
	void *arg);

#endif
