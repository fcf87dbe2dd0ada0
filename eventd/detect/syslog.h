/*
 * Where messages enter the syslog detector. eventd's own log comes by itself (debug lines never);
 * whoever receives messages offers them here. A message is only looked at; one that some pattern
 * matches becomes an event. Engine thread.
 */
#ifndef DETECT_SYSLOG_H
#define DETECT_SYSLOG_H

#include <stdbool.h>

#include "core/cause.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/slice.h"

/* A message as it is offered: views that live for the call. */
struct syslog_view {
	struct slice subject; /* what patterns are matched against: `$_syslog_msg` without its newline */
	struct slice facility, mnemonic, sequence, timestamp;
	struct slice raw; /* as received; empty for our own */
	enum severity severity;
	const char *source;  /* "udp 192.0.2.1" */
	struct cause *cause; /* NULL = the outside world */
};

/* How many specifications it matched. */
unsigned syslog_offer(struct engine *, const struct syslog_view *);

#endif
