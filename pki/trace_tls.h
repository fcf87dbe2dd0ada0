/*
 * `debug ssl openssl {msg|states|ext|errors}`: OpenSSL's callbacks as trace lines. Application data is
 * never shown: of a record of type 23 only the header, of its contents nothing. Any thread.
 */
#ifndef PKI_TRACE_TLS_H
#define PKI_TRACE_TLS_H

#include <openssl/ssl.h>

#include "core/trace.h"

/* From now on `ssl` shows its messages to `trace`, which must outlive it. */
void trace_tls_attach(SSL *ssl, const struct trace *trace);

/* For the info callback of OpenSSL (SSL_CTX_set_info_callback). */
void trace_tls_state(const struct trace *, const SSL *ssl, int where, int value);

/* "CRYPTO_OPSSL: Allocated the memory ..." and the following, before the handshake. */
void trace_tls_begin(const struct trace *, const char *curves, const char *ciphers);

/* Prints and empties OpenSSL's error queue of this thread. */
void trace_tls_errors(const struct trace *);

#endif
