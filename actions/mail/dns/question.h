/*
 * One question about where mail goes, answered by several look-ups (mail-security 7 and 8): MX, then
 * A and AAAA of every host, then TLSA where an address is SECURE; or the TXT records of a name. In the
 * resolving process; never blocks.
 */
#ifndef ACTIONS_MAIL_DNS_QUESTION_H
#define ACTIONS_MAIL_DNS_QUESTION_H

#include <stdbool.h>

#include "actions/mail/dns/answer.h"
#include "actions/mail/dns/resolver.h"
#include "actions/mail/dns/validator.h"

#define QUESTION_HOST_MAX    32 /* by preference; the others are not tried */
#define QUESTION_ADDRESS_MAX 16 /* of a host and family */
#define QUESTION_RECORD_MAX  64 /* TLSA records of a host */
#define QUESTION_TEXT_MAX    16
#define QUESTION_TEXT_BYTES  4096 /* of one TXT record */

struct question;

struct question_hooks {
	/* `answer` is borrowed for the call; once. */
	void (*done)(void *arg, const struct mail_dns_answer *answer);
	/* Each look-up as it is asked (result NULL) and answered; may be NULL. */
	void (*seen)(void *arg, const char *name, int type, const struct lookup_result *result);
	void *arg;
};

/* `hooks` is copied. Freeing the question cancels what it waits for. */
struct question *question_ask(const void *ctx, struct validator *, const struct mail_dns_question *,
	const struct question_hooks *hooks);

/* Nothing was asked yet. */
struct mail_dns_answer *question_answer_new(const void *ctx, const struct mail_dns_question *);

/* For a question that cannot even be asked: everything LOOKUP-FAILED. */
struct mail_dns_answer *question_failed(const void *ctx, const struct mail_dns_question *, const char *why);

#endif
