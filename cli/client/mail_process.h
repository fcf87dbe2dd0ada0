/*
 * One job for eventd-mail, which stands beside eventctl: started, asked, read, ended. Blocks. The
 * process ends when its input does, also when eventctl dies.
 */
#ifndef CLI_CLIENT_MAIL_PROCESS_H
#define CLI_CLIENT_MAIL_PROCESS_H

#include "actions/mail/job.h"
#include "actions/mail/result.h"
#include "core/err.h"

/* NULL with err when the program cannot be run or gives no answer. */
struct mail_result *mail_process_run(const void *ctx, const struct mail_job *, struct err *);

#endif
