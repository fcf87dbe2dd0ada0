/*
 * Where mail for a domain goes and what is demanded there: profile, SMTP route, DNS, DANE and MTA-STS
 * put together in the order of mail-security 11.2:
 *
 *   1. a route to a host: MTA-STS is not applied, DANE fails (the route replaces the true destination)
 *   2. a route USEDNS, or none: the domain's MX hosts
 *   3. DANE: a success needs nothing more, a failure is never rescued, a fallback goes on to 4
 *   4. MTA-STS, when there is a policy in force
 *   5. the TLS setting
 *
 * Pure; any thread. Strings are copied.
 */
#ifndef ACTIONS_MAIL_DESTINATION_PLAN_H
#define ACTIONS_MAIL_DESTINATION_PLAN_H

#include "actions/mail/destination/profile.h"
#include "actions/mail/dns/answer.h"
#include "actions/mail/hop.h"
#include "actions/mail/job.h"
#include "actions/mail/sts/policy.h"
#include "core/clock.h"

struct mail_plan {
	struct mail_hop *hops; /* also those that are not to be tried */
	size_t hop_count;
	/* Not MAIL_OK: there is nobody to try, or nothing is demanded that could be kept. */
	enum mail_class class;
	enum mail_phase phase;
	const char *detail, *hint; /* or NULL */
	const char *status;        /* "5.1.10": enhanced code of a failure that is ours to name, or NULL */
};

struct mail_plan_ask {
	const char *domain; /* A-label */
	const struct mail_profile *profile;
	const struct mail_smtp_route *route; /* or NULL */
	const struct mail_dns_answer *dns;   /* NULL with a route to a host */
	const struct sts_policy *sts;        /* in force, or NULL */
	unsigned port;                       /* of MX hosts */
	usec age;                            /* how long the mail has waited */
};

struct mail_plan *mail_plan_domain(const void *ctx, const struct mail_plan_ask *);

/*
 * A server that the action names, with DANE: the table with MX read as SECURE; where it falls back the
 * action's own `secure` counts. `tls` is what that and the profiles come to.
 */
struct mail_plan *mail_plan_relay(const void *ctx, const struct mail_dns_answer *, unsigned port,
	enum mail_dane, enum mail_hop_tls tls);

/* One host to be resolved by the delivering process. */
struct mail_plan *mail_plan_host(const void *ctx, const char *host, unsigned port, enum mail_hop_tls tls);

/* What `secure` demands. */
enum mail_hop_tls mail_secure_demand(enum mail_secure);
/* What a profile's TLS setting demands. */
enum mail_hop_tls mail_setting_demand(enum mail_tls_setting);
/* The stronger demand: profiles never weaken what an action asks for (mail-security 11.4). */
enum mail_hop_tls mail_stronger_demand(enum mail_hop_tls, enum mail_hop_tls);

#endif
