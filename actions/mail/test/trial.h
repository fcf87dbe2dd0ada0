/*
 * A trial of a mail server, `test mail server` (mail-security 14): what was asked for becomes a job that
 * does everything before DATA. The same for a running daemon and for eventctl alone. Any thread.
 */
#ifndef ACTIONS_MAIL_TEST_TRIAL_H
#define ACTIONS_MAIL_TEST_TRIAL_H

#include <stdbool.h>

#include "actions/mail/job.h"
#include "cli/kw/kw.h"
#include "core/err.h"

/* The words of the command, from the keyword table below. */
struct mail_trial {
	struct kw_str server;
	struct kw_str credential;
	struct kw_int port, timeout;
	struct kw_enum secure, dane;
	struct kw_str source_interface, source_address;
	struct kw_str from, to;
	struct kw_flag cleartext;
};

extern const struct kw mail_trial_kw[];

/* What only a daemon can do: its resolver, its credentials. */
bool mail_trial_needs_daemon(const struct mail_trial *);

#define MAIL_TRIAL_TIMEOUT \
	60 /* seconds for all of it, unless `timeout` or the configuration says otherwise */

/*
 * The job without what the configuration knows: trust, HELO name, mechanisms, time, and the password of
 * a user who gave none. USEDNS is a test of the host that takes mail for the domain of `to`. `server` is the string to use instead of the words' own, or NULL; `sender` that of a `to` without `from`.
 * NULL and err->class (a mail class) when the words make no job.
 */
struct mail_job *mail_trial_job(
	const void *ctx, const struct mail_trial *, const char *server, const char *sender, struct err *);

/* The job's time: what was asked for, else `seconds`; no step may take longer. */
void mail_trial_time(struct mail_job *, const struct mail_trial *, unsigned seconds);

#endif
