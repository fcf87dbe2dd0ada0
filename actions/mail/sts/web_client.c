/* Web requests of the engine. */
#include "actions/mail/sts/web_client.h"

#include <signal.h>
#include <string.h>
#include <sys/queue.h>

#include "core/engine.h"
#include "core/helper.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"

#define UNDER_WAY_MAX 8
#define GRACE         (5 * USEC_PER_SEC) /* behind a request's own time, before the process is taken for hung */

struct asking {
	TAILQ_ENTRY(asking) link;
	struct web *web;
	struct web_request *request;
	struct interest *interest; /* NULL: nobody waits any more */
	struct timer *timer;
	struct web_answer *faked;
	bool under_way;
};

/* What the caller's context holds: its end drops the callback, not the request. */
struct interest {
	struct asking *asking;
	web_done_f *done;
	void *arg;
};

struct web {
	struct engine *engine;
	struct helper *helper;
	TAILQ_HEAD(, asking) askings;
	size_t under_way;
	uint64_t ids;
	web_fake_f *fake;
	void *fake_arg;
};

static void dispatch(struct web *);

static void
finish(struct asking *a, const struct web_answer *answer)
{
	struct web *w = a->web;
	struct interest *i = a->interest;

	TAILQ_REMOVE(&w->askings, a, link);
	if (a->under_way) {
		w->under_way--;
		loop_in_flight(w->engine->loop, -1);
	}
	if (i != NULL) {
		web_done_f *done = i->done;
		void *arg = i->arg;

		i->asking = NULL;
		mem_free(i);
		done(arg, answer);
	}
	mem_free(a);
}

static void
finish_failed(struct asking *a, const char *reason)
{
	finish(a, &(struct web_answer){ .id = a->request->id, .failure = WEB_CONNECT, .reason = reason });
}

static void
on_message(void *arg, json_t *message)
{
	struct web *w = arg;
	struct err err = ERR_INIT;
	struct web_answer *answer = web_answer_from_json(w, message, &err);
	struct asking *a;

	if (answer == NULL) {
		log_msg(w->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER", "%s: %s",
			helper_name(w->helper), err.text);
		helper_kill(w->helper, SIGKILL);
		return;
	}
	TAILQ_FOREACH (a, &w->askings, link)
		if (a->under_way && a->request->id == answer->id)
			break;
	if (a != NULL)
		finish(a, answer);
	mem_free(answer);
	dispatch(w);
}

static void
on_exit_helper(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct web *w = arg;
	struct asking *a, *next;

	(void)pid;
	if (w->under_way == 0)
		return;
	if (term_signal != 0)
		log_msg(w->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER",
			"%s ended by signal %d during %zu requests", helper_name(w->helper), term_signal,
			w->under_way);
	else
		log_msg(w->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER",
			"%s ended with status %d during %zu requests", helper_name(w->helper), exit_code,
			w->under_way);
	for (a = TAILQ_FIRST(&w->askings); a != NULL; a = next) {
		next = TAILQ_NEXT(a, link);
		if (a->under_way)
			finish_failed(a, "the end of the process that asked");
	}
	dispatch(w);
}

static void
on_hung(void *arg)
{
	struct asking *a = arg;

	helper_kill(a->web->helper, SIGKILL);
}

static void
start(struct asking *a)
{
	struct web *w = a->web;
	json_t *message = web_request_to_json(a->request);
	unsigned ms = a->request->timeout_ms != 0 ? a->request->timeout_ms : WEB_TIMEOUT_MS;
	struct err err = ERR_INIT;
	bool sent;

	a->under_way = true;
	w->under_way++;
	loop_in_flight(w->engine->loop, 1);
	sent = helper_send(w->helper, message, &err);
	json_decref(message);
	if (!sent) {
		finish_failed(a, err.text);
		return;
	}
	a->timer = timer_after(a, w->engine->loop, (usec)ms * USEC_PER_MSEC + GRACE, on_hung, a);
}

static void
dispatch(struct web *w)
{
	struct asking *a, *next;

	for (a = TAILQ_FIRST(&w->askings); a != NULL && w->under_way < UNDER_WAY_MAX; a = next) {
		next = TAILQ_NEXT(a, link);
		if (!a->under_way && a->faked == NULL)
			start(a);
	}
}

static void
on_dispatch(void *arg)
{
	struct asking *a = arg;

	mem_free(a->timer);
	a->timer = NULL;
	dispatch(a->web);
}

static void
on_faked(void *arg)
{
	struct asking *a = arg;

	finish(a, a->faked);
}

static int
interest_free(void *p)
{
	struct interest *i = p;

	if (i->asking != NULL)
		i->asking->interest = NULL;
	return 0;
}

void
web_submit(const void *ctx, struct web *w, struct web_request *r, web_done_f *done, void *arg)
{
	struct asking *a = mem_new(w, struct asking);

	a->web = w;
	a->request = mem_steal(a, r);
	a->interest = mem_new(ctx, struct interest);
	*a->interest = (struct interest){ a, done, arg };
	mem_on_free(a->interest, interest_free);
	r->id = ++w->ids;
	TAILQ_INSERT_TAIL(&w->askings, a, link);
	if (w->fake != NULL) {
		usec after = 0;

		a->faked = mem_new(a, struct web_answer);
		a->faked->id = r->id;
		w->fake(w->fake_arg, r, a->faked, &after);
		a->timer = timer_after(a, w->engine->loop, after, on_faked, a);
		return;
	}
	/* From the loop, so that `done` never runs inside the caller. */
	a->timer = timer_after(a, w->engine->loop, 0, on_dispatch, a);
}

void
web_fake(struct web *w, web_fake_f *f, void *arg)
{
	w->fake = f;
	w->fake_arg = arg;
}

const struct helper *
web_helper(const struct web *w)
{
	return w->helper;
}

struct web *
web_new(const void *ctx, struct engine *engine)
{
	struct web *w = mem_new(ctx, struct web);
	struct helper_spec spec = { .name = "eventd-sts",
		.dir = engine->program_dir,
		.on_message = on_message,
		.on_exit = on_exit_helper,
		.arg = w };

	w->engine = engine;
	TAILQ_INIT(&w->askings);
	w->helper = helper_new(w, engine->loop, &spec);
	return w;
}
