/*
 * Mail addresses: the lists that `to`, `cc` and `bcc` take (commas, semicolons or blanks between them;
 * `a@b`, `<a@b>`, `Name <a@b>`), each checked as an RFC 5321 mailbox. Pure; any thread.
 */
#ifndef ACTIONS_MAIL_ADDRESS_H
#define ACTIONS_MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define MAIL_RECIPIENTS_MAX 1000 /* of one mail, all lists together */

struct mail_address {
	const char *mailbox; /* local@domain for MAIL, RCPT and headers; the domain as A-labels */
	const char *domain;  /* points into mailbox, behind the @ */
	const char *name;    /* display name, its controls made blanks; NULL: none */
	bool needs_utf8;     /* the local part is not ASCII (RFC 6531) */
};

struct mail_addresses {
	struct mail_address *items; /* children of the list */
	size_t count;               /* 0 for an empty string */
};

/* NULL and err->class BAD_ADDRESS when one of them is no mailbox. */
struct mail_addresses *mail_addresses_parse(const void *ctx, const char *s, size_t n, struct err *);

/* Exactly one address, in the same forms. */
struct mail_address *mail_address_parse(const void *ctx, const char *s, size_t n, struct err *);

#endif
