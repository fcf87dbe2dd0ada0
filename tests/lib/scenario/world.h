/*
 * The world of one scenario: an engine on a virtual clock, one CLI session at level 15, everything
 * that was logged, and what the last command said.
 */
#ifndef SCENARIO_WORLD_H
#define SCENARIO_WORLD_H

#include <stdbool.h>

#include "actions/mail/class.h"
#include "core/engine.h"
#include "core/err.h"
#include "core/text.h"
#include "probe/ask.h"
#include "script.h"

struct agent;
struct mail_job;
struct names;
struct session;

struct world {
	const char *path;
	struct engine *engine;
	struct session *session;
	usec began;  /* mono */
	void *sinks; /* context of what listens to the log */

	struct text log;     /* "%FAC-SEV-MNEM: text" lines */
	size_t log_seen;     /* what an `expect log` has passed */
	struct text debug;   /* debug lines */
	struct text output;  /* of the last command */
	struct text answers; /* lines for the questions that come */
	bool accepted, ready;

	/* what the mailer was given, and what it answers */
	struct mail_job **mails; /* copies, oldest first */
	size_t nmails;
	enum mail_class answer;
	enum mail_phase answer_phase;
	usec answer_after;

	const char *disk;    /* directory of its own: flash/, and sys/ and proc/ of `kernel` */
	struct agent *agent; /* agent.h */
	struct names *names; /* names.h */

	/* what IP SLA operations find at each target */
	struct {
		const char *name;
		enum probe_code code;
		usec rtt;
	} targets[16];
	size_t ntargets;

	struct err refusal;
	const struct statement *now;
};

struct world *world_new(const char *path, usec wall_start);
void world_free(struct world *);

/* Prints "FILE:LINE: ..." and answers false. */
bool world_fail(struct world *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A fresh session instead of the one there is; what that had not committed is dropped. */
void world_open_session(struct world *);
/* One line in the session. Afterwards it is answered (w->ready), or the command waits for a policy. */
void world_cli(struct world *, const char *line);
/* Lets everything that is ready happen. */
void world_settle(struct world *);

#endif
