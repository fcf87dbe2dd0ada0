/*
 * Logging in: the client end of the SASL mechanisms, with the choice between them (mail-security section
 * 6). Speaks base64 as SMTP does; knows nothing of sockets. The thread of the mail helper.
 */
#ifndef ACTIONS_MAIL_SASL_SASL_H
#define ACTIONS_MAIL_SASL_SASL_H

#include <stdbool.h>

#include "actions/mail/ehlo.h"
#include "actions/mail/sasl/binding.h"
#include "core/err.h"
#include "core/text.h"

struct sasl_want {
	const char *user, *password;
	const char *token; /* OAuth, instead of the password; NULL: none */
	bool certificate;  /* a client certificate was shown: EXTERNAL, where it is asked for in `allowed` */
	const char *host;  /* the server, for mechanisms that bind to its name */
	unsigned port;
	const char *allowed; /* names with blanks between, in order of preference; NULL: all */
	bool verified;       /* inside verified TLS: PLAIN is safe and ranks above CRAM-MD5 */
	const struct channel_binding *binding; /* of the connection, NULL: it has none */
};

struct sasl;

/* Keeps the pointers of `want`; copies of secrets are wiped when freed. */
struct sasl *sasl_new(const void *ctx, const struct sasl_want *, struct err *);

/* The best mechanism of both sides that was not yet chosen, or NULL. */
const char *sasl_choose(struct sasl *, const struct smtp_ehlo *);

/* What we would take, blanks between. */
const char *sasl_ours(const struct sasl *);

/* Is there a mechanism of that name? */
bool sasl_is_known(const char *mechanism);

/* Begins an exchange with what sasl_choose() returned. */
bool sasl_start(struct sasl *, const char *mechanism, struct err *);

/* Does the client speak first (an initial response)? */
bool sasl_is_client_first(const char *mechanism);

/*
 * Answers the server's base64 challenge (NULL for the initial response) in base64. err->class: CONFIG (the
 * password cannot be used), AUTH_FAILED (the server cannot prove that it knows the password), PROTOCOL_ERROR.
 */
bool sasl_step(struct sasl *, const char *challenge, struct text *response, struct err *);

/* Is everything proven that the mechanism wants proven? A 235 before that is a lie. */
bool sasl_is_complete(const struct sasl *);

/* What the server said of a token that it does not take ("401"), or NULL. */
const char *sasl_status(const struct sasl *);

#endif
