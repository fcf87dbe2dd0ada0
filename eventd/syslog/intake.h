/* What the files of the syslog intake share: one listener, and the way of a message out of it. */
#ifndef SYSLOG_INTAKE_H
#define SYSLOG_INTAKE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "core/loop.h"
#include "syslog/listen.h"
#include "syslog/message.h"
#include "syslog/url.h"

struct connection;
struct intake_arena; /* memory that all listeners use in turn, valid until their callback returns */

struct listener {
	struct intake *intake;
	char url[SYSLOG_URL_MAX]; /* as it is open */
	const char *asked;        /* as the settings say */
	enum syslog_transport transport;
	int fd;
	struct watch *watch;
	struct timer *pause; /* of accepting, when descriptors ran out */
	struct intake_listener count;
	uint32_t kernel_lost;         /* the socket's own counter, as last seen */
	struct sockaddr_storage peer; /* of the message before: mostly the same again */
	char source[SYSLOG_SOURCE_MAX];
	TAILQ_HEAD(, connection) connections; /* the one that was quiet longest first */
	TAILQ_ENTRY(listener) entry;
	bool keep; /* stays when the listeners change */
};

struct intake {
	struct engine *engine;
	line_f *f;
	void *arg;
	struct received *received;
	struct intake_arena *arena;
	unsigned connections; /* of all listeners */
	usec last_complaint;
	uint64_t complained; /* losses that the log has told of */
	char room[SYSLOG_SUBJECT_ROOM];
	TAILQ_HEAD(, listener) listeners;
};

/* One message, received at these times. */
void intake_message(struct listener *, const char *source, struct slice raw, usec mono, usec wall);
/* Something was lost: the log says so, at most once a minute. */
void intake_complain(struct intake *);

/* Called when the socket is readable. */
void datagram_ready(void *listener, int fd, unsigned what);
void stream_ready(void *listener, int fd, unsigned what);

/* Allocates what datagram_ready() and stream_ready() read into. */
struct intake_arena *intake_arena_new(const void *ctx);

/* Room for one batch of datagrams, or for one read of a stream behind what was left over. */
#define ARENA_BATCH 64u
#define ARENA_LINE  (SYSLOG_LINE_MAX + 1u) /* one octet more tells that there was more */
#define ARENA_BYTES ((size_t)ARENA_BATCH * ARENA_LINE)
char *arena_bytes(struct intake_arena *);

#endif
