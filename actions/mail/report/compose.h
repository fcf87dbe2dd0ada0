/* A TLS report packed up: gzip, and the mail around it (RFC 8460 5.3). Pure; any thread. */
#ifndef ACTIONS_MAIL_REPORT_COMPOSE_H
#define ACTIONS_MAIL_REPORT_COMPOSE_H

#include <stddef.h>
#include <time.h>

#include <jansson.h>

#include "actions/mail/report/dkim.h"
#include "core/err.h"
#include "core/text.h"

/* The document as application/tlsrpt+gzip. */
struct text *report_gzip(const void *ctx, const json_t *document);

struct report_mail {
	const char *domain, *submitter; /* whom it is about, who made it */
	const char *report_id, *organization;
	const char *from, *to;            /* mailboxes */
	const char *message_id;           /* with its <> */
	const char *boundary;             /* of the parts: letters and digits */
	time_t date, start, end;          /* of the mail; of the report */
	const struct dkim_identity *dkim; /* NULL: not signed */
};

/* The whole message, or NULL and err when it cannot be signed. */
struct text *report_compose(
	const void *ctx, const struct report_mail *, const struct text *gzip, struct err *);

#endif
