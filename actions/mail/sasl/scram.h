/*
 * The client of SCRAM (RFC 5802, RFC 7677), with and without channel binding: shows that we know the
 * password without saying it, and has the server show the same. Knows neither base64 of SMTP nor sockets.
 */
#ifndef ACTIONS_MAIL_SASL_SCRAM_H
#define ACTIONS_MAIL_SASL_SCRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "actions/mail/sasl/binding.h"
#include "core/err.h"
#include "core/text.h"

/* RFC 7677 4 asks for 4,096 iterations at least; above ten million a server only burns our time. */
#define SCRAM_ITERATIONS_MIN 4096
#define SCRAM_ITERATIONS_MAX 10000000

struct scram_want {
	const char *user, *password; /* UTF-8; go through SASLprep (RFC 4013) */
	const char *digest;          /* "SHA256", "SHA1" */
	/* Of the connection, NULL: it has none. `plus`: we bind to it; else it tells the server that we could
	 * have, so that somebody who took the -PLUS names out of its list is found out (`offered`: they are there). */
	const struct channel_binding *binding;
	bool plus, offered;
	const char *nonce; /* of tests; NULL: 24 random octets */
};

struct scram;

/* NULL with err->class CONFIG when user or password hold what SASLprep prohibits. */
struct scram *scram_new(const void *ctx, const struct scram_want *, struct err *);

/* The initial response. */
void scram_begin(struct scram *, struct text *out);

/*
 * Answers the server's first message with ours, its last with nothing. err->class: AUTH_FAILED (the
 * server does not know the password, or wants another iteration count), PROTOCOL_ERROR.
 */
bool scram_answer(struct scram *, const char *message, size_t n, struct text *out, struct err *);

/* Has the server shown that it knows the password? */
bool scram_is_complete(const struct scram *);

#endif
