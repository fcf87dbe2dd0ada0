/*
 * Receives syslog: from UDP, TCP (RFC 6587, both framings), TLS (RFC 5425) and unix datagram sockets, from
 * files and from the journal, as the settings below `syslog:` say. Every message is parsed once and handed on
 * as a view. What had to be dropped is counted and logged, never silent. Engine thread only.
 */
#ifndef SYSLOG_LISTEN_H
#define SYSLOG_LISTEN_H

#include <stddef.h>
#include <stdint.h>

#include "bus/line.h"
#include "core/engine.h"
#include "core/err.h"
#include "core/settings.h"
#include "syslog/received.h"

struct intake;

#define INTAKE_CONNECTIONS_MAX 1024u

/* Needs loop and log of the engine. `f` is called for each message, from the loop. Nothing is open yet. */
struct intake *intake_new(const void *ctx, struct engine *, line_f *f, void *arg);

/*
 * From now on these listeners and no others; those that were open and stay are not touched. NULL: none. False:
 * nothing new is open, err names the URL (and its place in the settings file); ask for the old ones again, one of
 * which may have had to give way.
 */
bool intake_listen(struct intake *, const struct settings *, struct err *);

/* Helper processes that were told to end and write down where they stand. */
unsigned intake_ending(const struct intake *);

struct helper;
void intake_each_helper(const struct intake *, void (*f)(void *arg, const struct helper *), void *arg);

/* Each open listener: its URL (with the port that was chosen) and its counters. */
struct intake_listener {
	const char *url;
	uint64_t messages, octets;
	uint64_t matched; /* by an event of some policy */
	uint64_t limited; /* dropped: more than its source may send */
	uint64_t cut;     /* longer than SYSLOG_LINE_MAX */
	uint64_t lost;    /* by the kernel: the socket's buffer was full */
	uint64_t refused; /* connections: too many, or a stream that was no syslog */
	unsigned connections;
};
void intake_each(struct intake *, void (*f)(void *arg, const struct intake_listener *), void *arg);

struct sources;
const struct sources *intake_sources(const struct intake *);

/* For `show logging received`. */
struct received *intake_received(const struct intake *);

#endif
