/*
 * One visit to one address of a mail host: connect, EHLO, STARTTLS, the certificate judged by TLSA
 * records, QUIT. No mail is sent and nobody logs in. Blocks; never in the engine.
 */
#ifndef ACTIONS_MAIL_DNS_CONTACT_H
#define ACTIONS_MAIL_DNS_CONTACT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/err.h"
#include "pki/dane.h"

struct contact;

/* A connection to the address; NULL with err. Closed when freed. */
struct contact *contact_open(const void *ctx, const char *address, unsigned port, struct err *);
const char *contact_local(const struct contact *); /* the address of our end */

/* Up to the 220 of STARTTLS. err->class TLS_NOT_OFFERED when the host has no STARTTLS. */
bool contact_starttls(struct contact *, struct err *);

struct contact_want {
	const char *host;         /* SNI */
	const char *const *names; /* reference identities for DANE-TA */
	size_t name_count;
	const struct dane_record *records;
	size_t record_count;
};

/* What TLS came to; valid as long as the contact. */
struct contact_tls {
	const char *version, *cipher;
	bool matches;       /* a TLSA record decided for the chain */
	const char *reason; /* when it does not */
	json_t *facts;      /* version, cipher, sni, chain, dane, verify */
};

/* The handshake is finished whatever the certificate says. */
bool contact_tls(struct contact *, const struct contact_want *, struct contact_tls *, struct err *);

#endif
