/*
 * The server end of TLS connections: TLS 1.2 and 1.3 with AEAD suites, security level 2, no compression,
 * renegotiation, tickets or early data. It shows one identity, and where it asks clients for a certificate,
 * theirs is validated by pki/verify.h and nothing else. Nothing waits, neither for a peer nor for who tells what
 * is revoked: who calls watches the socket, and has pki/tls_check.h fetch. For helper processes; SIGPIPE is
 * ignored.
 */
#ifndef PKI_TLS_SERVER_H
#define PKI_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"
#include "pki/identity.h"
#include "pki/trust.h"

struct revocation_cache;
struct tls_check;
struct tls_server;
struct tls_peer;

/*
 * `clients`: what certificates of clients must lead to; NULL: they are not asked for one. It and `revoked`, what
 * is known of revocation, are borrowed. NULL and err when the identity cannot be used.
 */
struct tls_server *tls_server_new(const void *ctx, const struct identity *, const struct trust *clients,
	struct revocation_cache *revoked, struct err *);

/* A connection on a non-blocking socket, which stays the caller's. The server must outlive it. */
struct tls_peer *tls_peer_new(const void *ctx, struct tls_server *, int fd, struct err *);

/* What a connection waits for. */
enum tls_turn { TLS_TURN_DONE, TLS_TURN_READ, TLS_TURN_WRITE, TLS_TURN_FETCH, TLS_TURN_FAILED };

/* FAILED fills err; its class is CERT_..., TLS_VERSION, HANDSHAKE_FAILED or CONNECTION_LOST. */
enum tls_turn tls_peer_handshake(struct tls_peer *, struct err *);

/*
 * After the handshake, before anything is believed. FETCH: whether the client is revoked has to be asked at *url
 * first, which is borrowed; ask again when more may be known, or let tls_peer_check() find out.
 */
enum tls_turn tls_peer_believe(struct tls_peer *, const char **url, struct err *);
struct tls_check *tls_peer_check(const void *ctx, const struct tls_peer *); /* pki/tls_check.h */

/* DONE: *got octets, 0 at a clean end of the stream. */
enum tls_turn tls_peer_read(struct tls_peer *, void *buf, size_t n, size_t *got, struct err *);
void tls_peer_close(struct tls_peer *); /* sends close_notify */

/*
 * Who the client's certificate says it is, once the handshake is done: the first dNSName, else the first
 * iPAddress, else the common name. False: it showed none, or one without a name.
 */
#define TLS_PEER_NAME 256u
bool tls_peer_name(const struct tls_peer *, char name[TLS_PEER_NAME]);

#endif
