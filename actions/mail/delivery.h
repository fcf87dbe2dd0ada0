/*
 * A delivery under way: what the order of hosts (deliver.c) and the work at one of them (deliver_host.c)
 * share. Private to eventd-mail.
 */
#ifndef ACTIONS_MAIL_DELIVERY_H
#define ACTIONS_MAIL_DELIVERY_H

#include "actions/mail/connect.h"
#include "actions/mail/deliver.h"
#include "actions/mail/smtp.h"

struct delivery {
	const struct mail_job *job;
	const struct deliver_env *env;
	struct mail_result *result;
	struct smtp smtp;
	struct pki_fetch fetch;
	int64_t deadline;
	struct mail_source source;
	struct mail_endpoints endpoints; /* of the host under way */
	unsigned attempts;               /* connections tried, over all hosts */
	/* of the connection that is open */
	unsigned mails_before; /* that went over it */
	int64_t opened;        /* as tls_now() counts */
	struct mail_flow flow;
};

/*
 * The mail through one host: each of its addresses is tried once while the trouble is a passing one and
 * nothing was said about the mail (rulings 29). False: err->class says why, d->smtp.phase where.
 */
bool deliver_to_host(struct delivery *, const struct mail_hop *, struct mail_hop_result *, struct err *);

#endif
