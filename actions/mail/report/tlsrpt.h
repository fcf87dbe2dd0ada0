/*
 * TLS reports (RFC 8460): what TLS with the mail hosts of each domain came to, counted by UTC day and
 * kept in the state directory; shown always, sent to the domains only where `tlsrpt send` says so.
 * Engine thread only.
 */
#ifndef ACTIONS_MAIL_REPORT_TLSRPT_H
#define ACTIONS_MAIL_REPORT_TLSRPT_H

#include "actions/mail/job.h"
#include "actions/mail/result.h"
#include "actions/mail/sts/fetch.h"

struct engine;
struct tlsrpt;

struct tlsrpt *tlsrpt_new(const void *ctx, struct engine *);
/* Hands in `tlsrpt ...` and `show mail tlsrpt`. */
void tlsrpt_start(struct engine *);

/* The sessions of a delivery to a domain's own hosts; those of other jobs are nobody's business. */
void tlsrpt_delivery(struct engine *, const struct mail_job *, const struct mail_result *);
/* A policy that is announced and could not be had. */
void tlsrpt_policy_failed(struct engine *, const char *domain, enum sts_fetch_failure, const char *reason);

#endif
