/*
 * What became of a mail job, by value: one class and phase for the whole, one for each recipient, the
 * reply that decided, and how far each step got. Its JSON is the document of `test mail server --json`
 * (mail-security section 14). Owned by its context. Any thread, one at a time.
 */
#ifndef ACTIONS_MAIL_RESULT_H
#define ACTIONS_MAIL_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "actions/mail/class.h"
#include "actions/mail/hop.h"
#include "core/err.h"

#define MAIL_RESULT_VERSION 1
#define MAIL_STEPS_MAX      128
#define MAIL_FLOWS_MAX      32

/* A server's answer, made printable and cut at 512 octets. */
struct mail_reply {
	int code;          /* 0: there was none */
	char enhanced[16]; /* without a reply: what we call it ourselves ("5.1.10"), or empty */
	const char *text;
};

struct mail_recipient_result {
	const char *mailbox;
	enum mail_class class; /* MAIL_OK: the server took responsibility */
	enum mail_phase phase;
	struct mail_reply reply;
};

/* What became of one of the job's hosts. */
struct mail_hop_result {
	const char *host, *ip; /* ip NULL: nobody was connected to */
	unsigned port;
	enum mail_hop_tls demanded;
	bool tried;  /* false: refused before, or never its turn (then class is MAIL_OK) */
	bool reused; /* in the session of an earlier mail */
	enum mail_class class;
	enum mail_phase phase;
	const char *detail;
	const char *local_ip;
	const char *tls_version, *tls_cipher; /* NULL: in the clear, or no handshake */
	bool tls_verified;                    /* for one of the names, or by a TLSA record */
	const char *tls_name;      /* the certificate's entry that fitted: "*.example.com"; or NULL */
	const char *tls_problem;   /* why it is not verified, where that was not refused; or NULL */
	enum mail_class tls_class; /* what the certificate was judged to be, under its own name */
	const char *dane;          /* the TLSA record that matched: "3 1 1 8d5a..."; or NULL */
	bool dane_success;
	const char *sts_domain;    /* whose MTA-STS policy was in force, or NULL */
	enum mail_class sts_class; /* of sts_failure, when it is the certificate's; else MAIL_OK */
	const char *sts_failure;   /* in testing mode: why it would have been refused; or NULL */
	struct mail_reply reply;
};

/* A TCP connection that was begun. */
struct mail_flow {
	const char *local, *remote; /* local "": it ended before it was known */
	unsigned lport, rport;
};

struct mail_step {
	enum mail_phase phase;
	unsigned ms;
	enum mail_class class;
};

struct mail_result {
	uint64_t id;
	enum mail_class class; /* MAIL_OK only when every recipient has it */
	enum mail_phase phase; /* where it ended; PHASE_NONE for MAIL_OK */
	const char *detail;    /* one sentence, or NULL */
	const char *hint;      /* or NULL */
	bool direct;           /* of the job */
	bool unconfirmed;      /* the message was sent, its 250 never came: it may have arrived */

	const char *host, *ip, *local_ip, *helo;
	unsigned port;
	const char **capabilities; /* of the last EHLO */
	size_t capability_count;
	json_t *tls; /* the "tls" object, or NULL; owned */
	bool tls_verified;
	const char *auth_mech, *auth_user; /* NULL: not logged in */
	struct mail_reply reply;

	struct mail_hop_result *hops; /* in the order of the job's */
	size_t hop_count;
	struct mail_recipient_result *recipients;
	size_t recipient_count;
	struct mail_flow flows[MAIL_FLOWS_MAX];
	size_t flow_count;
	bool kept;               /* the session is open for the next mail to the same place */
	const char *tls_secrets; /* key log lines, only where the job keeps them; the mailer takes them out */
	struct mail_step steps[MAIL_STEPS_MAX];
	size_t step_count;
};

struct mail_result *mail_result_new(const void *ctx, uint64_t id);

json_t *mail_result_to_json(const struct mail_result *);
json_t *mail_flows_to_json(const struct mail_result *); /* [{"local","lport","remote","rport"}] */
struct mail_result *mail_result_from_json(const void *ctx, const json_t *, struct err *);

/* What to do with the mail: the outcome table applied to class and reply. */
enum mail_outcome mail_result_outcome(const struct mail_result *);

/*
 * The text behind "... to SMTP server: SERVER : " (rulings 30): the reason IOS gives, a blank, and
 * [CLASS phase: detail].
 */
char *mail_result_reason(const void *ctx, const struct mail_result *);

#endif
