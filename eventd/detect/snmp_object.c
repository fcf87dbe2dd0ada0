/*
 * Detector snmp-object: requests for an object that a policy answers. With sync the request waits for the
 * policy, `default` at most; without it the last value of the policy is the answer (or none, with skip), and
 * the policy runs beside.
 */
#include "detect/detector.h"

#include <string.h>
#include <sys/queue.h>

#include "bus/bus.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "detect/words.h"
#include "sched/policy.h"
#include "sched/run.h"
#include "snmp/object.h"

enum { DEFAULT_S = 30, REMEMBERED_MAX = 256 };

struct snmp_object_spec {
	struct spec_common common;
	struct kw_str oid;
	struct kw_enum type, sync, skip, table;
	struct kw_time wait;
};

static const struct event_field snmp_object_fields[] = {
	WORDS_STR(struct snmp_object_data, "_snmp_oid", "Object identifier", oid),
	WORDS_STR(struct snmp_object_data, "_snmp_request", "get, getnext or set", request),
	WORDS_STR(struct snmp_object_data, "_snmp_request_type", "Type of the object", request_type),
	WORDS_STR(struct snmp_object_data, "_snmp_value", "Value of a set", value),
	EVENT_FIELDS_END,
};

static const struct kw snmp_object_kw[] = {
	WORDS_VALUE(struct snmp_object_spec, "oid", "Object identifier", oid, kw_oid, .flags = KW_REQ),
	WORDS_CHOICE(
		struct snmp_object_spec, "type", "Type of the object", type, object_types, .flags = KW_REQ),
	WORDS_CHOICE(struct snmp_object_spec, "sync", "The request waits for the policy", sync, words_yes_no,
		.flags = KW_REQ),
	WORDS_CHOICE(struct snmp_object_spec, "skip", "The agent does not answer itself", skip, words_yes_no,
		.flags = KW_REQ),
	WORDS_CHOICE(struct snmp_object_spec, "istable", "The object is a table", table, words_yes_no,
		.dflt = 0, .has_dflt = true),
	WORDS_WAIT(struct snmp_object_spec, wait),
	SPEC_COMMON_ROWS(struct snmp_object_spec),
	KW_END,
};

static bool
object_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct snmp_object_spec *a = args;
	struct object_id id;

	return words_check_prompt(a->sync.v, &a->common, err) &&
	       ((!final && strchr(a->oid.s, '$') != NULL) || object_id_parse(a->oid.s, &id, err));
}

/* ---- state ---- */

/* What a policy said last of an object. */
struct remembered {
	char *oid;
	struct snmp_reply reply;
	struct remembered *next;
};

/* One armed statement. */
struct served {
	struct object_id id;
	char *oid; /* in numbers */
	struct remembered *values;
	size_t nvalues;
};

/* A request whose policy runs. */
struct request {
	LIST_ENTRY(request) link;
	struct engine *engine;
	int64_t id;
	uint64_t spec;
	char *oid;
	enum snmp_request_kind kind;
	bool answered;
};

struct objects {
	struct engine *engine;
	LIST_HEAD(, request) requests;
	struct snmp_object *list; /* as the client has it */
};

static struct objects *
state_of(const struct engine *e)
{
	return *bus_detector_state(e->bus, &detector_snmp_object);
}

static void
reply(struct request *r, const struct snmp_reply *what)
{
	if (!r->answered)
		snmp_reply(r->engine->snmp, r->id, what);
	r->answered = true;
}

static void
reply_kind(struct request *r, enum snmp_reply_kind kind)
{
	const struct snmp_reply what = { .kind = kind };

	reply(r, &what);
}

static struct remembered *
find_value(const struct served *s, const char *oid)
{
	struct remembered *v = s->values;

	while (v != NULL && strcmp(v->oid, oid) != 0)
		v = v->next;
	return v;
}

