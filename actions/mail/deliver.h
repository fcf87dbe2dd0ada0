/*
 * One attempt to carry out a mail job: resolve, connect, speak SMTP; every address of the host is tried
 * once while the failures are passing ones (rulings 29). Blocks; helper process only.
 */
#ifndef ACTIONS_MAIL_DELIVER_H
#define ACTIONS_MAIL_DELIVER_H

#include "actions/mail/cancel.h"
#include "actions/mail/event.h"
#include "actions/mail/job.h"
#include "actions/mail/result.h"
#include "core/redact.h"
#include "core/trace.h"
#include "pki/fetch.h"

struct kept;

struct deliver_env {
	const struct trace *trace;
	struct redact *redact; /* learns the job's secrets; the trace sink shall use it */
	struct cancel *cancel;
	pki_fetch_f *fetch;             /* of revocation data, or NULL; told what the job's time leaves it */
	struct revocation_cache *crls;  /* fetched before, or NULL */
	const struct mail_tell *tell;   /* told what happens, or NULL */
	const struct mail_leave *leave; /* asked before the final dot of a job that wants it */
	struct kept
		*kept; /* sessions between mails, or NULL: each has its own. With one, `trace` outlives it */
};

/* Never NULL: a failure is a result too. */
struct mail_result *mail_deliver(const void *ctx, const struct mail_job *, const struct deliver_env *);

#endif
