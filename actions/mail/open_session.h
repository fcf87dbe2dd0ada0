/*
 * Which process has a session open to where, as far as the engine looks: the next mail to the same place is
 * best given to the same process, which finds out for itself whether the two may share it (kept.h). Engine
 * thread only.
 */
#ifndef ACTIONS_MAIL_OPEN_SESSION_H
#define ACTIONS_MAIL_OPEN_SESSION_H

#include <stdbool.h>

#include "actions/mail/job.h"
#include "core/clock.h"

struct open_session { /* zeroed: none */
	char *place;
	usec until;
};

/* Behind a mail whose session is kept; owned by ctx. */
void open_session_set(struct open_session *, const void *ctx, const struct mail_job *, usec now);
void open_session_forget(struct open_session *);

bool open_session_is_there(const struct open_session *, usec now);
/* There, and to where this mail goes: the same host and user, or the same recipient domain. */
bool open_session_fits(const struct open_session *, const struct mail_job *, usec now);

#endif
