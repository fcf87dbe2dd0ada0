/* What the files of this folder share. Engine thread only. */
#ifndef ACTIONS_MAIL_REPORT_PRIVATE_H
#define ACTIONS_MAIL_REPORT_PRIVATE_H

#include <stdbool.h>

#include <jansson.h>

#include "actions/mail/report/collect.h"

struct engine;
struct tlsrpt;

/* `tlsrpt ...` */
struct tlsrpt_settings {
	bool send;
	const char *contact;                                /* "" is none; also the sender of reports */
	const char *organization;                           /* NULL: the host name */
	const char *dkim_domain, *dkim_selector, *dkim_key; /* NULL: reports are not signed */
};

struct collection *tlsrpt_collection(struct tlsrpt *);
struct tlsrpt_settings *tlsrpt_settings(struct tlsrpt *);
size_t tlsrpt_send_now(struct tlsrpt *); /* how many are on their way */
void tlsrpt_changed(struct tlsrpt *);    /* the settings: what is due is planned anew */

/* The report of a domain's day as RFC 8460 4.4 has it; the caller's. */
json_t *tlsrpt_document(struct tlsrpt *, const char *day, const char *domain, const json_t *record);
char *tlsrpt_id(const void *ctx, const struct tlsrpt *, const char *day, const char *domain);

#endif
