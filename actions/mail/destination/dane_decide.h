/*
 * The decision table of DANE (mail-security 8.1, RFC 7672 2.1 and 2.2) as pure functions of what the
 * DNS said: first for the domain, then for each host. What the certificate decides is left to the
 * delivering process, which is told what to demand. Any thread.
 */
#ifndef ACTIONS_MAIL_DESTINATION_DANE_DECIDE_H
#define ACTIONS_MAIL_DESTINATION_DANE_DECIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "actions/mail/class.h"
#include "actions/mail/destination/profile.h"
#include "actions/mail/dns/answer.h"
#include "core/clock.h"

enum dane_domain_outcome {
	DANE_DOMAIN_HOSTS,         /* try them in order: dane_decide_host() of each */
	DANE_DOMAIN_QUEUE,         /* nothing is known for certain: later */
	DANE_DOMAIN_BOUNCE,        /* 5.1.2: there is no such domain */
	DANE_DOMAIN_BOUNCE_NO_MAIL /* 5.1.10: null MX (RFC 7505) */
};

struct dane_domain {
	enum dane_domain_outcome outcome;
	enum mail_class class; /* MAIL_OK for DANE_DOMAIN_HOSTS */
	const char *why;       /* borrowed from the answer or constant; NULL for DANE_DOMAIN_HOSTS */
};

/* `age`: how long the mail has waited already; an unproven NXDOMAIN is believed after an hour. */
struct dane_domain dane_decide_domain(const struct mail_dns_answer *, enum mail_dane mode, usec age);

enum dane_host_outcome {
	DANE_HOST_RECORDS,  /* STARTTLS demanded, `records` decide about the certificate */
	DANE_HOST_ENCRYPT,  /* TLSA is there, none usable: STARTTLS demanded, nobody is verified */
	DANE_HOST_FALLBACK, /* the profile's TLS setting, then MTA-STS */
	DANE_HOST_NEXT      /* not this host: `class` and `why` say why */
};

struct dane_host {
	enum dane_host_outcome outcome;
	enum mail_class class; /* of DANE_HOST_NEXT, else MAIL_OK */
	const char *why;       /* for a log line; may be NULL */
	/* With DANE_HOST_RECORDS: MX, address and TLSA are SECURE, so that a match is a DANE success; without:
	 * "host authenticated, MX insecure". */
	bool success;
	const struct dane_record **records; /* the usable ones, borrowed from the answer */
	size_t record_count;
	/* What a certificate under DANE-TA may be called (RFC 7672 3.2.2), borrowed: TLSA base, host, and
	 * the domain when the MX set was SECURE. */
	const char *names[3];
	size_t name_count;
};

/* `records` is allocated in ctx. MAIL_DANE_NONE: TLSA records count for nothing. */
struct dane_host dane_decide_host(
	const void *ctx, const struct mail_dns_answer *, const struct mail_exchanger *, enum mail_dane mode);

#endif
