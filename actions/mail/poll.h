/* Waiting for a descriptor with a deadline, and for the end of the job. */
#ifndef ACTIONS_MAIL_POLL_H
#define ACTIONS_MAIL_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "actions/mail/cancel.h"
#include "core/err.h"

/* `deadline` as tls_now() counts. False: err->class is TIMEOUT or CANCELLED. `cancel` may be NULL. */
bool mail_poll(int fd, short events, int64_t deadline, struct cancel *, struct err *);

/* Milliseconds from now to the deadline for poll(), rounded up, 0 when it is past. */
int mail_poll_ms(int64_t deadline);

#endif
