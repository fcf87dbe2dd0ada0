/*
 * One https request over libcurl, whose certificate pki/verify.h judges and nobody else (mail-security
 * 10.1, 16). Blocks; any thread of eventd-sts.
 */
#ifndef ACTIONS_MAIL_STS_HTTPS_H
#define ACTIONS_MAIL_STS_HTTPS_H

#include "actions/mail/sts/web.h"

/* Once, before other threads. */
void https_init(void);

/* Never NULL: a failure is an answer too. */
struct web_answer *https_ask(const void *ctx, const struct web_request *);

#endif
