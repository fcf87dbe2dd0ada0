/*
 * What happens on a delivery connection, told by the delivering process while it happens: the delivery
 * log and the TLS reports are made of it. By value; strings are owned by whoever made the event.
 *
 * As a message: {"type":"event","id":<job>,"at":<wall microseconds>,"what":"connected",...}
 */
#ifndef ACTIONS_MAIL_EVENT_H
#define ACTIONS_MAIL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "actions/mail/class.h"
#include "core/err.h"

enum mail_event_kind {
	MAIL_EVENT_CONNECTED,
	MAIL_EVENT_TLS,    /* the handshake is done, and whatever was demanded of it is fulfilled */
	MAIL_EVENT_START,  /* MAIL is about to be said */
	MAIL_EVENT_REUSED, /* instead of CONNECTED and TLS: the session of the process's last mail */
	MAIL_EVENT_FAILED, /* this address of this host did not take the mail */
	MAIL_EVENT_KIND_COUNT
};

struct mail_event {
	enum mail_event_kind kind;
	unsigned hop;     /* index of the job's hops; 0 without */
	const char *host; /* all events: where we are, as far as it is known */
	const char *ip, *local_ip;
	unsigned port;
	const char *version, *cipher; /* of TLS */
	const char *matched;          /* of TLS: the certificate's name that fits, or NULL */
	bool verified;                /* of TLS: the peer has proven who it is */
	const char *problem;          /* of TLS: why it has not, where that was not demanded, or NULL */
	const char *sts_failure;      /* of TLS: why a policy in testing mode would refuse it, or NULL */
	enum mail_class class;        /* of FAILED */
	enum mail_phase phase;
	const char *detail; /* of FAILED, or NULL */
};

typedef void mail_event_f(void *arg, const struct mail_event *);

struct mail_tell {
	mail_event_f *f;
	void *arg;
};

/*
 * Asks for leave to say the final dot, and waits for it: behind it the mail may be delivered, which is written
 * down first. False: there is none before the deadline (monotonic microseconds), or the job is cancelled.
 */
typedef bool mail_leave_f(void *arg, int64_t deadline);

struct mail_leave {
	mail_leave_f *f;
	void *arg;
};

void mail_event_to_json(const struct mail_event *, json_t *object);
bool mail_event_from_json(const void *ctx, struct mail_event *, const json_t *, struct err *);

#endif
