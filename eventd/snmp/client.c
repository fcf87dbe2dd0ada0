/* Talks to the SNMP helper. */
#include "snmp/client.h"

#include <signal.h>
#include <string.h>
#include <sys/queue.h>

#include "core/frame.h"
#include "core/helper.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "snmp/config.h"
#include "snmp/object.h"

#define HELPER_NAME "eventd-snmp"
/* Longer than all its attempts, twice with SNMPv3: behind that the process is taken for hung. */
#define HUNG  (20 * USEC_PER_SEC)
#define AGAIN (1 * USEC_PER_SEC) /* before a process that listens and died is started again */

struct snmp_ticket {
	TAILQ_ENTRY(snmp_ticket) link;
	struct snmp *snmp;
	int64_t id;
	pid_t pid; /* the process that has the job */
	snmp_done_f *done;
	void *arg;
	struct timer *timer;       /* hung process; or the answer of a fake */
	struct snmp_answer answer; /* of a fake, or of what could not be sent */
	bool is_sent;
};

struct snmp {
	struct engine *engine;
	struct helper *helper;
	TAILQ_HEAD(, snmp_ticket) tickets;
	int64_t last_id;
	pid_t knows;             /* the process that has the configuration; 0 = none */
	char *engine_id;         /* that it was told */
	struct snmp_state state; /* `port`: the one that was told */
	struct timer *setup;     /* the configuration has changed, and more changes may come */
	snmp_notified_f *notified;
	void *notified_arg;
	const struct snmp_object *objects;
	size_t nobjects;
	snmp_requested_f *requested;
	void *requested_arg;
	snmp_object_value_f *object_value;
	snmp_fake_f *fake;
	void *fake_arg;
	snmp_fake_reply_f *fake_reply;
	void *fake_reply_arg;
};

/* Does the process have to be there though nobody asks anything? */
static bool
is_needed(const struct snmp *s)
{
	return snmp_config_listens(s->engine) || s->nobjects > 0;
}

/* ---- ends of jobs ---- */

static void
finish(struct snmp_ticket *t, const struct snmp_answer *answer)
{
	snmp_done_f *done = t->done;
	void *arg = t->arg;

	TAILQ_REMOVE(&t->snmp->tickets, t, link);
	if (t->is_sent)
		loop_in_flight(t->snmp->engine->loop, -1);
	mem_on_free(t, NULL);
	mem_steal(t->snmp, t);
	done(arg, answer);
	mem_free(t);
}

static void
finish_failed(struct snmp_ticket *t, const char *class, const char *text)
{
	struct snmp_answer answer = { .nvars = 0 };

	err_class(&answer.err, ERR_IO, class, "%s", text);
	finish(t, &answer);
}

static struct snmp_ticket *
find(const struct snmp *s, int64_t id)
{
	struct snmp_ticket *t;

	TAILQ_FOREACH (t, &s->tickets, link)
		if (t->id == id && t->is_sent)
			return t;
	return NULL;
}

/* A job that this process has. */
static struct snmp_ticket *
find_of(const struct snmp *s, pid_t pid)
{
	struct snmp_ticket *t;

	TAILQ_FOREACH (t, &s->tickets, link)
		if (t->is_sent && t->pid == pid)
			return t;
	return NULL;
}

/* ---- what the helper says ---- */

static void
take_notification(struct snmp *s, const json_t *j)
{
	void *ctx = mem_ctx(NULL, "notification");
	struct snmp_notification n = { .source = frame_octets_text(ctx, json_object_get(j, "source")),
		.destination = frame_octets_text(ctx, json_object_get(j, "destination")),
		.oid = frame_octets_text(ctx, json_object_get(j, "trap_oid")),
		.enterprise = frame_octets_text(ctx, json_object_get(j, "enterprise")),
		.generic = (int32_t)json_integer_value(json_object_get(j, "generic")),
		.specific = (int32_t)json_integer_value(json_object_get(j, "specific")) };
	struct snmp_var *vars;

	if (snmp_vars_from_json(ctx, json_object_get(j, "vars"), &vars, &n.nvars, NULL)) {
		n.vars = vars;
		n.source = n.source != NULL ? n.source : "";
		n.destination = n.destination != NULL ? n.destination : "";
		n.oid = n.oid != NULL ? n.oid : "";
		n.enterprise = n.enterprise != NULL ? n.enterprise : "";
		snmp_notified(s, &n);
	}
	mem_free(ctx);
}

