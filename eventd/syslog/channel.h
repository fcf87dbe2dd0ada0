/*
 * A helper's end of the packets' channel (syslog/wire.h): messages are collected and handed over in batches;
 * writing waits while the engine is busy. Ends the process when the engine is gone. For helper processes.
 */
#ifndef SYSLOG_CHANNEL_H
#define SYSLOG_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

struct channel;

struct channel *channel_new(const void *ctx);

/* `host` is who it is, `source` how it is shown. */
void channel_peer(struct channel *, uint32_t number, bool trusted, const char *source, const char *host);
void channel_gone(struct channel *, uint32_t number);
/* What is longer than SYSLOG_LINE_MAX is cut. */
void channel_message(struct channel *, uint32_t number, bool cut, struct slice);
void channel_flush(struct channel *);

/* Waits until the engine has handled all that was written. False: it has ended the conversation (`control`). */
bool channel_settle(struct channel *, int control);

/* Something to be read by people in the log, or counted: core/frame.h on standard output. */
void channel_log(const char *facility, int severity, const char *mnemonic, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
