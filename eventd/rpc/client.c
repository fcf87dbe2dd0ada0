/* Talks to eventd-rpc: tells it what to serve, and hears who calls. */
#include "rpc/rpc.h"

#include <string.h>

#include "bus/occurs.h"
#include "core/clock.h"
#include "core/helper.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "pki/store.h"
#include "rpc/rows.h"

#define HELPER_NAME "eventd-rpc"
#define AGAIN       (1 * USEC_PER_SEC)  /* before a process that died is started again */
#define LOOK        (10 * USEC_PER_SEC) /* for certificates that came or went */
#define DENIED      (1 * USEC_PER_SEC)  /* one message in this time */

enum { CALLS_MAX = 64, SESSIONS_DEFAULT = 16 };

struct rpc {
	struct engine *engine;
	struct helper *helper;
	struct timer *setup;
	pid_t knows;     /* the process that was told `told` */
	json_t *told;    /* NULL: nothing */
	json_t *refused; /* clients that are left out, and why */
	char *trouble;   /* why nothing is served though it should be; NULL: no answer yet, or it is served */
	char *lacks;     /* the same as what is missing */
	char *place;     /* where it is served: a port and its address */
	uint16_t port;
	struct rpc_counters counters;
	struct ratelimit denied;
	uint64_t unsaid; /* denials without a message */
	uint64_t revocation_known;
	rpc_called_f *called;
	void *called_arg;
	rpc_changed_f *changed;
	void *changed_arg;
	unsigned (*sessions)(const struct engine *);
};

/* ---- whether it is served ---- */

const char *
rpc_lacks(const struct rpc *r)
{
	if (r->port != 0)
		return NULL;
	return rpc_listen_line(r->engine) == NULL ? "a listener (event manager rpc listen)" : r->lacks;
}

const char *
rpc_place(const struct rpc *r)
{
	return r->port != 0 ? r->place : NULL;
}

static char *
place_of(const struct rpc *r, uint16_t port)
{
	const char *address =
		json_string_value(json_object_get(json_object_get(r->told, "listen"), "address"));

	return mem_printf(
		r, "TCP port %u of %s", (unsigned)port, address != NULL ? address : "every address");
}

static void
set_state(struct rpc *r, uint16_t port, const char *trouble)
{
	char *place = port != 0 ? place_of(r, port) : NULL;
	bool news = port != r->port ||
		    (place != NULL && (r->place == NULL || strcmp(place, r->place) != 0)) ||
		    (trouble != NULL && (r->trouble == NULL || strcmp(trouble, r->trouble) != 0));

	if (news && trouble != NULL)
		log_msg(r->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_RPC_LISTEN",
			"calls of policies are not served: %s", trouble);
	else if (news && port != 0)
		log_msg(r->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMPD_RPC_LISTEN",
			"calls of policies are served at %s", place);
	r->port = port;
	mem_free(r->trouble);
	r->trouble = mem_strdup(r, trouble);
	mem_free(r->lacks);
	r->lacks = trouble != NULL ? mem_printf(r, "a listener: %s", trouble) : NULL;
	mem_free(r->place);
	r->place = place;
	if (r->changed != NULL)
		r->changed(r->changed_arg);
}

/* ---- what the helper says ---- */

static void
take_listening(struct rpc *r, const json_t *j)
{
	const char *error = json_string_value(json_object_get(j, "error"));

	if (!json_is_object(json_object_get(r->told, "listen"))) /* it was told otherwise meanwhile */
		return;
	set_state(r, error != NULL ? 0 : (uint16_t)json_integer_value(json_object_get(j, "port")), error);
}

static bool
read_method(const json_t *j, enum rpc_method *out)
{
	static const char *const methods[] = { "run", "publish", "policies" }; /* ORDER: enum rpc_method */
	const char *name = json_string_value(json_object_get(j, "method"));

	for (size_t i = 0; name != NULL && i < sizeof methods / sizeof *methods; i++)
		if (strcmp(methods[i], name) == 0) {
			*out = (enum rpc_method)i;
			return true;
		}
	return false;
}

static void
take_call(struct rpc *r, const json_t *j)
{
	void *ctx = mem_ctx(NULL, "call");
	const json_t *args = json_object_get(j, "args");
	struct rpc_call c = { .id = json_integer_value(json_object_get(j, "call")),
		.client = json_string_value(json_object_get(j, "client")),
		.peer = json_string_value(json_object_get(j, "peer")) };
	struct rpc_request *q = &c.request;

	q->policy = json_string_value(json_object_get(j, "policy"));
	q->type = (uint32_t)json_integer_value(json_object_get(j, "type"));
	q->args = mem_array(ctx, const char *, json_array_size(args) + 1);
	for (; q->nargs < json_array_size(args); q->nargs++)
		q->args[q->nargs] = json_string_value(json_array_get(args, q->nargs));
	r->counters.calls++;
	if (read_method(j, &q->method) && c.client != NULL && c.peer != NULL && r->called != NULL)
		r->called(r->called_arg, &c);
	else
		rpc_answer(r, c.id, 500, json_pack("{s:s}", "error", "nobody answers"));
	mem_free(ctx);
}

/* Whoever tries tokens is told of, and fills no log. */
static void
take_denied(struct rpc *r, const json_t *j)
{
	const char *peer = json_string_value(json_object_get(j, "peer"));
	const char *why = json_string_value(json_object_get(j, "why"));
	char others[60] = "";

	r->counters.denied++;
	if (!ratelimit_pass(&r->denied, clock_mono(r->engine->clock))) {
		r->unsaid++;
		return;
	}
	if (r->unsaid > 0)
		snprintf(others, sizeof others, " (%llu more before it)", (unsigned long long)r->unsaid);
	r->unsaid = 0;
	log_msg(r->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_RPC_DENIED", "call from %s denied: %s%s",
		peer != NULL ? peer : "", why != NULL ? why : "", others);
}

