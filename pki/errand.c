/* Sends one process on one errand. */
#include "pki/errand.h"

#include <signal.h>
#include <string.h>

#include "core/engine.h"
#include "core/helper.h"
#include "core/loop.h"
#include "core/mem.h"

#define ANSWER_MAX (24u * 1024u * 1024u) /* 10 MiB in base64, and room */

struct errand {
	struct engine *engine;
	struct helper *helper;
	struct timer *timer; /* the deadline; then the way out of the helper's callback */
	errand_f *f;
	void *arg;
	json_t *answer;
	struct err err;
	bool has_end, is_over;
};

/* The callback may free the errand, which must not happen inside one of the helper's: the timer calls it. */
static void
end(struct errand *e)
{
	if (e->has_end)
		return;
	e->has_end = true;
	timer_set(e->timer, 0);
}

static const char *
word(const json_t *message, const char *key)
{
	const char *s = json_string_value(json_object_get(message, key));

	return s != NULL ? s : "";
}

static void
on_message(void *arg, json_t *message)
{
	struct errand *e = arg;

	if (e->has_end)
		return;
	if (strcmp(word(message, "type"), "error") == 0) {
		err_class(&e->err, ERR_IO, word(message, "class"), "%s", word(message, "text"));
		err_hint(&e->err, "%s", word(message, "hint"));
	} else {
		e->answer = json_incref(message);
	}
	end(e);
}

static void
on_exit_helper(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct errand *e = arg;

	(void)pid;
	(void)exit_code;
	(void)term_signal;
	if (!e->has_end)
		err_class(&e->err, ERR_INTERNAL, "HELPER_FAILED", "the process that fetches it ended");
	end(e);
}

static void
on_time(void *arg)
{
	struct errand *e = arg;
	errand_f *f = e->f;

	if (e->is_over)
		return;
	if (!e->has_end)
		err_class(&e->err, ERR_TIMEOUT, "TIMEOUT", "time-out");
	e->has_end = e->is_over = true;
	loop_in_flight(e->engine->loop, -1);
	f(e->arg, e->answer, &e->err);
}

static int
release(void *arg)
{
	struct errand *e = arg;

	json_decref(e->answer);
	if (!e->is_over)
		loop_in_flight(e->engine->loop, -1);
	return 0;
}

struct errand *
errand_run(const void *ctx, struct engine *engine, json_t *job, usec deadline, errand_f *f, void *arg,
	struct err *err)
{
	struct errand *e = mem_new(ctx, struct errand);
	bool sent;

	*e = (struct errand){ .engine = engine, .f = f, .arg = arg };
	e->helper = helper_new(e, engine->loop,
		&(struct helper_spec){ .name = "eventd-pki",
			.dir = engine->program_dir,
			.frame_max = ANSWER_MAX,
			.isolated = true,
			.on_message = on_message,
			.on_exit = on_exit_helper,
			.arg = e });
	e->timer = timer_after(e, engine->loop, deadline, on_time, e);
	sent = helper_send(e->helper, job, err);
	json_decref(job);
	if (!sent) {
		mem_free(e);
		return NULL;
	}
	loop_in_flight(engine->loop, 1);
	mem_on_free(e, release);
	return e;
}