static void
remember(struct served *s, const char *oid, const struct snmp_reply *what)
{
	struct remembered *v = find_value(s, oid);

	if (v == NULL && s->nvalues == REMEMBERED_MAX)
		return;
	if (v == NULL) {
		v = mem_new(s, struct remembered);
		v->oid = mem_strdup(v, oid);
		v->next = s->values;
		s->values = v;
		s->nvalues++;
	}
	mem_free((void *)(uintptr_t)v->reply.value);
	mem_free((void *)(uintptr_t)v->reply.next);
	v->reply = *what;
	v->reply.value = mem_strdup(v, what->value);
	v->reply.next = mem_strdup(v, what->next);
}

/* ---- answers ---- */

static bool
on_value(struct engine *e, int64_t id, const struct snmp_reply *what)
{
	struct request *r;
	struct spec *s;

	LIST_FOREACH (r, &state_of(e)->requests, link)
		if (r->id == id)
			break;
	if (r == NULL)
		return false;
	s = bus_find_spec(e->bus, r->spec);
	if (s != NULL && r->kind != SNMP_REQUEST_SET)
		remember(s->private, r->oid, what);
	if (r->kind != SNMP_REQUEST_SET)
		reply(r, what);
	return true;
}

/* A set is carried out by a policy that ends well with status 0. */
static void
run_ended(void *arg, const struct run_result *result)
{
	struct request *r = arg;

	if (r->kind != SNMP_REQUEST_SET)
		reply_kind(r, result->status == RUN_SUCCESS ? SNMP_REPLY_NONE : SNMP_REPLY_FAILED);
	else
		reply_kind(r, result->status == RUN_SUCCESS && result->exit_status == 0 ? SNMP_REPLY_DONE
											: SNMP_REPLY_FAILED);
	mem_free(r);
}

static void
default_passed(void *arg)
{
	reply_kind(arg, SNMP_REPLY_FAILED);
}

static int
request_free(void *p)
{
	struct request *r = p;

	LIST_REMOVE(r, link);
	return 0;
}

/* ---- requests ---- */

static const char *const kind_names[] = { "get", "getnext", "set" }; /* ORDER: enum snmp_request_kind */

static struct event *
event_for(struct spec *s, const struct snmp_request *asked)
{
	struct event *ev = event_new(s->engine, s->detector, NULL, NULL);
	struct snmp_object_data *d = ev->data;

	d->oid = event_str(ev, asked->oid);
	d->request = kind_names[asked->kind];
	d->request_type = event_str(ev, object_type_name(asked->type));
	d->value = event_str(ev, asked->value != NULL ? asked->value : "");
	d->id = asked->id;
	ev->source = "agentx";
	return ev;
}

/* What is said at once when nobody waits for the policy. */
static void
answer_beside(struct request *r, const struct spec *s)
{
	const struct snmp_object_spec *a = s->args;
	const struct remembered *v = find_value(s->private, r->oid);

	if (r->kind == SNMP_REQUEST_SET)
		reply_kind(r, SNMP_REPLY_DONE);
	else if (a->skip.v || v == NULL)
		reply_kind(r, SNMP_REPLY_NONE);
	else
		reply(r, &v->reply);
}

static void
serve(struct objects *all, struct spec *s, const struct snmp_request *asked)
{
	const struct snmp_object_spec *a = s->args;
	struct policy *policy = policies_find(all->engine->policies, s->policy);
	struct event *ev = event_for(s, asked);
	struct request *r = mem_new(all, struct request);
	enum policy_answer why;
	struct run *run = NULL;

	r->engine = all->engine;
	r->id = asked->id;
	r->spec = s->id;
	r->oid = mem_strdup(r, asked->oid);
	r->kind = asked->kind;
	LIST_INSERT_HEAD(&all->requests, r, link);
	mem_on_free(r, request_free);
	if (!a->sync.v)
		answer_beside(r, s);
	if (policy != NULL && bus_pass(all->engine->bus, s, ev) == PASS_YES) {
		struct event *dressed = bus_dress(all->engine->bus, s, ev);

		run = policy_offer(policy, s, dressed, NULL, &why);
		event_unref(dressed);
	}
	event_unref(ev);
	if (run == NULL) { /* rate limit, loop guard, full queue, or one of several events */
		reply_kind(r, asked->kind == SNMP_REQUEST_SET ? SNMP_REPLY_FAILED : SNMP_REPLY_NONE);
		mem_free(r);
		return;
	}
	timer_after(
		r, all->engine->loop, a->wait.set ? a->wait.v : DEFAULT_S * USEC_PER_SEC, default_passed, r);
	run_on_end(r, run, run_ended, r);
}

