/*
 * Who waits for the first attempt of a message, and messages on their way into the store. Engine thread
 * only.
 */
#ifndef ACTIONS_MAIL_QUEUE_SUBMISSION_H
#define ACTIONS_MAIL_QUEUE_SUBMISSION_H

#include "actions/mail/queue/private.h"

/* What who waits for this message has left; INT64_MAX when nobody does. */
usec queue_submission_left(const struct queue_message *);

/* Which traces it asked for. */
debug_mask queue_submission_debug(const struct queue_message *);

/* The first attempt of a part came to this; with the last part the waiting one hears of the worst. */
void queue_submission_part(
	struct queue_part *, enum mail_outcome, const struct mail_result *, unsigned next_try);
/* No attempt begins any more: who waits for one hears so. */
void queue_submission_stop(struct queue_message *);
/* The message goes; nobody is told. */
void queue_submission_forget(struct queue_message *);
/* There is no attempt now: the host is put off. */
void queue_submission_put_off(struct mail_queue *, struct queue_part *);

/* {message, text, parts}: what mailqueue_add() takes. NULL and err: the server is wrong. */
json_t *queue_message_json(
	struct mail_queue *, const struct mail_request *, enum queue_kind, struct err *err);

/* Puts what mailqueue_add() stored into the index. */
struct queue_message *queue_index_added(struct mail_queue *, const json_t *added, const json_t *stored);

/* The queue is read: those who came before may go in. */
void queue_submit_early(struct mail_queue *);
/* The queue goes before they could. */
void queue_submit_none(struct mail_queue *);

#endif
