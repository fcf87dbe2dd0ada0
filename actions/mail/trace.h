/*
 * The lines of `debug event manager action mail` (eem-language section 11.2): the EEM log line with the
 * policy's name and DEBUG(smtp_lib). Foreign text in them is made printable here.
 */
#ifndef ACTIONS_MAIL_TRACE_H
#define ACTIONS_MAIL_TRACE_H

#include <stddef.h>

#include "core/trace.h"

void mail_trace(const struct trace *, const char *policy, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* `what` is "smtp_read" or "smtp_write"; the n bytes of a line without its end. */
void mail_trace_line(const struct trace *, const char *policy, const char *what, const char *line, size_t n);

/* The arguments IOS prints first, as XML; `secure` 0 none, 1 tls, 2 smtps. */
void mail_trace_start(const struct trace *, unsigned port, unsigned secure);

#endif
