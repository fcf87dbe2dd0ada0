/*
 * DKIM signatures (RFC 6376), for TLS reports: rsa-sha256, relaxed/relaxed, all of the body. Pure; any
 * thread.
 */
#ifndef ACTIONS_MAIL_REPORT_DKIM_H
#define ACTIONS_MAIL_REPORT_DKIM_H

#include <stddef.h>
#include <time.h>

#include <openssl/evp.h>

#include "core/err.h"

struct dkim_identity {
	const char *domain, *selector;
	EVP_PKEY *key; /* RSA */
};

/* An RSA key of 1,024 bits and more, PEM. The caller's; NULL and err otherwise. */
EVP_PKEY *dkim_key(const char *pem, size_t n, struct err *);

/*
 * "DKIM-Signature: ...\r\n", to stand before the message, whose lines end with CRLF. The headers that are
 * signed are those of it that matter here, From among them. NULL and err when OpenSSL will not.
 */
char *dkim_sign(const void *ctx, const char *message, size_t n, const struct dkim_identity *, time_t now,
	struct err *);

#endif
