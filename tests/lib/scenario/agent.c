/* The SNMP of a scenario. */
#include "agent.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "snmp/client.h"

struct object {
	struct object_id id;
	struct snmp_var var;
	struct object *next;
};

struct agent {
	struct object *first; /* in the order of their identifiers */
	struct err failure;
	struct text sent;
	int64_t requests;
};

/* ---- the record ---- */

static void
note_peer(struct text *t, const struct snmp_job *job, const struct snmp_peer *p)
{
	static const char *const ops[] = { "get", "next", "set", "trap" };   /* ORDER: enum snmp_op */
	static const char *const releases[] = { "1", "2c", "3" };            /* ORDER: enum snmp_release */
	static const char *const levels[] = { " noauth", " auth", " priv" }; /* ORDER: enum snmp_secured */

	text_printf(t, "%s %s:%u version %s%s %s%s%s:", p->inform ? "inform" : ops[job->op], p->address,
		p->port, releases[p->release], p->release == SNMP_RELEASE_3 ? levels[p->secured] : "",
		p->name, p->context != NULL ? " context " : "", p->context != NULL ? p->context : "");
}

static void
note(struct text *t, const struct snmp_job *job)
{
	for (size_t i = 0; i < job->npeers; i++) {
		note_peer(t, job, &job->peers[i]);
		if (job->op == SNMP_OP_NOTIFY)
			text_printf(t, " %s (%s %d %d)", job->notice.oid, job->notice.enterprise,
				job->notice.generic, job->notice.specific);
		for (size_t v = 0; v < job->nvars; v++) {
			text_printf(t, " %s", job->vars[v].oid);
			if (job->op == SNMP_OP_SET || job->op == SNMP_OP_NOTIFY)
				text_printf(t, " %s {%s}", object_type_name(job->vars[v].type),
					job->vars[v].value);
		}
		text_addc(t, '\n');
	}
}

/* ---- the objects ---- */

static struct object *
look_up(struct agent *a, const char *oid, bool behind)
{
	struct object *o = a->first;
	struct object_id id;

	object_id_parse(oid, &id, NULL);
	while (o != NULL && object_id_compare(&o->id, &id) < (behind ? 1 : 0))
		o = o->next;
	return o != NULL && (behind || object_id_compare(&o->id, &id) == 0) ? o : NULL;
}

static void
put(struct agent *a, const char *oid, enum object_type type, const char *value)
{
	struct object **at = &a->first, *o;
	struct object_id id;

	object_id_parse(oid, &id, NULL);
	while (*at != NULL && object_id_compare(&(*at)->id, &id) < 0)
		at = &(*at)->next;
	if (*at == NULL || object_id_compare(&(*at)->id, &id) != 0) {
		o = mem_new(a, struct object);
		o->id = id;
		o->next = *at;
		*at = o;
	}
	o = *at;
	o->var = (struct snmp_var){ mem_strdup(o, oid), type, mem_strdup(o, value), strlen(value) };
}

static void
answer(struct agent *a, const void *ctx, const struct snmp_job *job, struct snmp_answer *to)
{
	to->vars = mem_array(ctx, struct snmp_var, job->nvars + 1);
	for (size_t i = 0; i < job->nvars; i++) {
		const struct snmp_var *v = &job->vars[i];
		const struct object *o;

		if (job->op == SNMP_OP_SET)
			put(a, v->oid, v->type, v->value);
		o = look_up(a, v->oid, job->op == SNMP_OP_NEXT);
		if (o == NULL) {
			err_class(&to->err, ERR_NOT_FOUND, "FH_ENOSNMPDATA", "%s: no such object", v->oid);
			return;
		}
		to->vars[to->nvars++] = o->var;
	}
}

static void
on_job(void *arg, const void *ctx, const struct snmp_job *job, struct snmp_answer *to)
{
	struct agent *a = arg;

	note(&a->sent, job);
	if (a->failure.code != ERR_NONE)
		to->err = a->failure;
	else if (job->op != SNMP_OP_NOTIFY)
		answer(a, ctx, job, to);
}

/* ---- statements ---- */