/* Told when it changes: each line of the configuration opens the port anew. */
static void
take_listening(struct snmp *s, const json_t *j)
{
	const char *error = json_string_value(json_object_get(j, "error"));
	json_int_t port = error != NULL ? -1 : json_integer_value(json_object_get(j, "port"));

	if (port == s->state.port)
		return;
	s->state.port = port;
	if (error != NULL)
		log_msg(s->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_SNMP_LISTEN",
			"SNMP notifications are not received: %s", error);
	else
		log_msg(s->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMPD_SNMP_LISTEN",
			"SNMP notifications are received on UDP port %lld", (long long)port);
}

/* The helper says each host once in a while, and counts the others (snmp/refused.h). */
static void
take_refused(struct snmp *s, const json_t *j)
{
	const char *source = json_string_value(json_object_get(j, "source"));
	json_int_t communities = json_integer_value(json_object_get(j, "communities")),
		   users = json_integer_value(json_object_get(j, "users"));

	s->state.unknown_communities += communities > 0 ? (uint64_t)communities : 0;
	s->state.unknown_users += users > 0 ? (uint64_t)users : 0;
	if (source != NULL)
		log_msg(s->engine->log, NULL, "SNMP", SEV_ERRORS, "AUTHFAIL",
			"Authentication failure for SNMP req from host %s", source);
}

static const char *const request_kinds[] = { "get", "getnext", "set" }; /* ORDER: enum snmp_request_kind */

static void
take_request(struct snmp *s, const json_t *j)
{
	void *ctx = mem_ctx(NULL, "request");
	const char *kind = json_string_value(json_object_get(j, "kind"));
	const char *value = frame_octets_text(ctx, json_object_get(j, "value"));
	struct snmp_request r = { .id = json_integer_value(json_object_get(j, "request")),
		.object = json_string_value(json_object_get(j, "object")),
		.oid = json_string_value(json_object_get(j, "oid")),
		.type = object_type_named(json_string_value(json_object_get(j, "type"))),
		.value = value != NULL ? value : "" };
	bool known = false;

	for (unsigned i = 0; i < sizeof request_kinds / sizeof *request_kinds && kind != NULL && !known;
		i++) {
		r.kind = (enum snmp_request_kind)i;
		known = strcmp(request_kinds[i], kind) == 0;
	}
	if (known && r.object != NULL && r.oid != NULL)
		snmp_requested(s, &r);
	mem_free(ctx);
}

static void
take_agentx(struct snmp *s, const json_t *j)
{
	const char *socket = json_string_value(json_object_get(j, "socket"));
	const char *error = json_string_value(json_object_get(j, "error"));

	s->state.answers = error == NULL;
	if (error != NULL)
		log_msg(s->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_SNMP_AGENTX",
			"SNMP objects of policies are not answered: %s: %s", socket != NULL ? socket : "",
			error);
	else
		log_msg(s->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMPD_SNMP_AGENTX",
			"SNMP objects of policies are answered at %s", socket != NULL ? socket : "");
}

static void
take_event(struct snmp *s, const char *event, const json_t *j)
{
	if (strcmp(event, "request") == 0)
		take_request(s, j);
	else if (strcmp(event, "agentx") == 0)
		take_agentx(s, j);
	else if (strcmp(event, "notification") == 0)
		take_notification(s, j);
	else if (strcmp(event, "refused") == 0)
		take_refused(s, j);
	else if (strcmp(event, "listening") == 0)
		take_listening(s, j);
}

static void
on_message(void *arg, json_t *message)
{
	struct snmp *s = arg;
	const char *event = json_string_value(json_object_get(message, "event"));
	struct snmp_ticket *t = find(s, json_integer_value(json_object_get(message, "id")));
	struct snmp_answer answer;
	struct err err = ERR_INIT;
	void *ctx;

	if (event != NULL) {
		take_event(s, event, message);
		return;
	}
	if (t == NULL)
		return; /* the answer to a job that nobody knows any more */
	ctx = mem_ctx(NULL, "snmp answer");
	if (snmp_answer_from_json(ctx, message, &answer, &err))
		finish(t, &answer);
	else
		finish_failed(t, "HELPER_FAILED", err.text);
	mem_free(ctx);
}

