/*
 * One SMTP session (RFC 5321) over an open connection, sequentially: it reads as the RFC does. The
 * pieces of the dialogue share struct smtp; each knows its own phase. Helper process only.
 */
#ifndef ACTIONS_MAIL_SMTP_H
#define ACTIONS_MAIL_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/mail/class.h"
#include "actions/mail/ehlo.h"
#include "actions/mail/event.h"
#include "actions/mail/job.h"
#include "actions/mail/reply.h"
#include "actions/mail/result.h"
#include "actions/mail/wire.h"
#include "core/err.h"
#include "core/redact.h"
#include "core/trace.h"

struct smtp {
	const struct mail_job *job;
	const struct mail_hop *to; /* whom we speak to, and what is demanded there */
	struct mail_result *result;
	struct mail_hop_result *at; /* what became of this host */
	const struct trace *trace;
	struct redact *redact; /* what must not be shown of what the server says */
	const struct pki_fetch *fetch;
	const struct mail_tell *tell;   /* who wants to know, or NULL */
	const struct mail_leave *leave; /* who is asked before the final dot, or NULL */
	unsigned hop;                   /* index of the job's hops */
	struct wire wire;
	struct smtp_reply reply; /* the last one */
	struct smtp_ehlo *ehlo;
	enum mail_phase phase;
	int64_t phase_started;
	bool verified;       /* inside TLS with the host that was meant */
	bool hide_challenge; /* AUTH: what a 334 says is not traced */
	bool dead;           /* nothing more can be said, not even QUIT */
	bool keep;           /* the session may stay open behind the mail */
	bool is_open;        /* greeting, TLS and login are behind us: a mail may be sent */
};

/*
 * From the banner to QUIT, or without it where `keep` says so and more can be said. False: err->class names the failure, s->phase says where; the recipients'
 * results are in s->result. The connection stays the caller's to close.
 */
bool smtp_session(struct smtp *, struct err *);
/* The same in a session that a mail before has left open: RSET, then the mail. */
bool smtp_next_mail(struct smtp *, struct err *);

/* --- the pieces, in the order of the dialogue ------------------------------------------------------- */

bool smtp_start_tls(struct smtp *, struct err *);   /* starttls.c: the handshake */
bool smtp_auth(struct smtp *, struct err *);        /* smtp_auth.c */
bool smtp_transaction(struct smtp *, struct err *); /* smtp_send.c: MAIL to the final dot */

/* --- what they share: smtp_io.c --------------------------------------------------------------------- */

/* Ends the step under way well and begins the next. */
void smtp_phase(struct smtp *, enum mail_phase);
void smtp_step_end(struct smtp *, enum mail_class);

/* Adds CR LF; a line that holds either is refused. */
bool smtp_write_line(struct smtp *, const char *line, unsigned ms, struct err *);
/* The same, traced as `shown`. */
bool smtp_write_hidden(struct smtp *, const char *line, const char *shown, unsigned ms, struct err *);
/* No line end is added and nothing traced. */
bool smtp_write_raw(struct smtp *, const void *data, size_t n, unsigned ms, struct err *);

/* One reply, all of it within ms. PROTOCOL_ERROR when it is none. */
bool smtp_read_reply(struct smtp *, unsigned ms, struct err *);
/* PROTOCOL_ERROR when octets stand behind the reply that was asked for. */
bool smtp_nothing_behind(struct smtp *, struct err *);
/* A line, its reply, nothing behind it. */
bool smtp_ask(struct smtp *, const char *line, unsigned ms, struct err *);

/* Tells what has happened; host, addresses and port are filled in. */
void smtp_tell(struct smtp *, struct mail_event *);

/* The failure that the last reply means: `class` for 4xx and 5xx, else PROTOCOL_ERROR. Always false. */
bool smtp_refused(struct smtp *, enum mail_class, struct err *);

/* The last reply as the result has it. */
void smtp_keep_reply(struct smtp *, struct mail_reply *);

/* May the mail go on only inside TLS? */
bool smtp_demands_tls(const struct mail_hop *);
/* TLS_NOT_OFFERED or TLS_REFUSED, as DANE and MTA-STS call it. */
enum mail_class smtp_no_tls_class(const struct mail_hop *, enum mail_class);

/* QUIT, at most its time, whatever comes of it. */
void smtp_quit(struct smtp *);

#endif