bool
verb_agent(struct world *w, const struct statement *st)
{
	struct agent *a = w->agent;
	struct object_id id;

	err_clear(&a->failure);
	if (strcmp(st->word[1], "works") == 0)
		return true;
	if (st->n < 4)
		return world_fail(w, "agent OID TYPE VALUE, agent fails CLASS TEXT, or agent works");
	if (strcmp(st->word[1], "fails") == 0) {
		err_class(&a->failure, ERR_IO, st->word[2], "%s", st->word[3]);
		return true;
	}
	if (!object_id_parse(st->word[1], &id, NULL) || object_type_named(st->word[2]) == OBJECT_NONE)
		return world_fail(w, "no identifier '%s', or no type '%s'", st->word[1], st->word[2]);
	put(a, st->word[1], object_type_named(st->word[2]), st->word[3]);
	return true;
}

enum { NOTIFY_VARS_MAX = 16 };

bool
verb_notify(struct world *w, const struct statement *st)
{
	struct snmp_var vars[NOTIFY_VARS_MAX + 2] = {
		{ "1.3.6.1.2.1.1.3.0", OBJECT_TICKS, "4711", 4 },
		{ "1.3.6.1.6.3.1.1.4.1.0", OBJECT_OID, st->word[2], strlen(st->word[2]) },
	};
	struct snmp_notification n = { .source = st->word[1],
		.destination = "192.0.2.254",
		.oid = st->word[2],
		.vars = vars,
		.nvars = 2 };
	struct object_id id, enterprise;
	struct text t;

	if (!object_id_parse(n.oid, &id, NULL))
		return world_fail(w, "'%s' is no identifier", n.oid);
	snmp_numbers_of(&id, &n.generic, &n.specific, &enterprise);
	text_init(&t, w);
	object_id_print(&enterprise, &t);
	n.enterprise = t.s;
	for (size_t i = 3; i + 2 < st->n && n.nvars < NOTIFY_VARS_MAX; i += 3)
		vars[n.nvars++] = (struct snmp_var){ st->word[i], object_type_named(st->word[i + 1]),
			st->word[i + 2], strlen(st->word[i + 2]) };
	snmp_notified(w->engine->snmp, &n);
	world_settle(w);
	return true;
}

static void
on_reply(void *arg, int64_t request, const struct snmp_reply *r)
{
	static const char *const kinds[] = { "value", "none", "done",
		"failed" }; /* ORDER: enum snmp_reply_kind */
	struct agent *a = arg;

	text_printf(&a->sent, "reply %lld: %s", (long long)request, kinds[r->kind]);
	if (r->kind == SNMP_REPLY_VALUE)
		text_printf(&a->sent, " %s {%s}%s%s", object_type_name(r->type), r->value,
			r->next != NULL ? " next " : "", r->next != NULL ? r->next : "");
	text_addc(&a->sent, '\n');
}

bool
verb_request(struct world *w, const struct statement *st)
{
	static const char *const kinds[] = { "get", "getnext", "set" }; /* ORDER: enum snmp_request_kind */
	struct snmp_request r = { .id = ++w->agent->requests,
		.object = st->word[2],
		.oid = st->word[3],
		.type = st->n > 4 ? object_type_named(st->word[4]) : OBJECT_INT,
		.value = st->n > 5 ? st->word[5] : "" };

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(st->word[1], kinds[i]) == 0) {
			r.kind = (enum snmp_request_kind)i;
			snmp_requested(w->engine->snmp, &r);
			world_settle(w);
			return true;
		}
	return world_fail(w, "'%s' is no request", st->word[1]);
}

bool
expect_sent(struct world *w, const struct statement *st, bool no)
{
	const struct agent *a = w->agent;
	bool has = strstr(a->sent.s, st->word[2]) != NULL;

	return has != no || world_fail(w, "sent by SNMP:\n%s", a->sent.s);
}

void
agent_new(struct world *w)
{
	w->agent = mem_new(w, struct agent);
	text_init(&w->agent->sent, w->agent);
	snmp_fake(w->engine->snmp, on_job, w->agent);
	snmp_fake_replies(w->engine->snmp, on_reply, w->agent);
}
