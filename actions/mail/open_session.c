/* Sessions that processes keep open, seen from the engine. */
#include "actions/mail/open_session.h"

#include <string.h>

#include "core/mem.h"

#define USABLE (1500 * USEC_PER_MSEC) /* less than a process waits for the next mail (kept.h) */

static char *
place_of(const void *ctx, const struct mail_job *job)
{
	return mem_printf(ctx, "%s:%u %s", job->host, job->port, job->user != NULL ? job->user : "");
}

void
open_session_forget(struct open_session *s)
{
	mem_free(s->place);
	s->place = NULL;
}

void
open_session_set(struct open_session *s, const void *ctx, const struct mail_job *job, usec now)
{
	open_session_forget(s);
	s->place = place_of(ctx, job);
	s->until = now + USABLE;
}

bool
open_session_is_there(const struct open_session *s, usec now)
{
	return s->place != NULL && now < s->until;
}

bool
open_session_fits(const struct open_session *s, const struct mail_job *job, usec now)
{
	char *place = place_of(NULL, job);
	bool fits = open_session_is_there(s, now) && strcmp(s->place, place) == 0;

	mem_free(place);
	return fits;
}
