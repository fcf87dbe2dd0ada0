/*
 * The lines that a look-up leaves in the mail log at debug level, as the seeds show them (mail-security
 * 15). Each call appends whole lines; a line that begins with "Warning: " is one. Pure.
 */
#ifndef ACTIONS_MAIL_DNS_DNSLOG_H
#define ACTIONS_MAIL_DNS_DNSLOG_H

#include "actions/mail/dns/validator.h"
#include "core/clock.h"
#include "core/text.h"

#define DNSLOG_WARNING "Warning: "

void dnslog_asked(struct text *, const char *name, int type, const char *server);
void dnslog_answered(struct text *, const struct lookup_result *, const char *server, usec wall);

#endif
