/*
 * What connections wait for before they are believed: whether their certificate is revoked, where that has to be
 * fetched. Each inquiry runs in a thread, a few at a time for each place that is asked: a place that never answers
 * costs those whose certificates name it, and nobody else. Loop thread.
 */
#ifndef SYSLOG_TLS_INQUIRY_H
#define SYSLOG_TLS_INQUIRY_H

#include <stdbool.h>

#include "core/err.h"
#include "core/loop.h"

struct inquiries;
struct inquiry;
struct revocation_cache;
struct tls_peer;

#define INQUIRY_THREADS "32"                /* UV_THREADPOOL_SIZE */
#define INQUIRY_TIME    (20 * USEC_PER_SEC) /* waiting for its turn included: who asks ends it then */

/* What is fetched goes into `revoked`, then `learnt` is called. */
struct inquiries *inquiries_new(const void *ctx, struct loop *, struct revocation_cache *revoked,
	void (*learnt)(void *arg), void *arg);

/* Threads that are at it: the process cannot end in order before they do. */
unsigned inquiries_running(const struct inquiries *);

/* Called once; the inquiry may be freed in it. */
typedef void inquiry_f(void *arg, bool good, const struct err *why);

/* About a client of whom tls_peer_believe() said that `url` has to be asked. Freeing it gives it up. */
struct inquiry *inquiry_new(
	const void *ctx, struct inquiries *, struct tls_peer *, const char *url, inquiry_f *, void *arg);

/* The place that is asked, for people. */
const char *inquiry_url(const struct inquiry *);

#endif
