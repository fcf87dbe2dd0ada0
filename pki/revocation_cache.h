/*
 * What was fetched about revocation, until it has to be fetched again: CRLs by URL, OCSP responses by
 * certificate, each until its nextUpdate and 24 hours at most (mail-security 5.2). One cache in each process
 * that validates; what one learns travels to the engine (pki/learnt.h) and from there to the others as
 * messages of core/frame.h:
 *
 *     {"type":"revocation","entries":[{"kind":"crl","key":URL,"fetched":N,"until":N,"data":BASE64,
 *       "issuer":"cn=...","last_update":N,"next_update":N,"revoked":N},
 *      {"kind":"ocsp","key":HEX,"url":URL,"fetched":N,"until":N,"data":BASE64}],
 *      "counters":{"checked":N,"fetches":N,"failed":N}}        from a helper: counted since the last one
 *     {"type":"revocation","forget":true,"entries":[...]}       to a helper
 *
 * Times are seconds since 1970. Data is foreign: its signature is verified each time it is used. One thread.
 */
#ifndef PKI_REVOCATION_CACHE_H
#define PKI_REVOCATION_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <jansson.h>
#include <openssl/x509.h>

#define REVOCATION_KEEP_SECONDS (24 * 3600)
#define REVOCATION_KEEP_MAX     64                    /* entries; then the one fetched first is given up */
#define REVOCATION_KEEP_BYTES   (32u * 1024u * 1024u) /* of all of them */

struct revocation_cache;

struct revocation_cache *revocation_cache_new(const void *ctx);

/* Borrowed until the cache changes, or NULL. A NULL cache is fine everywhere. */
X509_CRL *revocation_cache_crl(const struct revocation_cache *, const char *url, time_t at);
const unsigned char *revocation_cache_ocsp(
	const struct revocation_cache *, const char *key, time_t at, size_t *len);

void revocation_cache_add_crl(struct revocation_cache *, const char *url, X509_CRL *, time_t at);
void revocation_cache_add_ocsp(struct revocation_cache *, const char *key, const char *url, const void *der,
	size_t n, time_t next_update, time_t at);

enum revocation_count { REVOCATION_CHECKED, REVOCATION_FETCHED, REVOCATION_FAILED, REVOCATION_COUNTS };
void revocation_cache_count(struct revocation_cache *, enum revocation_count);

/* The message to the engine; NULL when there is nothing to tell. The next one begins at nothing. */
json_t *revocation_cache_news(struct revocation_cache *);

/*
 * For a thread that validates by itself: a copy, which nobody else uses until it ends; then what it has learnt
 * comes back as news of `cache`. The copy stays its owner's.
 */
struct revocation_cache *revocation_cache_copy(const void *ctx, const struct revocation_cache *);
void revocation_cache_join(struct revocation_cache *cache, const struct revocation_cache *copy);

/* A message from the engine. What is malformed in it is left out. */
void revocation_cache_take(struct revocation_cache *, const json_t *message);

#endif
