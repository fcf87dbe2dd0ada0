/*
 * The server of `action mail server S`: [user[:password]@]host[:port], by the grammar of mail-security
 * section 2: the last `@` ends the credentials, the first `:` in them ends the user name, nothing is
 * decoded. Pure; any thread.
 */
#ifndef ACTIONS_MAIL_SERVER_H
#define ACTIONS_MAIL_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define MAIL_CREDENTIAL_MAX 1024 /* octets of user and of password */

enum mail_host_kind {
	MAIL_HOST_NAME,   /* an A-label name */
	MAIL_HOST_IPV4,   /* an address: no SNI, the certificate needs an iPAddress */
	MAIL_HOST_IPV6,   /* without brackets, perhaps with %zone */
	MAIL_HOST_USE_DNS /* "USEDNS": to the recipients' own MX hosts */
};

struct mail_server {
	const char *user;     /* NULL: no credentials */
	const char *password; /* wiped when freed; NULL: none, or to be looked up */
	const char *host;     /* what DNS, SNI, certificates and logs use */
	const char *unicode;  /* the name as typed when that is not ASCII, else NULL */
	enum mail_host_kind kind;
	unsigned port;       /* 0: not given */
	const char *warning; /* "looks like a URL", or NULL */
};

/*
 * NULL when the string is wrong: err->class is EMPTY, EMPTY_USER, EMPTY_PASSWORD, EMPTY_HOST, BAD_PORT,
 * BAD_HOST, CONTROL_CHARACTER, BAD_UTF8 or TOO_LONG. Error texts never hold a part of the string.
 */
struct mail_server *mail_server_parse(const void *ctx, const char *s, size_t n, struct err *);

/*
 * `user:********@host` for logs, also of strings that cannot be parsed: whatever could be a password
 * is hidden. Foreign bytes are made printable.
 */
char *mail_server_mask(const void *ctx, const char *s, size_t n);

#endif
