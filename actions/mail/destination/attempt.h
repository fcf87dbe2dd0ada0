/*
 * One attempt to deliver one message to the recipients that share a destination: a server that the
 * action names, or one recipient domain (`USEDNS`). Finds out where it goes (DNS with DNSSEC, DANE,
 * MTA-STS, the profile), then hands one job to the mailer. It knows nothing of queues. Engine thread.
 */
#ifndef ACTIONS_MAIL_DESTINATION_ATTEMPT_H
#define ACTIONS_MAIL_DESTINATION_ATTEMPT_H

#include "actions/mail/destination/profile.h"
#include "actions/mail/job.h"
#include "actions/mail/result.h"

struct engine;

/* The result is borrowed for the call. Called once, from the loop. */
typedef void mail_attempt_f(void *arg, const struct mail_result *);

/*
 * Takes the job. `job->direct`: host is the recipients' domain, all recipients are of that domain.
 * `dane` is the action's own word for a named server (MAIL_DANE_NONE without). Freeing ctx cancels.
 */
void mail_attempt(const void *ctx, struct engine *, struct mail_job *, enum mail_dane dane,
	mail_attempt_f *done, void *arg);

#endif
