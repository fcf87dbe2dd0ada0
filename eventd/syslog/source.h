/*
 * Who sends us messages: a row for each source, with what it sent and a limit of its own, so that one that
 * floods costs the others nothing. Messages of levels 0 to 3 and the rest are limited apart: chatter never
 * displaces an alarm of the same device. The table is bounded; the source that was quiet longest gives way
 * to a new one. Engine thread only.
 */
#ifndef SYSLOG_SOURCE_H
#define SYSLOG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <uthash.h>

#include "core/clock.h"
#include "core/log.h"
#include "syslog/url.h"

#define SOURCES_MAX 4096u
#define SOURCE_TEXT 280u
#define SOURCE_HOST 256u

/* What tells sources apart; unused octets are zero. */
struct source_key {
	uint8_t transport; /* enum syslog_transport */
	uint8_t unused[3];
	uint32_t number;     /* a user, or the number that a helper gave its peer */
	uint8_t address[16]; /* IPv6, or IPv4 mapped into it */
};

struct source {
	struct source_key key;
	char text[SOURCE_TEXT]; /* "udp 192.0.2.1", "file /var/log/messages" */
	char host[SOURCE_HOST]; /* the device: an address, a certificate's name, or "local" */
	bool trusted;   /* host is proved: by a certificate, by the kernel, or because it is ourselves */
	bool patient;   /* what it has to say waits where it is: never limited */
	unsigned holds; /* connections: while there are any, the row stays */
	uint64_t messages, limited;
	usec last; /* wall clock */

	usec full_at[2]; /* of each lane, the alarms' second: when it would be empty */
	UT_hash_handle hh;
	TAILQ_ENTRY(source) entry;
};

struct sources;

struct sources *sources_new(const void *ctx);

/* Messages a second that one source may send on each lane, with a burst of as many; 0 = no limit. */
void sources_limit(struct sources *, unsigned per_second);

/* The row, made when there is none: *is_new says that text and host are to be filled. Valid until the next call. */
struct source *sources_find(struct sources *, const struct source_key *, bool *is_new);

/* Counts a message. False: it is one too many. */
bool sources_admit(struct sources *, struct source *, enum severity, usec mono);

/* The port is no part of it. */
void source_key_of_address(struct source_key *, enum syslog_transport, const struct sockaddr_storage *);

/* A connection's row: it stays until it is released as often as it was held. */
void sources_hold(struct sources *, struct source *);
void sources_release(struct sources *, struct source *);
/* The one with the most connections of this kind, or NULL. */
struct source *sources_greediest(const struct sources *, enum syslog_transport);

uint64_t sources_limited(const struct sources *); /* of all, also of those that gave way */
void sources_each(const struct sources *, void (*f)(void *arg, const struct source *), void *arg);

#endif
