/*
 * The mailer of one engine: hands mail jobs to eventd-mail processes, one job a process at a time, so that
 * one hung server delays nobody else; passes their traces on to the log and their results to whoever asked.
 * Processes are started when they are needed, up to eight for each of `max-parallel`, since most of them
 * only wait for a server; those beyond `max-parallel` end when they are idle. A process that dies fails its
 * job and is started again for the next one. Engine thread only.
 */
#ifndef ACTIONS_MAIL_MAILER_H
#define ACTIONS_MAIL_MAILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "actions/mail/job.h"
#include "actions/mail/result.h"
#include "core/clock.h"

struct engine;
struct helper;
struct mailer;
struct mail_ticket;

/* What jobs take from the configuration (actions/mail/config.c) when the action says nothing. */
struct mail_defaults {
	const char *helo;         /* NULL: the host name */
	usec timeout;             /* of one whole attempt without a queue */
	size_t max_size;          /* octets of a message */
	bool cleartext_auth;      /* allow-cleartext-auth */
	bool legacy_cn;           /* tls legacy-cn */
	unsigned tls_minimum;     /* 12 or 13 */
	const char *mechanisms;   /* SASL mechanisms allowed, blanks between; NULL: the default order */
	const char **trustpoints; /* only these are trusted; NULL: all authenticated ones */
	size_t trustpoint_count;
	bool system_trust;    /* mail trustpool system */
	const char *identity; /* trustpoint whose certificate we show; NULL: none */
};

struct mailer *mailer_new(const void *ctx, struct engine *, size_t max_parallel);
void mailer_set_parallel(struct mailer *, size_t max_parallel);
struct mail_defaults *mailer_defaults(struct mailer *);
size_t mailer_processes_max(const struct mailer *);

/* What the configuration says of every job now: trust, HELO name, mechanisms, versions, permissions. */
void mailer_configure(struct mailer *, struct mail_job *);

/* The result is borrowed for the call. */
typedef void mailer_done_f(void *arg, const struct mail_result *);

/*
 * Queues the job, which gets its id, the switches of `debug` beside those that its debug mask asks for,
 * and its PKI session number here. `done` is called once, from the loop. Freeing the ticket (or ctx) cancels the job and drops the callback.
 */
struct mail_ticket *mailer_submit(
	const void *ctx, struct mailer *, struct mail_job *, mailer_done_f *done, void *arg);

/*
 * Called when a job that announces its final dot has come to it: the dot is said behind mailer_leave() for the
 * job's id, never when the ticket is freed instead.
 */
typedef void mailer_announced_f(void *arg, const struct mail_job *);
void mailer_on_announced(struct mailer *, mailer_announced_f *, void *arg);
void mailer_leave(struct mailer *, uint64_t job);

/* The next number of an attempt: jobs have theirs from here. */
uint64_t mailer_number(struct mailer *);

/* What the box calls itself towards mail: `mail helo-name`, or the host name. */
const char *mailer_fqdn(const struct mailer *);

/* "<...>" unique for each message (RFC 5322 3.6.4). */
char *mailer_message_id(struct mailer *, const void *ctx);

/*
 * For scenarios and simulation: jobs go to f instead of a process; it fills the result, `answer_after`
 * says when it arrives.
 */
typedef void mailer_fake_f(void *arg, const struct mail_job *, struct mail_result *, usec *answer_after);
void mailer_fake(struct mailer *, mailer_fake_f *, void *arg);

/* eventd ends: processes that keep a session open take their leave of the server. How many still do. */
size_t mailer_leave_sessions(struct mailer *);

/* The helper processes, for `show system processes`. */
void mailer_each_helper(const struct mailer *, void (*f)(void *arg, const struct helper *), void *arg);

#endif
