/*
 * MTA-STS of one engine (mail-security 10): discovery, fetch in a process of its own, the cache on disk
 * and its refresh. Engine thread only.
 */
#ifndef ACTIONS_MAIL_STS_STS_H
#define ACTIONS_MAIL_STS_STS_H

#include "actions/mail/sts/policy.h"
#include "core/clock.h"
#include "pki/trust.h"

struct engine;
struct helper;
struct sts;
struct sts_cache;
struct web;

struct sts *sts_new(const void *ctx, struct engine *);
/* Hands in `mta-sts ...`, `show mail mta-sts`, `clear mail mta-sts`. */
void sts_start(struct engine *);

/*
 * The policy in force for the domain (enforce or testing), or NULL when there is none; `why` says how
 * that was found ("no TXT record", a failed fetch, ...), NULL when there is a policy. Both are borrowed
 * for the call.
 */
typedef void sts_done_f(void *arg, const struct sts_policy *, const char *why);

/* `label` ("MID 7") stands in the trace lines, or NULL. `done` is called once, from the loop. */
void sts_lookup(
	const void *ctx, struct sts *, const char *domain, const char *label, sts_done_f *done, void *arg);

/* For scenarios: look-ups are answered by f. The policy is allocated in `ctx`. */
typedef struct sts_policy *sts_fake_f(void *arg, const void *ctx, const char *domain, const char **why);
void sts_fake(struct sts *, sts_fake_f *, void *arg);

/*
 * What the certificates of policy hosts, and of MX hosts under a policy, must lead to: the trustpoints
 * of `mta-sts trustpoint`, else the system's pool, which is read once. Borrowed until the next call; NULL
 * and err when there is nothing to trust.
 */
const struct trust *sts_trust(struct sts *, struct err *);

/* A copy of what web hosts must lead to; NULL: the system's pool, which eventd-sts reads itself. */
struct trust *sts_web_trust(const void *ctx, struct sts *);
/* A copy of `trust` (may be NULL) with all of that beside it. */
struct trust *sts_with_trust(const void *ctx, struct sts *, const struct trust *trust);

/*
 * All of a discovery, for mtastsverify: nothing is taken from the cache, nothing kept in it. Texts are
 * borrowed for the call.
 */
struct sts_findings {
	const char *txt;                 /* the v=STSv1 record, or NULL */
	const char *txt_error;           /* why there is no good one, or NULL */
	const char *id;                  /* of the record */
	bool no_answer;                  /* the DNS could not say */
	const struct sts_policy *policy; /* as fetched, `mode: none` too; or NULL */
	const char *error;               /* why there is none although there is a record, or NULL */
};
typedef void sts_discover_f(void *arg, const struct sts_findings *);
void sts_discover(const void *ctx, struct sts *, const char *domain, sts_discover_f *, void *arg);

/* ---- for the commands ---- */
struct sts_cache *sts_cache(struct sts *);
struct web *sts_web(struct sts *); /* for whoever else has something to ask of the web */
void sts_set_trustpoints(struct sts *, const char *const *names, size_t count); /* 0: the system's pool */
/* Instead of both, for eventctl alone. Taken. */
void sts_set_trust(struct sts *, struct trust *);
void sts_set_proxy(struct sts *, const char *url); /* NULL: none */
void sts_cleared(struct sts *); /* the cache lost policies: the next refresh is planned anew */

void sts_each_helper(const struct sts *, void (*f)(void *arg, const struct helper *), void *arg);

#endif
