/*
 * XOAUTH2 (the form that large providers took first) and OAUTHBEARER (RFC 7628): what carries a token,
 * and what a server says when it does not take it. Pure.
 */
#ifndef ACTIONS_MAIL_SASL_OAUTH_H
#define ACTIONS_MAIL_SASL_OAUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"

struct oauth_login {
	const char *user, *token;
	const char *host;
	unsigned port;
};

void oauth_xoauth2(struct text *out, const struct oauth_login *);
void oauth_bearer(struct text *out, const struct oauth_login *);

/* The "status" of the JSON in a challenge that says no, printable, at most 64 characters; NULL when there is none. */
char *oauth_status(const void *ctx, const char *json, size_t n);

#endif
