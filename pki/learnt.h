/*
 * What helper processes have learnt about revocation (pki/revocation_cache.h), kept by the engine: told to
 * the other helpers with their next job, and kept in files of the state directory over a restart. The
 * engine does not look into it: who validates checks signatures. Engine thread only; files are written by
 * a worker thread.
 */
#ifndef PKI_LEARNT_H
#define PKI_LEARNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <jansson.h>

struct engine;
struct learnt;

struct learnt *learnt_new(const void *ctx, struct engine *);

/*
 * Takes the entries of a message. `known` is what learnt_brief() gave to the same helper: it need not hear
 * its own news again.
 */
void learnt_take(struct learnt *, const json_t *message, uint64_t *known);

/* What a helper that knows the state `*known` (0: nothing) has to hear; NULL: nothing. Moves *known on. */
json_t *learnt_brief(const struct learnt *, uint64_t *known);

void learnt_clear(struct learnt *);

/* One CRL that is kept. Strings are borrowed until the next change. */
struct learnt_crl {
	const char *issuer, *url;
	time_t last_update, next_update, fetched, until; /* 0: not known */
	size_t bytes, revoked;
};

/* The one at place *at or behind it; *at moves on. False at the end. */
bool learnt_next_crl(const struct learnt *, size_t *at, struct learnt_crl *);

#endif
