/* Talks to eventd-probe. */
#include "probe/prober.h"

#include <signal.h>
#include <string.h>

#include <uthash.h>

#include "core/engine.h"
#include "core/helper.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"

#define GRACE   USEC_PER_SEC
#define RESTART USEC_PER_SEC /* of a process that died, when nobody asks it */

struct asked {
	uint64_t id;
	UT_hash_handle hh;
	struct prober *prober;
	prober_done_f *done;
	void *arg;
	struct timer *timer;        /* the answer did not come; or the answer of a fake */
	struct probe_answer answer; /* of a fake */
	bool in_flight;
};

struct prober {
	struct engine *engine;
	struct helper *helper;
	struct asked *by_id;
	uint64_t asks;
	prober_fake_f *fake;
	void *fake_arg;
	json_t *wanted; /* of the responder; NULL: nothing */
	prober_heard_f *heard;
	void *heard_arg;
	struct timer *again; /* starts the process again, for the responder */
};

static const struct probe_answer nothing = { .rtt_us = -1, .dns_us = -1, .tcp_us = -1, .http_us = -1 };

static void
finish(struct asked *a, const struct probe_answer *answer)
{
	prober_done_f *done = a->done;
	void *arg = a->arg;

	mem_steal(a->prober, a); /* `done` may free what the ask was made in */
	if (a->in_flight)
		loop_in_flight(a->prober->engine->loop, -1);
	a->in_flight = false;
	HASH_DEL(a->prober->by_id, a);
	a->done = NULL;
	done(arg, answer);
	mem_free(a);
}

static void
fail(struct asked *a, enum probe_code code, const char *detail)
{
	struct probe_answer answer = nothing;

	answer.code = code;
	answer.detail = detail;
	finish(a, &answer);
}

static void
on_message(void *arg, json_t *message)
{
	struct prober *p = arg;
	uint64_t id = (uint64_t)json_integer_value(json_object_get(message, "id"));
	const char *type = json_string_value(json_object_get(message, "type"));
	struct probe_answer *answer;
	struct err err = ERR_INIT;
	struct asked *a;

	if (type != NULL && strcmp(type, "responder") == 0) {
		if (p->heard != NULL)
			p->heard(p->heard_arg, message);
		return;
	}
	HASH_FIND(hh, p->by_id, &id, sizeof id, a);
	if (a == NULL)
		return; /* nobody waits any more */
	answer = probe_answer_from_json(p, message, &err);
	if (answer == NULL)
		fail(a, PROBE_UNKNOWN, err.text);
	else
		finish(a, answer);
	mem_free(answer);
}

static void
on_again(void *arg)
{
	struct prober *p = arg;
	struct err err = ERR_INIT;

	mem_free(p->again);
	p->again = NULL;
	if (p->wanted != NULL && p->fake == NULL)
		helper_send(p->helper, p->wanted, &err);
}

void
prober_responder(struct prober *p, json_t *wanted, prober_heard_f *heard, void *arg)
{
	bool was_there = p->wanted != NULL;
	struct err err = ERR_INIT;

	json_decref(p->wanted);
	p->wanted = wanted;
	p->heard = heard;
	p->heard_arg = arg;
	if (p->fake != NULL || (wanted == NULL && !was_there))
		return;
	if (wanted != NULL) {
		helper_send(p->helper, wanted, &err);
		return;
	}
	wanted = json_pack("{s:s, s:b, s:[]}", "type", "responder", "enabled", 0, "permanent");
	helper_send(p->helper, wanted, &err);
	json_decref(wanted);
}

static void
on_exit_helper(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct prober *p = arg;
	struct asked *a, *next;

	if (p->wanted != NULL) {
		p->heard(p->heard_arg, NULL);
		p->again = timer_after(p, p->engine->loop, RESTART, on_again, p);
	}
	if (p->by_id == NULL && p->wanted == NULL)
		return; /* told to end, or died idle: the next ask starts another */
	if (term_signal != 0)
		log_msg(p->engine->log, NULL, "RTT", SEV_ERRORS, "HELPER", "eventd-probe ended by signal %d",
			term_signal);
	else
		log_msg(p->engine->log, NULL, "RTT", SEV_ERRORS, "HELPER",
			"eventd-probe ended with status %d", exit_code);
	HASH_ITER (hh, p->by_id, a, next)
		fail(a, PROBE_UNKNOWN, "the probing process ended");
}

static void
on_late(void *arg)
{
	fail(arg, PROBE_TIMEOUT, "the probing process did not answer");
}

static void
on_faked(void *arg)
{
	struct asked *a = arg;
	struct probe_answer answer = a->answer;

	finish(a, &answer);
}

static int
asked_free(void *ptr)
{
	struct asked *a = ptr;
	json_t *cancel;

	if (a->done == NULL)
		return 0;
	HASH_DEL(a->prober->by_id, a);
	if (!a->in_flight)
		return 0;
	loop_in_flight(a->prober->engine->loop, -1);
	cancel = json_pack("{s:s, s:I}", "type", "cancel", "id", (json_int_t)a->id);
	helper_send(a->prober->helper, cancel, NULL);
	json_decref(cancel);
	return 0;
}

void
prober_ask(const void *ctx, struct prober *p, struct probe_ask *ask, prober_done_f *done, void *arg)
{
	struct asked *a = mem_new(ctx, struct asked);
	struct err err = ERR_INIT;
	usec after = 0;
	json_t *j;

	a->prober = p;
	a->done = done;
	a->arg = arg;
	a->id = ask->id = ++p->asks;
	a->answer = nothing;
	HASH_ADD(hh, p->by_id, id, sizeof a->id, a);
	mem_on_free(a, asked_free);
	if (p->fake != NULL) {
		p->fake(p->fake_arg, ask, &a->answer, &after);
		a->timer = timer_after(a, p->engine->loop, after, on_faked, a);
		return;
	}
	j = probe_ask_to_json(ask);
	a->in_flight = helper_send(p->helper, j, &err);
	json_decref(j);
	if (!a->in_flight) {
		a->answer.code = PROBE_SOCKET_ERROR;
		a->answer.detail = mem_strdup(a, err.text);
		a->timer = timer_after(a, p->engine->loop, 0, on_faked, a);
		return;
	}
	loop_in_flight(p->engine->loop, 1);
	a->timer = timer_after(
		a, p->engine->loop, probe_ask_deadline_ms(ask) * USEC_PER_MSEC + GRACE, on_late, a);
}

void
prober_fake(struct prober *p, prober_fake_f *f, void *arg)
{
	p->fake = f;
	p->fake_arg = arg;
}

void
prober_restart(struct prober *p)
{
	helper_kill(p->helper, SIGKILL);
}

void
prober_rest(struct prober *p)
{
	if (p->by_id == NULL)
		helper_close(p->helper);
}

const struct helper *
prober_helper(const struct prober *p)
{
	return p->helper;
}

static int
prober_free(void *ptr)
{
	struct prober *p = ptr;

	HASH_CLEAR(hh, p->by_id);
	json_decref(p->wanted);
	return 0;
}

struct prober *
prober_new(const void *ctx, struct engine *engine, const char *netns)
{
	struct prober *p = mem_new(ctx, struct prober);
	struct helper_spec spec = { .name = "eventd-probe",
		.dir = engine->program_dir,
		.netns = netns,
		.on_message = on_message,
		.on_exit = on_exit_helper,
		.arg = p };

	p->engine = engine;
	mem_on_free(p, prober_free);
	p->helper = helper_new(p, engine->loop, &spec);
	return p;
}