static void
on_request(void *arg, const struct snmp_request *asked)
{
	static const struct snmp_reply none = { .kind = SNMP_REPLY_NONE };
	struct objects *all = arg;

	for (struct spec *s = bus_specs(all->engine->bus, &detector_snmp_object); s; s = s->next) {
		const struct served *served = s->private;

		if (served != NULL && strcmp(served->oid, asked->object) == 0) {
			serve(all, s, asked);
			return;
		}
	}
	snmp_reply(all->engine->snmp, asked->id, &none);
}

/* ---- arming ---- */

/* The list of all objects, anew, without `gone`; of several statements for one object the first one counts. */
static void
tell_objects(struct objects *all, const struct spec *gone)
{
	struct snmp_object *old = all->list;
	size_t n = 0;

	all->list = NULL;
	for (struct spec *s = bus_specs(all->engine->bus, &detector_snmp_object); s; s = s->next) {
		const struct snmp_object_spec *a = s->args;
		const struct served *served = s == gone ? NULL : s->private;
		usec wait = a->wait.set ? a->wait.v : DEFAULT_S * USEC_PER_SEC;
		bool there = false;

		for (size_t i = 0; served != NULL && i < n; i++)
			there = there || strcmp(all->list[i].oid, served->oid) == 0;
		if (served == NULL || there)
			continue;
		all->list = mem_resize(all, all->list, (n + 1) * sizeof *all->list);
		all->list[n++] = (struct snmp_object){ mem_strdup(all->list, served->oid),
			(enum object_type)a->type.v, a->table.v == 1, (unsigned)(wait / USEC_PER_SEC) + 2 };
	}
	snmp_objects(all->engine->snmp, all->list, n);
	mem_free(old);
}

static bool
object_arm(struct spec *s, struct err *err)
{
	const struct snmp_object_spec *a = s->args;
	struct served *served = mem_new(s, struct served);
	struct text t;

	if (!object_id_parse(a->oid.s, &served->id, err)) {
		mem_free(served);
		return false;
	}
	text_init(&t, served);
	object_id_print(&served->id, &t);
	served->oid = t.s;
	s->private = served;
	tell_objects(state_of(s->engine), NULL);
	return true;
}

static void
object_disarm(struct spec *s)
{
	tell_objects(state_of(s->engine), s);
	mem_free(s->private);
	s->private = NULL;
}

static bool
object_start(struct engine *engine, struct err *err)
{
	struct objects *all = mem_new(engine->bus, struct objects);

	all->engine = engine;
	LIST_INIT(&all->requests);
	*bus_detector_state(engine->bus, &detector_snmp_object) = all;
	snmp_on_request(engine->snmp, on_request, all);
	snmp_on_object_value(engine->snmp, on_value);
	return true;
}

const struct detector detector_snmp_object = {
	.name = "snmp-object",
	.help = "SNMP Object event",
	.version = "01.00",
	.is_foreign = true,
	.kw = snmp_object_kw,
	.spec_size = sizeof(struct snmp_object_spec),
	.data_size = sizeof(struct snmp_object_data),
	.fields = snmp_object_fields,
	.key = "_snmp_oid",
	.check = object_check,
	.start = object_start,
	.arm = object_arm,
	.disarm = object_disarm,
};
