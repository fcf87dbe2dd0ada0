/*
 * The durable mail queue (decision 1 of the specification, mail-security 13): accepted means committed.
 * Messages and the state of each recipient live in the store (store/mailqueue.h); here is an index of
 * what is due, the schedule with its back-off, and what becomes of each attempt. Engine thread only.
 */
#ifndef ACTIONS_MAIL_QUEUE_QUEUE_H
#define ACTIONS_MAIL_QUEUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/mail/queue/request.h"
#include "actions/mail/result.h"

struct engine;
struct mail_queue;

struct mail_queue *mail_queue_new(const void *ctx, struct engine *);

/* What the first attempt came to, or why nothing was accepted (QUEUE_FULL, a full disk). */
struct mail_accepted {
	uint64_t id;               /* MID; 0: not accepted */
	enum mail_outcome outcome; /* of the first attempt */
	unsigned next_try;         /* seconds, of MAIL_DEFERRED */
	const struct mail_result *result;
};

typedef void mail_queue_done_f(void *arg, const struct mail_accepted *);

/*
 * Commits the request, then attempts it; `done` is called once, from the loop, behind the first attempt
 * of every destination. Freeing ctx drops the callback only: what was accepted stays accepted.
 */
void mail_queue_submit(const void *ctx, struct mail_queue *, const struct mail_request *,
	mail_queue_done_f *done, void *arg);

#endif
