/*
 * The delivery log in the style of the seeds' mail_logs (mail-security 15): `show mail log`, and a file
 * with rotation. One line an entry: `Thu Sep 26 15:23:39 2024 Info: MID 7 queued for delivery`. Foreign
 * text is made printable and secrets are hidden here. Engine thread only.
 */
#ifndef ACTIONS_MAIL_MAILLOG_H
#define ACTIONS_MAIL_MAILLOG_H

#include "core/clock.h"

struct engine;
struct maillog;

/* ORDER: a configured level keeps itself and those before it. */
enum maillog_level { MAILLOG_CRITICAL, MAILLOG_WARNING, MAILLOG_INFO, MAILLOG_DEBUG };

struct maillog *maillog_new(const void *ctx, struct engine *);

/* Nothing when engine->maillog is NULL (checks, unit tests). */
void maillog_add(struct engine *, enum maillog_level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for a line that a process wrote, with its own time. */
void maillog_add_at(struct engine *, enum maillog_level, usec wall, const char *text);

unsigned maillog_next_dcid(struct engine *); /* delivery connections count from 1 */

#endif
