/*
 * MTA-STS of one engine (mail-security 10): discovery, fetch in a process of its own, the cache on disk
 * and its refresh. Engine thread only.
 */
#ifndef ACTIONS_MAIL_STS_STS_H
#define ACTIONS_MAIL_STS_STS_H

#include "actions/mail/sts/policy.h"
#include "core/clock.h"

struct engine;
struct helper;
struct sts;

struct sts *sts_new(const void *ctx, struct engine *);

/*
 * The policy in force for the domain, or NULL when there is none; `why` says how that was found
 * ("no TXT record", a failed fetch, ...), NULL when there is a policy. Both are borrowed for the call.
 */
typedef void sts_done_f(void *arg, const struct sts_policy *, const char *why);

/* `label` ("MID 7") stands in the trace lines, or NULL. `done` is called once, from the loop. */
void sts_lookup(
	const void *ctx, struct sts *, const char *domain, const char *label, sts_done_f *done, void *arg);

/* For scenarios: look-ups are answered by f. The policy is allocated in `ctx`. */
typedef struct sts_policy *sts_fake_f(void *arg, const void *ctx, const char *domain, const char **why);
void sts_fake(struct sts *, sts_fake_f *, void *arg);

void sts_each_helper(const struct sts *, void (*f)(void *arg, const struct helper *), void *arg);

#endif
