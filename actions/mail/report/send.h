/*
 * Sending TLS reports, where `tlsrpt send` says so: each finished day's report goes once to whoever the
 * domain names (RFC 8460 section 3), by mail through the queue or by https. Engine thread only.
 */
#ifndef ACTIONS_MAIL_REPORT_SEND_H
#define ACTIONS_MAIL_REPORT_SEND_H

#include "actions/mail/report/private.h"

struct tlsrpt_sender;

struct tlsrpt_sender *tlsrpt_sender_new(const void *ctx, struct engine *, struct tlsrpt *);

/* The next round: at the end of the day, at once for days that were missed. */
void tlsrpt_sender_plan(struct tlsrpt_sender *);

/* Now; how many domains' reports are on their way. */
size_t tlsrpt_sender_round(struct tlsrpt_sender *);

#endif