static void
on_message(void *arg, json_t *j)
{
	struct rpc *r = arg;
	const char *event = json_string_value(json_object_get(j, "event"));

	if (event == NULL)
		pki_learn(r->engine->pki, j, &r->revocation_known);
	else if (strcmp(event, "listening") == 0)
		take_listening(r, j);
	else if (strcmp(event, "call") == 0)
		take_call(r, j);
	else if (strcmp(event, "denied") == 0)
		take_denied(r, j);
}

static void
on_exit_helper(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct rpc *r = arg;

	(void)pid, (void)exit_code, (void)term_signal;
	if (rpc_listen_line(r->engine) == NULL) {
		r->port = 0;
		return;
	}
	set_state(r, 0, "the process " HELPER_NAME " ended");
	timer_set(r->setup, AGAIN);
}

/* ---- what it is told ---- */

static void
forget_told(struct rpc *r)
{
	json_decref(r->told);
	r->told = NULL;
}

/* Takes `setup`. */
static bool
tell(struct rpc *r, json_t *setup, struct err *err)
{
	if (helper_pid(r->helper) != 0 && helper_pid(r->helper) == r->knows && r->told != NULL &&
		json_equal(setup, r->told)) {
		json_decref(setup);
		return true;
	}
	forget_told(r);
	if (!helper_send(r->helper, setup, err)) {
		json_decref(setup);
		return false;
	}
	r->told = setup;
	r->knows = helper_pid(r->helper);
	return true;
}

/* What has no certificate any more is not served with the one that it had. */
static void
serve_nothing(struct rpc *r)
{
	if (helper_pid(r->helper) != 0)
		tell(r, rpc_setup_nothing(), NULL);
}

/* Takes `refused`. Each is told of once for each reason. */
static void
tell_refused(struct rpc *r, json_t *refused)
{
	const char *name;
	json_t *why;

	json_object_foreach(refused, name, why) if (!json_equal(why, json_object_get(r->refused, name)))
		log_msg(r->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_RPC_CLIENT",
			"calls of client %s are refused: %s", name, json_string_value(why));
	json_decref(r->refused);
	r->refused = refused;
}

/* What could not be had is tried again from time to time. */
static void
on_setup(void *arg)
{
	struct rpc *r = arg;
	struct err err = ERR_INIT;
	bool wanted = rpc_listen_line(r->engine) != NULL;
	json_t *setup, *refused;

	if (!wanted) {
		helper_close(r->helper);
		forget_told(r);
		set_state(r, 0, NULL);
		return;
	}
	if (r->trouble != NULL)
		forget_told(r);
	refused = json_object();
	setup = rpc_setup(
		r->engine, r->sessions != NULL ? r->sessions(r->engine) : SESSIONS_DEFAULT, refused, &err);
	if (setup == NULL)
		serve_nothing(r);
	if (setup == NULL || !tell(r, setup, &err))
		set_state(r, 0, err.text);
	tell_refused(r, refused);
	timer_set(r->setup, LOOK);
}

void
rpc_reconfigure(struct rpc *r)
{
	/* Without a state directory it is a check, or a test: nothing is started by itself. */
	if (r->engine->state_dir != NULL)
		timer_set(r->setup, 0);
	else if (r->changed != NULL)
		r->changed(r->changed_arg);
}

void
rpc_answer(struct rpc *r, int64_t id, unsigned status, json_t *body)
{
	json_t *j = json_pack("{s:s, s:I, s:i, s:o}", "op", "answer", "call", (json_int_t)id, "status",
		(int)status, "body", body);

	if (helper_pid(r->helper) != 0) /* else whoever asked has gone */
		helper_send(r->helper, j, NULL);
	json_decref(j);
}

/* ---- the rest ---- */

void
rpc_on_call(struct rpc *r, rpc_called_f *f, void *arg)
{
	r->called = f;
	r->called_arg = arg;
}

void
rpc_on_change(struct rpc *r, rpc_changed_f *f, void *arg)
{
	r->changed = f;
	r->changed_arg = arg;
}

void
rpc_on_sessions(struct rpc *r, unsigned (*f)(const struct engine *))
{
	r->sessions = f;
}

struct rpc_counters
rpc_counters(const struct rpc *r)
{
	return r->counters;
}

uint16_t
rpc_port(const struct rpc *r)
{
	return r->port;
}

const struct helper *
rpc_helper(const struct rpc *r)
{
	return r->helper;
}

void
rpc_config_start(struct engine *e)
{
	rpc_rows_start(e);
}

static void
on_pki_change(void *arg)
{
	const struct rpc *r = arg;

	if (r->engine->state_dir != NULL)
		timer_set(r->setup, 0);
}

static int
rpc_free(void *p)
{
	struct rpc *r = p;

	json_decref(r->told);
	json_decref(r->refused);
	return 0;
}

struct rpc *
rpc_new(const void *ctx, struct engine *engine)
{
	struct rpc *r = mem_new(ctx, struct rpc);

	r->engine = engine;
	r->denied.every = DENIED;
	r->setup = timer_after(r, engine->loop, 0, on_setup, r);
	timer_stop(r->setup);
	r->helper = helper_new(r, engine->loop,
		&(struct helper_spec){ .name = HELPER_NAME,
			.dir = engine->program_dir,
			.on_message = on_message,
			.on_exit = on_exit_helper,
			.arg = r });
	mem_on_free(r, rpc_free);
	if (engine->pki != NULL)
		pki_on_change(engine->pki, on_pki_change, r);
	return r;
}
