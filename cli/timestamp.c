/* terminal exec prompt timestamp: what stands before each show. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/session_private.h"
#include "core/engine.h"
#include "host/busy.h"

void
timestamp_show(struct session *s)
{
	const struct engine *e = s->cli->engine;
	const struct exec_cmd *row = s->cmd->row;
	usec wall = clock_wall(e->clock);
	time_t sec = (time_t)(wall / USEC_PER_SEC);
	bool synchronised = clock_is_synchronised(e->clock);
	struct busy_use use = { 0 };
	double interrupts = 0;
	char day[32], date[64], out[256];
	struct tm tm;
	int n;

	if (!s->term.timestamp || s->json || strncmp(row->cmd.words, "show", 4) != 0)
		return;
	if (e->busy != NULL)
		use = busy_total(e->busy, &interrupts);
	gmtime_r(&sec, &tm);
	strftime(day, sizeof day, "%H:%M:%S", &tm);
	strftime(date, sizeof date, "UTC %a %b %e %Y", &tm);
	n = snprintf(out, sizeof out,
		"Load for five secs: %.0f%%/%.0f%%; one minute: %.0f%%; five minutes: %.0f%%\n"
		"%s, %s%s.%03d %s\n\n",
		use.five_seconds, interrupts, use.one_minute, use.five_minutes,
		synchronised ? "Time source is NTP" : "No time source", synchronised ? "" : "*", day,
		(int)(wall / USEC_PER_MSEC % 1000), date);
	session_emit(s, false, out, (size_t)n);
}
