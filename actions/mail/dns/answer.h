/*
 * What the DNS says about where mail goes, with the DNSSEC state of every answer (mail-security 7 and
 * 8), by value: made in the process that resolves, read by the engine. Owned by its context.
 */
#ifndef ACTIONS_MAIL_DNS_ANSWER_H
#define ACTIONS_MAIL_DNS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/err.h"
#include "pki/dane.h"

#define MAIL_DNS_VERSION 1

/* ORDER: from the weakest; that of a chain of CNAMEs is the least of its links. */
enum dns_state {
	DNS_LOOKUP_FAILED, /* neither yes nor no: SERVFAIL, timeout, refused */
	DNS_BOGUS,         /* signatures are there or expected, and do not validate */
	DNS_INSECURE,      /* proven to be unsigned */
	DNS_SECURE,
	DNS_NOT_ASKED,
	DNS_STATE_COUNT
};

enum dns_found { DNS_RECORDS, DNS_NXDOMAIN, DNS_NODATA };

struct dns_status {
	enum dns_state state;
	enum dns_found found; /* of DNS_SECURE and DNS_INSECURE */
	unsigned ttl;         /* seconds */
	const char *why;      /* of DNS_BOGUS and DNS_LOOKUP_FAILED: a sentence; else NULL */
};

struct dns_address {
	const char *text; /* numeric */
	bool is_v6;
};

/* One host that takes mail for the domain. */
struct mail_exchanger {
	const char *name; /* A-label, without trailing dot */
	unsigned preference;
	struct dns_status a, aaaa;
	struct dns_address *addresses; /* in the order to try them */
	size_t address_count;
	const char *tlsa_base;  /* the name without _25._tcp under which the TLSA answer was found; or NULL */
	struct dns_status tlsa; /* DNS_NOT_ASKED unless an address is secure */
	struct dane_record *records; /* all of them, usable or not */
	size_t record_count;
};

struct mail_dns_answer {
	const char *domain; /* that was asked for; of a relay its host name */
	bool is_relay;      /* no MX was asked for: the one host is the relay */
	struct dns_status mx;
	bool null_mx;                 /* "0 ." (RFC 7505) */
	bool implicit;                /* no MX, proven: the domain is its own host */
	struct mail_exchanger *hosts; /* by preference, equal ones shuffled */
	size_t host_count;
	const char **texts; /* of a TXT question: each record's strings joined */
	size_t text_count;
	struct dns_status txt;
};

/*
 * The state of the address set that is used: of the families that have addresses the weaker one; when
 * none has, the worse of the two answers (a bogus one before a failed one before a plain no).
 */
const struct dns_status *mail_exchanger_status(const struct mail_exchanger *);

json_t *dane_records_to_json(const struct dane_record *, size_t n);
/* NULL with err when one is no record; never NULL for an empty list. */
struct dane_record *dane_records_from_json(const void *ctx, const json_t *list, size_t *n, struct err *);

json_t *mail_dns_answer_to_json(const struct mail_dns_answer *);
struct mail_dns_answer *mail_dns_answer_from_json(const void *ctx, const json_t *, struct err *);

const char *dns_state_name(enum dns_state); /* "SECURE", "INSECURE", "BOGUS", "LOOKUP-FAILED", "NOT-ASKED" */

#endif
