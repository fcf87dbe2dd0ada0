/*
 * What a delivery writes into the delivery log (mail-security 15): the lines of its connections as they
 * happen, and what became of the message. The lines of a message that are not of one attempt (queued,
 * finished, bounced) are the queue's to ask for. Engine thread only.
 */
#ifndef ACTIONS_MAIL_DELIVERY_LOG_H
#define ACTIONS_MAIL_DELIVERY_LOG_H

#include "actions/mail/event.h"
#include "actions/mail/job.h"
#include "actions/mail/result.h"
#include "core/clock.h"

struct engine;

/* Of one job under way; zeroed. */
struct delivery_log {
	unsigned dcid;      /* of the connection; 0: none yet */
	unsigned last_dcid; /* of the connection that the process has open from before */
	bool told;          /* of FAILED: the result need not say it again */
};

void delivery_log_event(struct engine *, struct delivery_log *, const struct mail_job *, usec wall,
	const struct mail_event *);

/* Behind the last event: hosts that were not even tried, and the end of a mail without a queue. */
void delivery_log_result(
	struct engine *, struct delivery_log *, const struct mail_job *, const struct mail_result *);

/* The lines of a delivery whose events nobody told: they are read out of its result. */
void delivery_log_faked(
	struct engine *, struct delivery_log *, const struct mail_job *, const struct mail_result *);

void delivery_log_queued(struct engine *, uint64_t mid);   /* MID 7 queued for delivery */
void delivery_log_finished(struct engine *, uint64_t mid); /* Message finished MID 7 done */
/* One recipient (its index in the message) will never get it. */
void delivery_log_bounced(struct engine *, uint64_t mid, unsigned rid, const struct mail_recipient_result *);

#endif
