/*
 * The client end of a TLS connection. Everything that speaks TLS to a server gets it here: TLS 1.2
 * and 1.3, security level 2, no compression, renegotiation, tickets or early data; the peer is
 * validated by pki/verify.h and nothing else; every step can be traced (`debug ssl openssl ...`,
 * `debug crypto pki ...`). For helper processes and workers: calls block until done or the deadline.
 * The process must ignore SIGPIPE.
 */
#ifndef PKI_TLS_H
#define PKI_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>
#include <openssl/ssl.h>

#include "core/err.h"
#include "core/trace.h"
#include "pki/dane.h"
#include "pki/fetch.h"
#include "pki/trust.h"
#include "pki/verify.h"

struct tls_want {
	const struct trust *trust; /* must outlive the connection, as `trace` and `fetch` must */
	const char *host; /* host as configured (A-label) or IP literal: SNI and reference identity */
	/*
	 * Reference identities instead of `host`, the preferred one first (mail-security 11.1, RFC 7672
	 * 3.2.2: TLSA base domain, MX host, next-hop domain); SNI stays `host`. NULL: `host` is the one.
	 */
	const char *const *names;
	size_t name_count;
	/* TLSA records decide instead of `trust`, which may be NULL then. All are given; which of them count
	 * is found here. The caller has asked dane_select() whether any does. */
	const struct dane_record *dane;
	size_t dane_count;
	bool unverified; /* opportunistic TLS: the chain is judged, never refused */
	bool legacy_cn;
	int min_version; /* TLS1_2_VERSION (also for 0) or TLS1_3_VERSION */
	X509 *identity;  /* client certificate, or NULL; it and the next two are looked at once */
	EVP_PKEY *key;   /* its key */
	STACK_OF(X509) * identity_chain;
	enum pki_revocation revocation; /* PKI_REVOCATION_BY_POLICY for mail */
	const struct pki_fetch *fetch;
	const struct trace *trace;
	unsigned session;    /* first PKI session number, 0 = 1; one is used per connection */
	unsigned context_id; /* first number of "ident 35" in the trace, 0 = 1 */
	void (*keylog)(void *arg, const char *line); /* told the secrets of the session; NULL: nobody */
	void *keylog_arg;
	time_t at; /* moment of validation, 0 = now */
};

/* What the handshake found, also when it failed. Owned by the struct tls. */
struct tls_result {
	const char *version;       /* "TLSv1.3", or NULL before ServerHello */
	const char *cipher;        /* "TLS_AES_256_GCM_SHA384", or NULL */
	const char *sni;           /* what we sent, or NULL */
	bool verified;             /* the peer is who we want: credentials may be sent */
	bool judged;               /* `pki` holds the verdict (a chain was received) */
	struct pki_result pki;     /* class, detail, hint, anchor (the trustpoint), findings */
	STACK_OF(X509) * received; /* as sent by the server, or NULL */
	int alert_sent;            /* 42, ... or -1 */
	int alert_received;
	bool in_clear; /* what came was no TLS record */
};

struct tls;

/* NULL and err when the wish cannot be met (bad key, unusable identity). */
struct tls *tls_client_new(const void *ctx, const struct tls_want *, struct err *);

/* Monotonic clock in microseconds: deadlines are absolute values of it. */
int64_t tls_now(void);

/*
 * Runs the handshake on a connected socket (made non-blocking; never closed here). On failure
 * err->class is CERT_..., TLS_VERSION, HANDSHAKE_FAILED, TIMEOUT or CONNECTION_LOST.
 */
bool tls_handshake(struct tls *, int fd, int64_t deadline, struct err *);

/* Behind the handshake: of what was wished for only `trace` is needed any more. */
void tls_settle(struct tls *);

/* > 0 bytes, 0 at a clean end of the stream, -1 with err (TIMEOUT, CONNECTION_LOST). */
ssize_t tls_read(struct tls *, void *buf, size_t n, int64_t deadline, struct err *);
/* Writes everything or fails. */
bool tls_write(struct tls *, const void *data, size_t n, int64_t deadline, struct err *);
/* Bytes already decrypted and waiting? Poll the socket only when not. */
bool tls_pending(const struct tls *);
/* Sends close_notify, waits for nothing. */
void tls_close(struct tls *);

const struct tls_result *tls_result(const struct tls *);
SSL *tls_ssl(struct tls *); /* for channel bindings; owned by the struct tls */

/* The "tls" object of `test mail server --json`: version, cipher, sni, chain, anchor, trustpoint, verify. */
json_t *tls_result_to_json(const struct tls *);

#endif
