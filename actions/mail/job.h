/*
 * A mail job by value: everything that one delivery needs, so that the process that meets hostile
 * servers reads neither files nor configuration. Immutable once built; owned by its context.
 *
 * Messages to eventd-mail (core/frame.h):  {"type":"job","version":1,"id":7,...}  one at a time is worked on,
 *                                          {"type":"cancel","id":7}, {"type":"leave","id":7}
 * and from it:  {"type":"trace","id":7,"at":<wall microseconds>,"why":<debug mask>,"stamped":true,"text":"..."}
 *               {"type":"event","id":7,...}   actions/mail/event.h: where the delivery has got to
 *               {"type":"announce","id":7}   of a job that says so: before its final dot it waits for the leave
 *               {"type":"result","version":1,"id":7,...}  exactly one for each job, also a cancelled one.
 * Both ways, before a job and before a result: {"type":"revocation",...} of pki/revocation_cache.h.
 * The process ends when its standard input does; a job under way is then given up.
 */
#ifndef ACTIONS_MAIL_JOB_H
#define ACTIONS_MAIL_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "actions/mail/hop.h"
#include "actions/mail/server.h"
#include "core/clock.h"
#include "core/debug.h"
#include "core/err.h"
#include "pki/trust.h"

#define MAIL_JOB_VERSION 1

enum mail_secure {
	MAIL_SECURE_OPPORTUNISTIC, /* no keyword: STARTTLS when offered, unverified */
	MAIL_SECURE_NONE,          /* `secure none`: in the clear */
	MAIL_SECURE_TLS,           /* `secure tls`: STARTTLS demanded and verified */
	MAIL_SECURE_SMTPS,         /* `secure smtps`: TLS from the first byte (RFC 8314) */
	MAIL_SECURE_COUNT
};

enum mail_verb {
	MAIL_DELIVER,
	MAIL_TEST, /* everything before DATA; MAIL and RCPT only when `from` is given */
	MAIL_VERB_COUNT
};

/* Milliseconds, each for the whole of its step (RFC 5321 4.5.3.2). */
struct mail_timeouts {
	unsigned dns, connect, banner, ehlo, starttls, auth, mail, rcpt, data, body, dot, quit;
	unsigned total; /* of the whole job: the lesser of the mail's own and what the run has left */
};

extern const struct mail_timeouts mail_timeouts_default;

struct mail_job {
	uint64_t id;
	uint64_t mid;  /* the message's number in the queue; 0: it is in none */
	uint64_t part; /* the queue's number of these recipients of it; the engine's own, not sent */
	usec age;      /* how long it has waited; the engine's own, not sent */
	enum mail_verb verb;
	const char *policy; /* who sends: trace lines carry it */
	const char *policy_hash;

	const char *host; /* as struct mail_server has it */
	enum mail_host_kind host_kind;
	unsigned port;
	const char *user, *password;            /* a user has a password or a token */
	const char *token;                      /* OAuth, instead of a password */
	const char *token_command, *token_file; /* where the mailer fetches it; not sent */
	const char *credential;                 /* name in the store where they came from, or NULL */
	bool cleartext_auth;                    /* explicit permission to log in without verified TLS */
	const char
		*mechanisms; /* allowed SASL mechanisms, blanks between, in order; NULL: the default order */
	bool announce;       /* the final dot waits for leave: the queue writes down that it may be said */
	bool tls_report;     /* RFC 8460 3: no policy may hold it up, and it is counted in no report */
	bool direct;         /* to the recipients' own hosts: `host` is their domain, `hops` the hosts */
	struct mail_hop *hops; /* in order; NULL: `host` is the only one, `secure` says what is demanded */
	size_t hop_count;
	unsigned messages; /* mails that one session may carry; up to 1: it ends with this one */

	const char *from; /* envelope sender; "" is the null reverse-path */
	const char **recipients;
	const unsigned *rids; /* their ranks in the mail, for the delivery log; NULL: 0, 1, ...; not sent */
	size_t recipient_count;
	const char *message; /* RFC 5322 text, perhaps 8-bit */
	size_t message_len;

	enum mail_secure secure;
	unsigned tls_minimum; /* 12 or 13; 0 = 12 */
	bool legacy_cn;
	const struct trust *trust; /* NULL: nothing is trusted */
	const char *identity;      /* pki/identity.h's JSON as text, the key in the clear; NULL: none */
	const struct trust
		*sts_trust; /* for hosts under an MTA-STS policy, which are Web PKI; NULL: `trust` */

	const char *source_interface, *source_address; /* at most one */
	const char *vrf;                               /* a device on Linux; NULL: the system's table */
	const char *
		resolver; /* name server to ask for the host's addresses, ADDR or ADDR@PORT; NULL: the system's */
	const char *helo; /* NULL: the address literal of our end */
	struct mail_timeouts timeouts;

	bool keep_secrets; /* those of TLS sessions go into the result of a failure (flight recorder) */
	debug_mask debug;
	unsigned pki_session; /* number of the first PKI session in the traces */
	unsigned tls_context; /* number of the first TLS context */
};

/* The object is the caller's; it holds the password. */
json_t *mail_job_to_json(const struct mail_job *);

/*
 * NULL and err when the version is another, something has the wrong form, or an address, a name or a
 * host holds what may not stand in an SMTP command.
 */
struct mail_job *mail_job_from_json(const void *ctx, const json_t *, struct err *);

/*
 * The identity of this trustpoint, as it is now. One that is not there, or whose key cannot be read, makes
 * every handshake of the job fail: nobody is to believe that it was shown.
 */
struct engine;
void mail_job_set_identity(struct mail_job *, struct engine *, const char *trustpoint);

/* For the delivering process. True with nothing in it when the job has none; end with identity_clear(). */
struct identity;
bool mail_job_identity(const struct mail_job *, struct identity *, struct err *);

const char *mail_secure_name(int); /* "opportunistic", "none", "tls", "smtps" */

/* The port that is meant when none is given: 25, 587 or 465. */
unsigned mail_default_port(enum mail_secure);

#endif
