/*
 * Detector rpc: policies that are called from outside (eem-language 4.21). Whoever calls waits for the run,
 * `default` seconds at most, and gets its exit status and what it printed.
 */
#include "detect/detector.h"

#include <string.h>
#include <sys/queue.h>

#include "bus/application.h"
#include "bus/rpc.h"
#include "core/engine.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/tty.h"
#include "detect/words.h"
#include "rpc/rpc.h"
#include "sched/policy.h"

enum {
	OK = 200,
	ACCEPTED = 202,
	NOT_FOUND = 404,
	CONFLICT = 409,
	TOO_MANY = 429,
	UNAVAILABLE = 503,
	OUTPUT_MAX = 1 << 20
};

#define FIELD(n_, help_) WORDS_STR(struct rpc_data, "_rpc_arg" #n_, help_, arg[n_])

static const struct event_field rpc_fields[] = {
	WORDS_INT(struct rpc_data, "_rpc_argc", "Number of arguments, the policy's name included", argc),
	FIELD(0, "Name of the policy"),
	FIELD(1, "Argument 1"),
	FIELD(2, "Argument 2"),
	FIELD(3, "Argument 3"),
	FIELD(4, "Argument 4"),
	FIELD(5, "Argument 5"),
	FIELD(6, "Argument 6"),
	FIELD(7, "Argument 7"),
	FIELD(8, "Argument 8"),
	FIELD(9, "Argument 9"),
	FIELD(10, "Argument 10"),
	FIELD(11, "Argument 11"),
	FIELD(12, "Argument 12"),
	FIELD(13, "Argument 13"),
	FIELD(14, "Argument 14"),
	EVENT_FIELDS_END,
};

static const struct kw rpc_kw[] = {
	WORDS_WAIT(struct rpc_spec, wait),
	SPEC_COMMON_ROWS(struct rpc_spec),
	KW_END,
};

/* Somebody who waits for a run. Lives until the run ends, told or not: `puts` still has its terminal. */
struct waiting {
	struct tty tty;
	struct rpc *rpc;
	int64_t call;
	const char *policy;
	uint64_t job;
	struct text output;
	bool is_told;
};

/* ---- the terminal of a caller ---- */

static void
print(struct tty *t, const char *s, size_t n)
{
	struct waiting *w = (void *)t; /* its first member */
	size_t room = OUTPUT_MAX - w->output.len;

	text_addn(&w->output, s, n < room ? n : room);
}

/* `gets`: there is nobody at the other end. */
static void
ask(struct tty *t, const char *prompt, void (*got)(void *arg, const char *line), void *arg)
{
	(void)t, (void)prompt;
	got(arg, NULL);
}

/* ---- answers ---- */

static void
refuse(struct rpc *rpc, int64_t call, unsigned status, const char *fmt, const char *policy)
{
	char *why = mem_printf(NULL, fmt, policy);

	rpc_answer(rpc, call, status, json_pack("{s:s}", "error", why));
	mem_free(why);
}

static void
tell(struct waiting *w, unsigned status, const char *outcome, const struct run_result *result)
{
	json_t *body = json_pack("{s:s, s:I, s:s, s:o}", "policy", w->policy, "job", (json_int_t)w->job,
		"status", outcome, "output", frame_string(w->output.s, w->output.len));

	if (w->is_told) {
		json_decref(body);
		return;
	}
	w->is_told = true;
	if (result != NULL) {
		json_object_set_new(body, "exit_status", json_integer(result->exit_status));
		json_object_set_new(body, "timed_out", json_boolean(result->timed_out));
		if (*result->reason != '\0')
			json_object_set_new(
				body, "reason", frame_string(result->reason, strlen(result->reason)));
	}
	rpc_answer(w->rpc, w->call, status, body);
}

static void
run_ended(void *arg, const struct run_result *result)
{
	struct waiting *w = arg;

	tell(w, OK, run_status_name(result->status), result);
	mem_free(w);
}

static void
wait_is_over(void *arg)
{
	tell(arg, ACCEPTED, "running", NULL);
}

/* ---- calls ---- */

static struct event *
event_of(struct engine *e, const struct rpc_call *c)
{
	struct event *ev = event_new(e, &detector_rpc, NULL, NULL);
	struct rpc_data *d = ev->data;
	char *source = mem_printf(NULL, "rpc %s %s", c->client, c->peer);

	ev->source = event_str(ev, source);
	mem_free(source);
	d->arg[d->argc++] = event_str(ev, c->request.policy);
	for (size_t i = 0; i < c->request.nargs && i < RPC_ARGS; i++)
		d->arg[d->argc++] = event_str(ev, c->request.args[i]);
	return ev;
}

static void
wait_for(struct engine *e, struct waiting *w, struct run *run, const struct spec *s)
{
	const struct rpc_spec *a = s->args;

	w->job = run_job(run);
	timer_after(w, e->loop, a->wait.set ? a->wait.v : RPC_WAIT_S * USEC_PER_SEC, wait_is_over, w);
	run_on_end(w, run, run_ended, w);
}

