/*
 * Where a domain wants its TLS reports (RFC 8460 section 3): the `v=TLSRPTv1` record and its rua. Pure;
 * any thread.
 */
#ifndef ACTIONS_MAIL_REPORT_RUA_H
#define ACTIONS_MAIL_REPORT_RUA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define RUA_MAX 10 /* more are not looked at */

struct rua {
	struct rua_target {
		bool is_mail;
		const char *uri;     /* as it stands there */
		const char *mailbox; /* of mailto: */
		const char *host;    /* of https: */
		unsigned port;
	} targets[RUA_MAX];
	size_t count;
};

/*
 * Of the texts of `_smtp._tls.DOMAIN` exactly one may be a record. NULL and err otherwise, or when it
 * names nobody that can be written to.
 */
struct rua *rua_parse(const void *ctx, const char *const *texts, size_t count, struct err *);

#endif
