/*
 * What a trial of a mail server says: seed 001's lines, then each step with its time, the class and a
 * hint; or the document of `test mail server --json` (mail-security 14). Any thread.
 */
#ifndef ACTIONS_MAIL_TEST_VERDICT_H
#define ACTIONS_MAIL_TEST_VERDICT_H

#include <jansson.h>

#include "actions/mail/result.h"
#include "core/err.h"
#include "core/text.h"

/* What was refused before there was a host to connect to says so, and repeats nothing of the server string. */
void mail_verdict_text(struct text *out, const struct mail_result *);

/* The caller's. Keys in the order of the specification, then detail, hint and recipients. */
json_t *mail_verdict_json(const struct mail_result *);

/* The result of a trial that could not begin. */
struct mail_result *mail_verdict_refused(const void *ctx, const struct err *);

#endif
