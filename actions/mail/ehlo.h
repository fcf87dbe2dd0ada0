/*
 * What a server says it can do: the keywords of its EHLO reply (RFC 5321 4.1.1.1). What was learnt before
 * TLS is thrown away as a whole. Pure.
 */
#ifndef ACTIONS_MAIL_EHLO_H
#define ACTIONS_MAIL_EHLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/mail/reply.h"

struct smtp_ehlo {
	bool starttls, pipelining, eight_bit, smtputf8, size, auth;
	uint64_t size_max;         /* 0: SIZE without a number */
	const char *mechanisms;    /* of AUTH, upper case, " PLAIN LOGIN " with blanks around each; "" */
	const char **capabilities; /* every keyword line, printable, as sent */
	size_t capability_count;
};

/* The first line is the server's greeting; HELO replies have no more than that. */
struct smtp_ehlo *smtp_ehlo_parse(const void *ctx, const struct smtp_reply *);

/* `name` in upper case. */
bool smtp_ehlo_has_mechanism(const struct smtp_ehlo *, const char *name);

#endif