static void
start_run(struct engine *e, struct policy *p, struct spec *s, struct event *ev, const struct rpc_call *c)
{
	struct waiting *w = mem_new(e->bus, struct waiting);
	enum policy_answer why;
	struct run *run;

	w->tty = (struct tty){ .print = print, .ask = ask, .name = "rpc" };
	w->rpc = e->rpc;
	w->call = c->id;
	w->policy = mem_strdup(w, p->name);
	text_init(&w->output, w);
	run = policy_offer(p, s, ev, &w->tty, &why);
	if (run != NULL) {
		wait_for(e, w, run, s);
		return;
	}
	mem_free(w);
	if (why == POLICY_WAITS || why == POLICY_TAKEN)
		rpc_answer(e->rpc, c->id, ACCEPTED,
			json_pack("{s:s, s:s}", "policy", p->name, "status", "waits"));
	else
		refuse(e->rpc, c->id, UNAVAILABLE, "policy %s not run: the queue is full", p->name);
}

static void
call_policy(struct engine *e, const struct rpc_call *c)
{
	struct policy *p = policies_find(e->policies, c->request.policy);
	struct spec *s = p != NULL ? policy_spec(p, detector_rpc.name) : NULL;
	struct event *ev, *dressed;

	if (s == NULL) {
		refuse(e->rpc, c->id, NOT_FOUND, "policy %s is not registered with event rpc",
			c->request.policy);
		return;
	}
	ev = event_of(e, c);
	switch (bus_pass(e->bus, s, ev)) {
	case PASS_YES:
		dressed = bus_dress(e->bus, s, ev);
		start_run(e, p, s, dressed, c);
		event_unref(dressed);
		break;
	case PASS_LOOP:
		refuse(e->rpc, c->id, CONFLICT, "policy %s not run: its chain of events is too long",
			p->name);
		break;
	case PASS_RATELIMIT:
		refuse(e->rpc, c->id, TOO_MANY, "policy %s not run: its ratelimit has not passed", p->name);
		break;
	case PASS_DAMPED:
		refuse(e->rpc, c->id, TOO_MANY, "policy %s not run: held by its damping", p->name);
		break;
	case PASS_NOT_YET:
	case PASS_DIGEST:
		rpc_answer(e->rpc, c->id, ACCEPTED,
			json_pack("{s:s, s:s}", "policy", p->name, "status", "counted"));
		break;
	}
	event_unref(ev);
}

static void
publish(struct engine *e, const struct rpc_call *c)
{
	const char *args[APPLICATION_ARGS] = { NULL };

	for (size_t i = 0; i < c->request.nargs && i < APPLICATION_ARGS; i++)
		args[i] = c->request.args[i];
	if (application_publish(e, APPLICATION_POLICIES, c->request.type, args, NULL))
		rpc_answer(e->rpc, c->id, ACCEPTED, json_pack("{s:s}", "status", "published"));
	else
		rpc_answer(e->rpc, c->id, UNAVAILABLE,
			json_pack("{s:s}", "error", "the queue of events is full"));
}

static void
add_name(void *list, struct policy *p)
{
	if (policy_spec(p, detector_rpc.name) != NULL)
		json_array_append_new(list, frame_string(p->name, strlen(p->name)));
}

static void
list_policies(struct engine *e, const struct rpc_call *c)
{
	json_t *names = json_array();

	policies_each(e->policies, add_name, names);
	rpc_answer(e->rpc, c->id, OK, json_pack("{s:o}", "policies", names));
}

static void
on_call(void *arg, const struct rpc_call *c)
{
	struct engine *e = arg;

	switch (c->request.method) {
	case RPC_RUN:
		call_policy(e, c);
		break;
	case RPC_PUBLISH:
		publish(e, c);
		break;
	case RPC_POLICIES:
		list_policies(e, c);
		break;
	}
}

/* ---- arming ---- */

static void
on_change(void *arg)
{
	struct engine *e = arg;

	for (struct spec *s = bus_specs(e->bus, &detector_rpc); s != NULL; s = s->next)
		spec_lacks(s, rpc_lacks(e->rpc));
}

static bool
rpc_arm(struct spec *s, struct err *err)
{
	(void)err;
	spec_lacks(s, rpc_lacks(s->engine->rpc));
	return true;
}

static bool
rpc_start(struct engine *e, struct err *err)
{
	(void)err;
	rpc_on_call(e->rpc, on_call, e);
	rpc_on_change(e->rpc, on_change, e);
	return true;
}

const struct detector detector_rpc = {
	.name = "rpc",
	.help = "Remote Procedure Call event",
	.version = "01.00",
	.kw = rpc_kw,
	.spec_size = sizeof(struct rpc_spec),
	.data_size = sizeof(struct rpc_data),
	.fields = rpc_fields,
	.key = "_rpc_arg0",
	.start = rpc_start,
	.arm = rpc_arm,
};
