/* What the files of the syslog intake share: one listener, and the way of a message out of it. */
#ifndef SYSLOG_INTAKE_H
#define SYSLOG_INTAKE_H

#include <stdbool.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <jansson.h>

#include "core/loop.h"
#include "syslog/listen.h"
#include "syslog/message.h"
#include "syslog/source.h"
#include "syslog/turns.h"
#include "syslog/url.h"

struct connection;
struct relay;
struct intake_arena; /* memory that all listeners use in turn, valid until their callback returns */

struct listener {
	struct intake *intake;
	char url[SYSLOG_URL_MAX]; /* as it is open */
	const char *asked;        /* as the settings say */
	const char *identity;     /* of TLS: trustpoints, by name */
	struct setting_list client_ca;
	bool told;             /* what its helper knows: */
	json_t *told_identity; /* a reference, or NULL */
	uint64_t told_revision;
	char *missing; /* what the log was told of a trustpoint, or NULL */
	enum syslog_transport transport;
	int fd; /* -1: a helper reads */
	struct watch *watch;
	struct timer *pause; /* of accepting, when descriptors ran out */
	struct relay *relay; /* its helper process, or NULL */
	struct intake_listener count;
	uint32_t kernel_lost;                 /* the socket's own counter, as last seen */
	TAILQ_HEAD(, connection) connections; /* the one that was quiet longest first */
	TAILQ_ENTRY(listener) entry;
	bool only_v6;  /* at [::], since another listener has IPv4 */
	bool keep;     /* stays when the listeners change */
	bool is_ended; /* in the other list */
};

struct intake {
	struct engine *engine;
	line_f *f;
	void *arg;
	struct received *received;
	struct sources *sources;
	struct intake_arena *arena;
	struct turns *turns;  /* of connections */
	unsigned connections; /* of all listeners but those of helpers */
	usec last_complaint;
	uint64_t complained; /* losses that the log has told of */
	unsigned ending;     /* helpers that were told to end and have not yet */
	char room[SYSLOG_SUBJECT_ROOM];
	TAILQ_HEAD(listener_list, listener) listeners;
	struct listener_list ended; /* their helpers have not ended yet */
	struct timer *refresh;      /* of what TLS listeners know of their trustpoints */
};

/* One message, received at these times. */
void intake_message(struct listener *, struct source *, struct slice raw, usec mono, usec wall);
/* Something was lost: the log says so, at most once a minute. */
void intake_complain(struct intake *);
/* Where an address sends from, and a user of this machine; the row is filled. */
struct source *intake_source(struct intake *, enum syslog_transport, const struct sockaddr_storage *);
struct source *intake_user(struct intake *, enum syslog_transport, uid_t);

/* Called when the socket is readable. */
void datagram_ready(void *listener, int fd, unsigned what);
void stream_ready(void *listener, int fd, unsigned what);
/* Tells the helper of a TLS listener its certificate and whom it trusts, when that has changed. */
void tls_tell(struct listener *);
/* What the kernel has dropped up to now, also when nothing came since. */
void datagram_count_lost(struct listener *);

/* Allocates what datagram_ready() and stream_ready() read into. */
struct intake_arena *intake_arena_new(const void *ctx);

/* Room for one batch of datagrams, or for one read of a stream behind what was left over. */
#define ARENA_BATCH 64u
#define ARENA_LINE  (SYSLOG_LINE_MAX + 1u) /* one octet more tells that there was more */
#define ARENA_BYTES ((size_t)ARENA_BATCH * ARENA_LINE)
char *arena_bytes(struct intake_arena *);

#endif
