/*
 * The policies that were fetched, by domain, and what went wrong with those that were not: in memory,
 * and a file each in the state directory, so that a restart forgets none (mail-security 10.3). Engine
 * thread only.
 */
#ifndef ACTIONS_MAIL_STS_CACHE_H
#define ACTIONS_MAIL_STS_CACHE_H

#include "actions/mail/sts/policy.h"
#include "core/clock.h"

#include <uthash.h>

struct engine;
struct sts_cache;

struct sts_entry {
	const char *domain;
	struct sts_policy *policy; /* NULL: none was ever fetched, or it has expired */
	usec fetched, expires;     /* wall clock */
	usec refresh_at;           /* wall clock; 0: never by itself */
	usec used;                 /* wall clock of the last mail, or of the start */
	usec failed_at;            /* wall clock of the last failed fetch; 0: the last one was good */
	const char *failure;       /* its reason; NULL */
	usec retry_at;             /* wall clock: no fetch for a mail before; 0: with the next one */
	UT_hash_handle hh;
};

/* `dir` NULL: nothing is kept on disk. Reads what is there; a damaged file is told and taken away. */
struct sts_cache *sts_cache_new(const void *ctx, struct engine *, const char *dir);

struct sts_entry *sts_cache_find(struct sts_cache *, const char *domain);

/* The policy in force now, or NULL. Looks at the clock: one that has expired is taken away. */
const struct sts_policy *sts_cache_policy(struct sts_cache *, const char *domain);

/* Takes the policy, which has just been fetched, and writes its file. */
struct sts_entry *sts_cache_store(struct sts_cache *, struct sts_policy *);
/* mail-security 10.3: it is not tried again within five minutes. */
void sts_cache_failed(struct sts_cache *, const char *domain, const char *reason);
/* Somebody has mended it: the next mail fetches. Domain NULL: all. */
void sts_cache_retry(struct sts_cache *, const char *domain);

/* Domain NULL: all. False: there was none. */
bool sts_cache_clear(struct sts_cache *, const char *domain);

/* By name of the domain. f may not change the cache. */
void sts_cache_each(struct sts_cache *, void (*f)(void *arg, struct sts_entry *), void *arg);

#endif
