/*
 * The mail queue of an engine on a virtual clock with a store of its own, servers that do as they are told, and
 * what was said to the applet.
 */
#ifndef TESTS_QUEUEHOST_H
#define TESTS_QUEUEHOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "actions/mail/mailer.h"
#include "actions/mail/queue/private.h"
#include "virtual.h"

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)

struct world {
	void *ctx;
	char dir[64];
	struct engine *e;
	/* how servers behave */
	enum mail_class answer;
	enum mail_phase phase;
	int code;
	const char *hangs;   /* hosts that begin so never answer */
	const char *unknown; /* this mailbox is refused with 550 */
	bool unconfirmed;
	bool announces; /* it comes to its final dot */
	/* what they saw */
	size_t jobs, at_once, most;
	char last[8192], bounce[8192], host[256], from[256], ids[64][128];
	size_t count;
	/* what was said */
	size_t answered;
	struct mail_accepted accepted;
	enum mail_class class;
	usec answered_at;
};

static inline void
on_job(void *arg, const struct mail_job *job, struct mail_result *r, usec *after)
{
	struct world *w = arg;

	w->jobs++;
	w->count = job->recipient_count;
	snprintf(w->last, sizeof w->last, "%s", job->message);
	if (strstr(job->message, "Action: failed") != NULL)
		snprintf(w->bounce, sizeof w->bounce, "%s%s", job->from, job->message);
	snprintf(w->host, sizeof w->host, "%s", job->host);
	snprintf(w->from, sizeof w->from, "%s", job->from);
	r->class = w->answer;
	r->phase = w->phase;
	r->direct = job->direct;
	r->host = mem_strdup(r, job->host);
	r->reply.code = w->code;
	r->unconfirmed = w->unconfirmed;
	*after = 10 * USEC_PER_MSEC;
	if (w->hangs != NULL && strncmp(job->host, w->hangs, strlen(w->hangs)) == 0) {
		r->class = MAIL_TIMEOUT;
		r->phase = PHASE_BANNER;
		*after = 300 * USEC_PER_SEC;
	}
	if (w->announces)
		queue_attempt_announced(w->e->mail_queue, job);
	if (w->unknown == NULL)
		return;
	r->recipients = mem_array(r, struct mail_recipient_result, job->recipient_count);
	r->recipient_count = job->recipient_count;
	for (size_t i = 0; i < job->recipient_count; i++) {
		r->recipients[i].mailbox = mem_strdup(r, job->recipients[i]);
		if (strcmp(job->recipients[i], w->unknown) != 0)
			continue;
		r->recipients[i].class = r->class = MAIL_RECIPIENT_REJECTED;
		r->recipients[i].phase = r->phase = PHASE_RCPT;
		r->recipients[i].reply.code = r->reply.code = 550;
	}
}

static inline void
start(struct world *w)
{
	struct err err = ERR_INIT;
	struct setup setup = {
		.clock = clock_new_virtual(w->ctx, VIRTUAL_START), .seed = 1, .state_dir = w->dir
	};

	w->e = engine_new(w->ctx, &setup, &err);
	assert_non_null(w->e);
	mailer_fake(w->e->mailer, on_job, w);
	mail_queue_open(w->e->mail_queue, NULL, NULL);
	virtual_advance(w->e, USEC_PER_MSEC);
	assert_true(w->e->mail_queue->loaded);
}

static inline void
stop(struct world *w)
{
	mem_free(w->e);
	w->e = NULL;
}

static inline int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	w->ctx = mem_ctx(w, "test");
	snprintf(w->dir, sizeof w->dir, "/tmp/eventd-queue-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	start(w);
	*state = w;
	return 0;
}

static inline int
teardown(void **state)
{
	struct world *w = *state;
	char *command = mem_printf(w->ctx, "rm -r '%s'", w->dir);
	int status;

	stop(w);
	status = system(command);
	mem_free(w);
	return status;
}

static inline void
on_accepted(void *arg, const struct mail_accepted *a)
{
	struct world *w = arg;

	w->answered++;
	w->accepted = *a;
	w->class = a->result->class;
	w->answered_at = clock_mono(w->e->clock);
}

static inline void
offer(struct world *w, const char *server, const char *const *to, size_t n)
{
	struct mail_request r = {
		.applet = "A",
		.server = server,
		.from = "eem@r1.test",
		.message_id = mailer_message_id(w->e->mailer, w->ctx),
		.recipients = (const char **)(uintptr_t)to,
		.recipient_count = n,
	};

	r.message = mem_printf(w->ctx, "Message-ID: %s\r\nSubject: s\r\n\r\nbody\r\n", r.message_id);
	r.message_len = strlen(r.message);
	mail_queue_submit(w->e, w->e->mail_queue, &r, HOUR, on_accepted, w);
}

static inline void
send_to(struct world *w, const char *server)
{
	static const char *const noc[] = { "noc@example.test" };

	offer(w, server, noc, 1);
}

static inline void
refuse_to_connect(struct world *w)
{
	w->answer = MAIL_CONNECT_REFUSED;
	w->phase = PHASE_CONNECT;
}

static inline void
let_in(struct world *w)
{
	w->answer = MAIL_OK;
	w->phase = PHASE_NONE;
}

static inline struct queue_part *
only_part(struct world *w)
{
	assert_int_equal(HASH_CNT(hh, w->e->mail_queue->parts), 1);
	return w->e->mail_queue->parts;
}

#endif
