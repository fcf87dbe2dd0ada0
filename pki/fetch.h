/*
 * How revocation data comes in: a callback, so that tests and the engine decide what may be fetched.
 * The http implementation (pki/fetch_http.c) takes http:// only, 10 MiB and 10 s at most, and blocks.
 */
#ifndef PKI_FETCH_H
#define PKI_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "pki/trust.h"

#define PKI_FETCH_MAX_BYTES (10u * 1024u * 1024u)
#define PKI_FETCH_MAX_MS    10000

struct pki_fetch_ask {
	const char *url;
	const char *content_type; /* of the body, or NULL */
	const void *body;         /* POST when not NULL, else GET */
	size_t body_len;
	unsigned timeout_ms; /* less than PKI_FETCH_MAX_MS; 0: that */
};

/* The answer is allocated in `ctx`. */
typedef bool pki_fetch_f(void *arg, const void *ctx, const struct pki_fetch_ask *, unsigned char **data,
	size_t *len, struct err *);

struct revocation_cache;

struct pki_fetch {
	pki_fetch_f *get;
	void *arg;
	struct revocation_cache *cache; /* may be NULL */
};

/* A pki_fetch_f over libcurl; `arg` is not used. */
bool pki_fetch_http(void *arg, const void *ctx, const struct pki_fetch_ask *, unsigned char **data,
	size_t *len, struct err *);

/* As the one above, and https, whose server must be good by `trust`. */
bool pki_fetch_web(const struct trust *trust, const void *ctx, const struct pki_fetch_ask *,
	unsigned char **data, size_t *len, struct err *);

/* A pki_fetch_f that also reads file:// and plain paths: for offline commands and tests. */
bool pki_fetch_any(void *arg, const void *ctx, const struct pki_fetch_ask *, unsigned char **data,
	size_t *len, struct err *);

#endif
