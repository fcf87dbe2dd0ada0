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

struct cli;
struct engine;
struct mail_queue;

/* Uses engine->store. */
struct mail_queue *mail_queue_new(const void *ctx, struct engine *);
void mail_queue_settings(struct mail_queue *); /* engine->settings are others */

/* Reads what is kept, then begins to deliver; `done` (may be NULL) is called once it is read. */
typedef void mail_queue_loaded_f(void *arg);
void mail_queue_open(struct mail_queue *, mail_queue_loaded_f *done, void *arg);

/* No new attempts from here on; how many are under way. */
void mail_queue_stop(struct mail_queue *);
size_t mail_queue_active(const struct mail_queue *);

/* `no event manager mail queue` is configured: actions deliver at once unless they say `queue`. */
bool mail_queue_is_disabled(const struct mail_queue *);

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
 * of every destination, or after `patience` (of the run that waits; its first attempt takes no longer).
 * Freeing ctx drops the callback only: what was accepted stays accepted.
 */
void mail_queue_submit(const void *ctx, struct mail_queue *, const struct mail_request *, usec patience,
	mail_queue_done_f *done, void *arg);

/* The configuration rows and the commands. */
void mail_queue_config_start(struct engine *);
void mail_queue_commands(struct cli *, struct mail_queue *);

#endif
