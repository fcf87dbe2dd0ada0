/*
 * A line of syslog as detectors see it, whoever said it: a device on the network, or this device's own
 * log. A view: everything is valid during the call only, and only a match copies it into an event.
 */
#ifndef BUS_LINE_H
#define BUS_LINE_H

#include <stdbool.h>

#include "core/cause.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/slice.h"

struct line {
	const char *source;   /* "udp 192.0.2.1", "unix uid 0", "log" */
	const char *listener; /* "udp://0.0.0.0:514", "journal"; "log" */
	/*
	 * The device: the address it sent from, the name in its certificate, "local". Never what the message
	 * claims. Trusted: nobody else could have sent it (an address of UDP can be forged).
	 */
	const char *host;
	bool trusted;
	struct slice raw;     /* octets as they came */
	struct slice subject; /* what patterns are matched against; `$_syslog_msg` behind its newline */
	struct slice sequence, stamp, facility, mnemonic; /* `$_syslog_...`; empty when not said */
	struct slice claimed;                             /* the name that the message gives its sender */
	struct slice app, procid, msgid, data; /* RFC 5424; app and procid also of RFC 3164's tag */
	enum severity severity;
	usec mono, wall;     /* of reception */
	struct cause *cause; /* NULL = the outside world */
};

/* Answers whether anybody wanted it. */
typedef bool line_f(void *arg, const struct line *);

#endif
