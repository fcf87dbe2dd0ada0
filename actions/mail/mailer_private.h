/*
 * What the files of the mailer share: jobs, the processes they are given to, and how both end. Engine thread
 * only.
 */
#ifndef ACTIONS_MAIL_MAILER_PRIVATE_H
#define ACTIONS_MAIL_MAILER_PRIVATE_H

#include <sys/queue.h>

#include "actions/mail/delivery_log.h"
#include "actions/mail/mailer.h"
#include "actions/mail/open_session.h"

struct text;
struct timer;

#define PROCESSES_MAX 64

struct mail_ticket {
	TAILQ_ENTRY(mail_ticket) link; /* while it waits for a worker */
	struct mailer *mailer;
	struct worker *worker; /* NULL while waiting or faked */
	struct mail_job *job;
	debug_mask asked_for; /* traces that are shown whatever the switches say */
	mailer_done_f *done;
	void *arg;
	struct timer *timer;       /* hung process; or the answer of a fake */
	struct mail_result *faked; /* NULL but for fakes */
	struct delivery_log log;
	bool is_sending; /* it may say the final dot: what happens now may have delivered it */
	bool is_waiting;
	enum mail_phase phase; /* as far as its events tell */
	struct text *trace;    /* the last lines of it, for the flight recorder; or NULL */
	usec begun;            /* wall clock */
	char *token;           /* that redaction knows while the job lives, or NULL */
};

struct worker {
	struct mailer *mailer;
	struct helper *helper;
	uint64_t job; /* under way, also when nobody waits for it any more; 0 = idle */
	struct mail_ticket *ticket;
	uint64_t briefed;    /* how much of what others have learnt about revocation it knows */
	struct timer *timer; /* of a surplus process: idle for too long */
	unsigned dcid;       /* of its last connection, for the delivery log */
	struct open_session session;
};

struct mailer {
	struct engine *engine;
	struct mail_defaults defaults;
	struct worker workers[PROCESSES_MAX];
	size_t parallel;  /* processes that stay */
	size_t processes; /* that may ever have worked */
	TAILQ_HEAD(, mail_ticket) waiting;
	uint64_t jobs;
	uint32_t messages;
	unsigned pki_sessions, tls_contexts;
	mailer_fake_f *fake;
	void *fake_arg;
	mailer_announced_f *announced;
	void *announced_arg;
};

/* ---- mailer.c ---- */
void mailer_finish(struct mail_ticket *, const struct mail_result *);
void mailer_finish_failed(struct mail_ticket *, enum mail_class, const char *detail);
void mailer_idle(struct worker *); /* its job is answered */
void mailer_dispatch(struct mailer *);

/* ---- mailer_hears.c: of a process; `arg` is its worker ---- */
void mailer_on_message(void *arg, json_t *message);
void mailer_on_exit(void *arg, pid_t pid, int exit_code, int term_signal);

#endif
