/*
 * The delivery log in the style of the seeds' mail_logs (mail-security 15): `show mail log`, and a file
 * with rotation. One line an entry: `Thu Sep 26 15:23:39 2024 Info: MID 7 queued for delivery`. Foreign
 * text is made printable and secrets are hidden here. Engine thread only.
 */
#ifndef ACTIONS_MAIL_MAILLOG_H
#define ACTIONS_MAIL_MAILLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/clock.h"

struct engine;
struct maillog;

/* ORDER: a configured level keeps itself and those before it. */
enum maillog_level { MAILLOG_CRITICAL, MAILLOG_WARNING, MAILLOG_INFO, MAILLOG_DEBUG };

/* Becomes engine->maillog. */
struct maillog *maillog_new(const void *ctx, struct engine *);
/* Hands in `mail log ...` and `show mail log`. */
void maillog_start(struct engine *);

/* Nothing when engine->maillog is NULL (checks, unit tests). */
void maillog_add(struct engine *, enum maillog_level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for a line that a process wrote, with its own time. */
void maillog_add_at(struct engine *, enum maillog_level, usec wall, const char *text);

/* Is a line of this level kept? For whoever would go to some length to make one. */
bool maillog_wants(const struct engine *, enum maillog_level);

unsigned maillog_next_dcid(struct engine *); /* delivery connections count from 1 */

/* ---- for the commands (maillog_commands.c) ---- */
#define MAILLOG_FILE       "mail_logs"
#define MAILLOG_FILE_SIZE  (10u * 1024u * 1024u)
#define MAILLOG_FILE_COUNT 10u

struct maillog_entry {
	usec wall;
	enum maillog_level level;
	const char *line; /* "Thu Sep 26 15:23:39 2024 Info: ...": no newline */
	const char *text; /* what stands behind the level */
};

const char *maillog_level_name(enum maillog_level); /* "Info" */
void maillog_set_level(struct maillog *, enum maillog_level);
/*
 * A name without '/' is a file in the state directory; NULL: no file. Behind `size` octets it becomes
 * NAME.1, that NAME.2, up to `count` old ones.
 */
void maillog_set_file(struct maillog *, const char *name, size_t size, unsigned count);
/* Oldest first. */
void maillog_each(const struct maillog *, void (*f)(void *arg, const struct maillog_entry *), void *arg);

#endif
