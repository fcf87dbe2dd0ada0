/*
 * Channel bindings: octets that both ends of one TLS connection know and nobody between them does.
 * tls-exporter under TLS 1.3 (RFC 9266), tls-server-end-point before it (RFC 5929). Pure but for the connection.
 */
#ifndef ACTIONS_MAIL_SASL_BINDING_H
#define ACTIONS_MAIL_SASL_BINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "pki/tls.h"

struct channel_binding {
	const char *name; /* "tls-exporter", "tls-server-end-point"; NULL: the connection has none */
	unsigned char data[64];
	size_t len;
};

/* False, and no name, when the certificate's signature has no digest of its own (Ed25519), or there is no TLS (NULL). */
bool channel_binding_of(struct tls *, struct channel_binding *);

#endif