static void
on_exit_helper(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct snmp *s = arg;
	struct err err = ERR_INIT;
	struct snmp_ticket *t;

	s->knows = 0;
	s->state.port = 0;
	s->state.answers = false;
	if (is_needed(s))
		timer_set(s->setup, AGAIN);
	if (term_signal != 0)
		err_set(&err, ERR_IO, HELPER_NAME " ended by signal %d", term_signal);
	else
		err_set(&err, ERR_IO, HELPER_NAME " ended with status %d", exit_code);
	/* Whoever is told may begin another job, or give up other ones. */
	while ((t = find_of(s, pid)) != NULL) {
		log_msg(s->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER", "%s during job %lld",
			err.text, (long long)t->id);
		finish_failed(t, "HELPER_FAILED", "the SNMP process ended");
	}
}

/* ---- what the helper is told ---- */

static json_t *
objects_json(const struct snmp *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nobjects; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:b, s:i}", "oid", s->objects[i].oid, "type",
				      object_type_name(s->objects[i].type), "table",
				      (int)s->objects[i].is_table, "seconds", (int)s->objects[i].seconds));
	return list;
}

static bool
tell_setup(struct snmp *s, struct err *err)
{
	bool runs = helper_pid(s->helper) != 0, sent;
	json_t *setup;
	const char *id;

	if (runs && s->knows == helper_pid(s->helper))
		return true;
	setup = snmp_config_setup(s->engine);
	json_object_set_new(setup, "objects", objects_json(s));
	id = json_string_value(json_object_get(setup, "engine_id"));
	/* The library takes its engine's identifier once: with another one begins another process. */
	if (runs && s->engine_id != NULL && strcmp(s->engine_id, id) != 0) {
		helper_kill(s->helper, SIGTERM);
		json_decref(setup);
		return err_set(err, ERR_IO, "it is started anew with another engine identifier");
	}
	mem_free(s->engine_id);
	s->engine_id = mem_strdup(s, id);
	sent = helper_send(s->helper, setup, err);
	json_decref(setup);
	s->knows = helper_pid(s->helper);
	return sent;
}

/* What listens must listen again soon, and what changes often is told once. */
static void
on_setup(void *arg)
{
	struct snmp *s = arg;
	struct err err = ERR_INIT;

	if (is_needed(s) && !tell_setup(s, &err))
		log_msg(s->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_SNMP_LISTEN",
			"SNMP notifications are not received: %s", err.text);
	else if (helper_pid(s->helper) != 0)
		tell_setup(s, &err);
}

void
snmp_reconfigure(struct snmp *s)
{
	s->knows = 0;
	/* Without a state directory it is a check, or a test: nothing is started by itself. */
	if (s->fake == NULL && s->engine->state_dir != NULL)
		timer_set(s->setup, 0);
}

/* ---- jobs ---- */

static void
on_hung(void *arg)
{
	struct snmp_ticket *t = arg;

	helper_kill(t->snmp->helper, SIGKILL);
}

static void
on_local(void *arg)
{
	struct snmp_ticket *t = arg;

	finish(t, &t->answer);
}

static int
ticket_free(void *p)
{
	struct snmp_ticket *t = p;
	json_t *cancel;

	TAILQ_REMOVE(&t->snmp->tickets, t, link);
	if (!t->is_sent)
		return 0;
	loop_in_flight(t->snmp->engine->loop, -1);
	if (helper_pid(t->snmp->helper) == 0)
		return 0;
	cancel = json_pack("{s:s, s:I}", "op", "cancel", "id", (json_int_t)t->id);
	helper_send(t->snmp->helper, cancel, NULL);
	json_decref(cancel);
	return 0;
}

static bool
send_job(struct snmp *s, const struct snmp_job *job, int64_t id, struct err *err)
{
	json_t *message;
	bool sent;

	if (!tell_setup(s, err))
		return err_wrap(err, HELPER_NAME);
	message = snmp_job_to_json(job, id);
	sent = helper_send(s->helper, message, err);
	json_decref(message);
	return sent || err_wrap(err, HELPER_NAME);
}

