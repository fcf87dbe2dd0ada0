/*
 * The credential store (mail-security 2.4): `event manager mail credential NAME username U ...` with a
 * password, or with where an OAuth token comes from. Passwords lie encrypted in the configuration
 * (type 6), are never printed, and are known to the redaction list. Engine thread only.
 */
#ifndef ACTIONS_MAIL_CREDENTIAL_H
#define ACTIONS_MAIL_CREDENTIAL_H

#include <stdbool.h>

#include "actions/mail/job.h"
#include "core/err.h"

struct conf;
struct credentials;
struct engine;

struct mail_credential {
	const char *name, *user;
	const char *password;      /* clear; NULL: there is a token */
	const char *token_command; /* program and arguments, or NULL */
	const char *token_file;    /* or NULL */
};

struct credentials *credentials_new(const void *ctx, struct engine *);
void credential_rows(struct conf *);

/*
 * With a name: the job logs in with that credential. Without: a user whose password was not given gets
 * it from the store. False with class NO_PASSWORD when nothing is there; nothing was sent then.
 */
bool credential_apply(struct engine *, struct mail_job *, const char *name, struct err *);

#endif
