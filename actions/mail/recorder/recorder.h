/*
 * The flight recorder of mail: `event manager mail capture-on-failure`. The capture helper keeps the last
 * packets to and from mail servers in memory; when an attempt fails, those of its own connections become a
 * pcapng file with the failure as a comment and, with `include-secrets`, what opens its TLS. It never
 * holds up a mail: what cannot be captured is told once and done without. Engine thread only.
 */
#ifndef ACTIONS_MAIL_RECORDER_RECORDER_H
#define ACTIONS_MAIL_RECORDER_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "actions/mail/job.h"
#include "actions/mail/result.h"
#include "core/clock.h"
#include "core/text.h"

struct cli;
struct conf;
struct engine;
struct mail_recorder;

struct mail_recorder *recorder_new(const void *ctx, struct engine *);
void recorder_rows(struct conf *);
void recorder_commands(struct cli *); /* show mail failures, clear mail failures */

/* Mail will go to this port: its packets are wanted from now on. */
void recorder_expect(struct engine *, unsigned port);

/* An attempt begins: what its job has to bring back. Answers whether its trace lines are wanted. */
bool recorder_begin(struct engine *, struct mail_job *);

/*
 * It has ended, wherever that was: an attempt that came to no connection is kept without packets. Takes the
 * TLS secrets out of the result. `trace` may be NULL; `since` is the wall clock when it began. A job that
 * the mailer never had (id 0) gets a number of its own.
 */
void recorder_end(
	struct engine *, const struct mail_job *, struct mail_result *, const struct text *trace, usec since);

/* The same for one of which no job could be made. `mid` 0: not of the queue; `host` is NULL, NAME or NAME:PORT. */
void recorder_refused(
	struct engine *, const char *policy, uint64_t mid, const char *host, struct mail_result *);

#endif
