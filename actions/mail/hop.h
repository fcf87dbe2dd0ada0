/*
 * One host that a job may try, with what is demanded of it: the outcome of the profile, DANE and MTA-STS
 * for this host (mail-security 8.1 and 11.2), so that the delivering process only carries out. Hosts are
 * tried in order; the first that may deliver does. By value; owned by its job.
 */
#ifndef ACTIONS_MAIL_HOP_H
#define ACTIONS_MAIL_HOP_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "actions/mail/class.h"
#include "core/err.h"
#include "pki/dane.h"

#define MAIL_HOPS_MAX 32 /* of one job */

/* What TLS has to reach before the mail may go. */
enum mail_hop_tls {
	HOP_TLS_NONE,             /* in the clear */
	HOP_TLS_PREFERRED,        /* when offered; unverified */
	HOP_TLS_REQUIRED,         /* unverified */
	HOP_TLS_PREFERRED_VERIFY, /* when offered; a bad certificate is told, not refused */
	HOP_TLS_VERIFY,           /* demanded, and verified for one of `names` */
	HOP_TLS_DANE,             /* demanded; one of `records` decides */
	HOP_TLS_STS,              /* demanded; trusted root and the host's own name (RFC 8461 4.1) */
	HOP_TLS_COUNT
};

struct mail_hop {
	const char *host; /* A-label: SNI, logs; the name a certificate must have under HOP_TLS_STS */
	unsigned port;
	const char **addresses; /* numeric, in order; none: `host` is resolved by the delivering process */
	size_t address_count;
	enum mail_class refused; /* not MAIL_OK: this host is not to be tried, and that is why */
	const char *refused_detail;
	enum mail_hop_tls tls;
	const char **names; /* reference identities, the preferred one first */
	size_t name_count;
	struct dane_record *records; /* of HOP_TLS_DANE: the usable ones */
	size_t record_count;
	bool dane_success;      /* MX, address and TLSA are SECURE: "TLS success ... for DOMAIN" */
	const char *domain;     /* of the recipients */
	bool sts_testing;       /* an MTA-STS policy in testing mode: a failure is told, not refused */
	const char *sts_why;    /* why the host would fail that policy before it is tried, or NULL */
	const char *sts_domain; /* whose policy is applied or tested, or NULL */
};

/* "none", "preferred", "required", "preferred-verify", "verify", "dane", "sts" */
const char *mail_hop_tls_name(int);

json_t *mail_hop_to_json(const struct mail_hop *);
bool mail_hop_from_json(const void *ctx, struct mail_hop *, const json_t *, struct err *);

#endif
