/*
 * From a domain to its policy, once: the TXT record, the address of the policy host, the fetch, the
 * text (mail-security 10.1). Knows no cache; writes the seed's lines into the delivery log. Engine
 * thread only.
 */
#ifndef ACTIONS_MAIL_STS_FETCH_H
#define ACTIONS_MAIL_STS_FETCH_H

#include "actions/mail/sts/policy.h"
#include "actions/mail/sts/web_client.h"
#include "pki/trust.h"

struct engine;

struct sts_record {
	const char *txt;   /* the v=STSv1 record, or NULL */
	const char *id;    /* NULL: there is no good record */
	const char *error; /* then why */
	bool no_answer;    /* the DNS could not say whether there is one */
};
/* Borrowed for the call. */
typedef void sts_record_f(void *arg, const struct sts_record *);

/* `done` is called once, from the loop; freeing ctx drops it. `label` as resolver_ask() has it. */
void sts_fetch_record(const void *ctx, struct engine *, const char *domain, const char *label,
	sts_record_f *done, void *arg);

struct sts_fetch_how {
	struct trust *trust; /* taken; NULL: the system's pool */
	const char *proxy;   /* NULL: none */
	const char *label;
};

/* ORDER: what a TLS report calls them (RFC 8460 4.3.2). */
enum sts_fetch_failure { STS_FETCH_ERROR, STS_WEBPKI_INVALID, STS_POLICY_INVALID };

struct sts_fetched {
	struct sts_policy *policy; /* its id is that of the question; to be stolen; NULL: failed */
	const char *reason;        /* then why: "a connection timeout" */
	enum sts_fetch_failure failure;
};
typedef void sts_fetched_f(void *arg, const struct sts_fetched *);

void sts_fetch_policy(const void *ctx, struct engine *, struct web *, const char *domain, const char *id,
	const struct sts_fetch_how *, sts_fetched_f *done, void *arg);

#endif
