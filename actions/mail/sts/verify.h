/*
 * mtastsverify: the MTA-STS of a domain looked at from its record to its mail hosts (mail-security
 * 10.4): the TXT record, the fetch, the policy, and for each MX host whether the policy names it and what TLS with it
 * comes to. No mail is sent, no cache is touched. The same in a session and for eventctl alone: everything
 * is asked of the helper processes of the engine. Engine thread only.
 */
#ifndef ACTIONS_MAIL_STS_VERIFY_H
#define ACTIONS_MAIL_STS_VERIFY_H

#include <stdbool.h>

#include <jansson.h>

#include "core/err.h"

struct engine;
struct sts_verify;

/* A line as it comes, without its newline. Foreign text is not yet made safe. */
typedef void sts_line_f(void *arg, const char *line);
/*
 * The end, called once, from the loop: the document of `--json` (contract 3), borrowed; `good` when a policy was
 * found and every host keeps it.
 */
typedef void sts_verdict_f(void *arg, json_t *document, bool good);

/* NULL and err when that is no domain. Freeing it, or ctx, gives up. */
struct sts_verify *sts_verify(const void *ctx, struct engine *, const char *domain, sts_line_f *,
	sts_verdict_f *, void *arg, struct err *);

#endif
