/*
 * Where a follower stands in what it reads, kept over restarts in a file of its own: two slots that are written
 * in turn, each with a checksum, so that a crash in the middle of a write leaves the one before. What was
 * written survives the end of the process at once, and the machine's after position_sync(). For helper
 * processes.
 */
#ifndef SYSLOG_POSITION_H
#define SYSLOG_POSITION_H

#include <stdbool.h>

#include "core/err.h"

#define POSITION_TEXT_MAX 3900u

struct position;

/*
 * Of `what` ("file /var/log/messages", "journal"), in this directory, which is made when missing. Waits until
 * the process before us has ended, whose end it is to write. NULL: err.
 */
struct position *position_open(const void *ctx, const char *dir, const char *what, struct err *);

/* What was saved last; NULL: nothing. */
const char *position_text(const struct position *);

/* False: err; a text longer than POSITION_TEXT_MAX is none. */
bool position_save(struct position *, const char *text, struct err *);
void position_sync(struct position *); /* costs nothing when nothing was saved since */

#endif