struct snmp_ticket *
snmp_submit(const void *ctx, struct snmp *s, const struct snmp_job *job, snmp_done_f *done, void *arg)
{
	struct snmp_ticket *t = mem_new(ctx, struct snmp_ticket);
	struct loop *loop = s->engine->loop;

	t->snmp = s;
	t->id = ++s->last_id;
	t->done = done;
	t->arg = arg;
	TAILQ_INSERT_TAIL(&s->tickets, t, link);
	mem_on_free(t, ticket_free);
	if (s->fake != NULL) {
		s->fake(s->fake_arg, t, job, &t->answer);
		t->timer = timer_after(t, loop, 0, on_local, t);
		return t;
	}
	if (!send_job(s, job, t->id, &t->answer.err)) {
		/* From the loop, so that `done` never runs inside the caller. */
		t->timer = timer_after(t, loop, 0, on_local, t);
		return t;
	}
	t->is_sent = true;
	t->pid = helper_pid(s->helper);
	loop_in_flight(loop, 1);
	t->timer = timer_after(t, loop, HUNG, on_hung, t);
	return t;
}

void
snmp_fake(struct snmp *s, snmp_fake_f *f, void *arg)
{
	s->fake = f;
	s->fake_arg = arg;
}

void
snmp_on_notification(struct snmp *s, snmp_notified_f *f, void *arg)
{
	s->notified = f;
	s->notified_arg = arg;
}

enum snmp_fate
snmp_notified(struct snmp *s, const struct snmp_notification *n)
{
	s->state.received += !n->outgoing;
	return s->notified != NULL ? s->notified(s->notified_arg, n) : SNMP_SEND;
}

void
snmp_objects(struct snmp *s, const struct snmp_object *objects, size_t n)
{
	s->objects = objects;
	s->nobjects = n;
	snmp_reconfigure(s);
}

void
snmp_on_request(struct snmp *s, snmp_requested_f *f, void *arg)
{
	s->requested = f;
	s->requested_arg = arg;
}

void
snmp_requested(struct snmp *s, const struct snmp_request *r)
{
	static const struct snmp_reply none = { .kind = SNMP_REPLY_NONE };

	s->state.requests[r->kind]++;
	if (s->requested != NULL)
		s->requested(s->requested_arg, r);
	else
		snmp_reply(s, r->id, &none);
}

void
snmp_reply(struct snmp *s, int64_t request, const struct snmp_reply *r)
{
	static const char *const words[] = { "value", "none", "done",
		"failed" }; /* ORDER: enum snmp_reply_kind */
	json_t *j;

	if (s->fake_reply != NULL) {
		s->fake_reply(s->fake_reply_arg, request, r);
		return;
	}
	if (helper_pid(s->helper) == 0)
		return; /* whoever asked has gone */
	j = json_pack("{s:s, s:I}", "op", "answer", "request", (json_int_t)request);
	if (r->kind != SNMP_REPLY_VALUE)
		json_object_set_new(j, words[r->kind], json_true());
	else {
		json_object_set_new(j, "value", frame_octets(r->value, strlen(r->value)));
		json_object_set_new(j, "type", json_string(object_type_name(r->type)));
		if (r->next != NULL)
			json_object_set_new(j, "next", json_string(r->next));
	}
	helper_send(s->helper, j, NULL);
	json_decref(j);
}

void
snmp_on_object_value(struct snmp *s, snmp_object_value_f *f)
{
	s->object_value = f;
}

bool
snmp_object_value(struct engine *e, int64_t request, const struct snmp_reply *r)
{
	return e->snmp->object_value != NULL && e->snmp->object_value(e, request, r);
}

void
snmp_fake_replies(struct snmp *s, snmp_fake_reply_f *f, void *arg)
{
	s->fake_reply = f;
	s->fake_reply_arg = arg;
}

const struct snmp_state *
snmp_state(const struct snmp *s)
{
	return &s->state;
}

void
snmp_count_sent(struct snmp *s, size_t n)
{
	s->state.sent += n;
}

void
snmp_count_failed(struct snmp *s)
{
	s->state.failed++;
}

const struct helper *
snmp_helper(const struct snmp *s)
{
	return s->helper;
}

struct snmp *
snmp_new(const void *ctx, struct engine *engine)
{
	struct snmp *s = mem_new(ctx, struct snmp);

	s->engine = engine;
	TAILQ_INIT(&s->tickets);
	s->setup = timer_after(s, engine->loop, 0, on_setup, s);
	timer_stop(s->setup);
	s->helper = helper_new(s, engine->loop,
		&(struct helper_spec){ .name = HELPER_NAME,
			.dir = engine->program_dir,
			.on_message = on_message,
			.on_exit = on_exit_helper,
			.arg = s });
	return s;
}
