/* A mail without the queue. */
#include "actions/mail/once.h"

#include <string.h>
#include <strings.h>

#include "actions/mail/destination/attempt.h"
#include "actions/mail/recorder/recorder.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"

struct once {
	struct engine *engine;
	struct timer *timer;
	usec timeout;
	size_t waiting;
	struct mail_result *failed; /* the first that failed; NULL: none */
	mail_once_f *done;
	void *arg;
};

static void
end(struct once *o, const struct mail_result *last)
{
	mail_once_f *done = o->done;
	void *arg = o->arg;
	struct mail_result *failed = mem_steal(NULL, o->failed);

	mem_free(o);
	done(arg, failed != NULL ? failed : last);
	mem_free(failed);
}

static struct mail_result *
copy(const void *ctx, const struct mail_result *r)
{
	json_t *j = mail_result_to_json(r);
	struct mail_result *made = mail_result_from_json(ctx, j, NULL);

	json_decref(j);
	return made;
}

static void
on_attempted(void *arg, const struct mail_result *r)
{
	struct once *o = arg;

	o->waiting--;
	if (o->waiting > 0 || o->failed != NULL) {
		if (r->class != MAIL_OK && o->failed == NULL)
			o->failed = copy(o, r);
		if (o->waiting > 0)
			return;
	}
	end(o, r);
}

/* From the loop: `done` never runs inside the caller. */
static void
on_wrong(void *arg)
{
	end(arg, NULL);
}

static void
attempt(struct once *o, const struct mail_request *r, const char *domain, const char *const *to, size_t count)
{
	struct err err = ERR_INIT;
	struct mail_job *job = mail_request_job(o, o->engine, r, domain, to, count, &err);
	struct mail_result *failed;

	if (job != NULL) {
		job->timeouts.total = (unsigned)(o->timeout / USEC_PER_MSEC);
		job->debug = r->debug;
		o->waiting++;
		mail_attempt(o, o->engine, job, r->dane, on_attempted, o);
		return;
	}
	failed = mail_result_new(o, 0);
	failed->class = mail_class_named(err.class);
	if (failed->class == MAIL_CLASS_COUNT)
		failed->class = MAIL_CONFIG;
	failed->phase = PHASE_CONFIG;
	failed->detail = mem_strdup(failed, err.text);
	recorder_refused(o->engine, r->applet, 0, domain, failed);
	if (o->failed == NULL)
		o->failed = failed;
}

static const char *
domain_of(const char *mailbox)
{
	const char *at = strrchr(mailbox, '@');

	return at == NULL ? "" : at + 1;
}

/* Each recipient domain by itself. */
static void
attempt_domains(struct once *o, const struct mail_request *r)
{
	bool *taken = mem_array(o, bool, r->recipient_count);
	const char **to = mem_array(o, const char *, r->recipient_count);

	for (size_t i = 0; i < r->recipient_count; i++) {
		const char *domain = domain_of(r->recipients[i]);
		size_t n = 0;

		for (size_t j = i; !taken[i] && j < r->recipient_count; j++) {
			if (j > i && strcasecmp(domain_of(r->recipients[j]), domain) != 0)
				continue;
			to[n++] = r->recipients[j];
			taken[j] = j > i;
		}
		if (n > 0)
			attempt(o, r, domain, to, n);
	}
}

void
mail_once(const void *ctx, struct engine *engine, const struct mail_request *r, usec timeout,
	mail_once_f *done, void *arg)
{
	struct once *o = mem_new(ctx, struct once);

	o->engine = engine;
	o->timeout = timeout;
	o->done = done;
	o->arg = arg;
	if (mail_request_is_direct(r))
		attempt_domains(o, r);
	else
		attempt(o, r, NULL, r->recipients, r->recipient_count);
	if (o->waiting == 0)
		o->timer = timer_after(o, engine->loop, 0, on_wrong, o);
}
