/* Detector snmp: objects of the device's own agent, or of another one, against a threshold. */
#include "detect/detector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "detect/threshold.h"
#include "detect/words.h"
#include "snmp/client.h"
#include "snmp/config.h"

enum { POLL_DEFAULT_S = 60, AGENT_PORT = 161 };
#define COUNTER32 (UINT64_C(1) << 32)

struct snmp_spec {
	struct spec_common common;
	struct kw_str oid;
	struct kw_enum get;
	struct threshold_spec th;
	struct kw_str entry_val, exit_val;
	struct kw_str community, address; /* of another agent */
	struct kw_int port;
	struct kw_enum release;
};

static const struct kw_alternative gets[] = {
	{ "exact", "The object itself", 0, false },
	{ "next", "The object behind it", 1, false },
	{ NULL, NULL, 0, false },
};
static const struct kw_alternative releases[] = {
	{ "1", "SNMPv1", SNMP_RELEASE_1, false },
	{ "2c", "SNMPv2c", SNMP_RELEASE_2C, false },
	{ "3", "SNMPv3: the community is the name of a user", SNMP_RELEASE_3, false },
	{ NULL, NULL, 0, false },
};

struct snmp_data {
	const char *oid;
	const char *oid_val;
	const char *oid_delta_val;
	int64_t exit_event;
};

static const struct event_field snmp_fields[] = {
	WORDS_STR(struct snmp_data, "_snmp_oid", "Object identifier", oid),
	WORDS_STR(struct snmp_data, "_snmp_oid_val", "Its value", oid_val),
	WORDS_STR(struct snmp_data, "_snmp_oid_delta_val", "The change of its value", oid_delta_val),
	WORDS_INT(struct snmp_data, "_snmp_exit_event", "1: the exit criteria were met", exit_event),
	EVENT_FIELDS_END,
};

static const struct kw snmp_kw[] = {
	WORDS_VALUE(struct snmp_spec, "oid", "Object identifier", oid, kw_oid, .flags = KW_REQ),
	WORDS_CHOICE(struct snmp_spec, "get-type", "Kind of get", get, gets, .flags = KW_REQ),
	THRESHOLD_ROWS(struct snmp_spec, kw_string, POLL_DEFAULT_S, .min = 0),
	WORDS_VALUE(struct snmp_spec, "community",
		"Community of another agent; with version 3 the name of a user", community, kw_word,
		.flags = KW_SECRET),
	WORDS_VALUE(struct snmp_spec, "ipaddr", "Address of another agent", address, kw_ip),
	WORDS_VALUE(struct snmp_spec, "udp-port", "UDP port of another agent", port, kw_number, .min = 1,
		.max = 65535, .dflt = AGENT_PORT, .has_dflt = true),
	WORDS_CHOICE(struct snmp_spec, "version", "SNMP version of another agent", release, releases,
		.dflt = SNMP_RELEASE_2C, .has_dflt = true),
	SPEC_COMMON_ROWS(struct snmp_spec),
	KW_END,
};

/* ---- the statement ---- */

static bool
is_number(const char *s, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(s, &end, 10);
	return *s != '\0' && *end == '\0' && errno == 0;
}

/* A text has no order, and no change. */
static bool
text_fits(const struct kw_enum *op, const struct kw_enum *type)
{
	return (!op->set || op->v == COMPARE_EQ || op->v == COMPARE_NE) &&
	       (!type->set || type->v == VALUE_IS);
}

static bool
snmp_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct snmp_spec *a = args;
	struct object_id id;
	int64_t number;

	if (a->community.set != a->address.set)
		return words_missing(
			err, a->community.set ? "'ipaddr' is missing"
			     : a->release.set && a->release.v == SNMP_RELEASE_3
				     ? "'community' is missing: with version 3 it takes the name of the user"
				     : "'community' is missing");
	if (!threshold_check(a->th.exit_op.set, a->exit_val.set, err))
		return false;
	if (!final && strchr(a->oid.s, '$') != NULL)
		return true;
	if (!object_id_parse(a->oid.s, &id, err))
		return false;
	if ((!final && strchr(a->entry_val.s, '$') != NULL) || is_number(a->entry_val.s, &number) ||
		(text_fits(&a->th.entry_op, &a->th.entry_type) &&
			text_fits(&a->th.exit_op, &a->th.exit_type)))
		return true;
	err_set(err, ERR_REFUSED, "a text can only be equal or not equal to the value of an object");
	err_hint(err, "entry-op eq or ne, entry-type value");
	return false;
}

static void
snmp_describe(const struct spec *s, struct text *out)
{
	const struct snmp_spec *a = s->args;

	char *entry = mem_printf(s, "{%s}", a->entry_val.s);
	char *exit = a->exit_val.set ? mem_printf(s, "{%s}", a->exit_val.s) : NULL;

	text_printf(out, "oid {%s} get-type %s", a->oid.s, gets[a->get.v].word);
	if (a->address.set)
		text_printf(out, " ipaddr {%s}", a->address.s);
	threshold_describe(&a->th, entry, exit, POLL_DEFAULT_S * USEC_PER_SEC, out);
	mem_free(exit);
	mem_free(entry);
}

/* ---- polling ---- */

/* One armed statement. */
struct poller {
	struct engine *engine;
	struct spec *spec;
	const struct snmp_spec *args;
	char *oid; /* numbers */
	struct threshold_rule rule;
	struct threshold_state state;
	bool of_texts;
	struct timer *timer;
	usec poll;
	uint64_t counted, turns;   /* of a Counter32: the last one, and what has gone over */
	struct snmp_ticket *asked; /* at most one question at a time */
	bool failed;               /* that was told */
};

/* Texts become numbers that are equal when they are: 0 is the entry's, 1 the exit's. */
static int64_t
number_of_text(const struct snmp_spec *a, const char *value)
{
	if (strcmp(value, a->entry_val.s) == 0)
		return 0;
	return a->exit_val.set && strcmp(value, a->exit_val.s) == 0 ? 1 : 2;
}

static void
make_rule(struct poller *p)
{
	const struct snmp_spec *a = p->args;
	struct kw_int entry = { .set = true }, exit = { .set = a->exit_val.set };

	p->of_texts =
		!is_number(a->entry_val.s, &entry.v) || (exit.set && !is_number(a->exit_val.s, &exit.v));
	if (p->of_texts) {
		entry.v = 0;
		exit.v = exit.set ? number_of_text(a, a->exit_val.s) : 0;
	}
	p->rule = threshold_rule(&a->th, &entry, &exit);
}

static void
publish(struct poller *p, const struct snmp_var *v, int64_t delta, bool is_exit)
{
	struct event *ev = event_new(p->engine, p->spec->detector, NULL, NULL);
	struct snmp_data *d = ev->data;
	char *change = p->of_texts ? NULL : mem_printf(p, "%lld", (long long)delta);

	d->oid = event_str(ev, v->oid);
	d->oid_val = event_strn(ev, v->value, v->len);
	d->oid_delta_val = event_str(ev, change != NULL ? change : "");
	d->exit_event = is_exit;
	ev->source = event_str(ev, p->args->address.set ? p->args->address.s : "snmp");
	mem_free(change);
	bus_publish(p->engine->bus, ev, &p->spec->id, 1);
}

/* What comes now is no change since what was before. */
static void
start_anew(struct poller *p)
{
	p->state.has_sample = false;
	p->state.count = p->state.next = 0;
	p->turns = 0;
}

static void
not_read(struct poller *p, const char *why)
{
	if (!p->failed)
		log_msg(p->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_SNMP_POLL",
			"policy %s: object %s cannot be read: %s", p->spec->policy, p->args->oid.s, why);
	p->failed = true;
	start_anew(p);
}

/* A text is equal to no number, which is all that is asked of it; false: more is asked. */
static bool
number_unlike(const struct snmp_spec *a, int64_t *value)
{
	int64_t entry = 0, exit = 0;

	if (!text_fits(&a->th.entry_op, &a->th.entry_type) || !text_fits(&a->th.exit_op, &a->th.exit_type))
		return false;
	is_number(a->entry_val.s, &entry);
	if (a->exit_val.set)
		is_number(a->exit_val.s, &exit);
	for (*value = 0; *value == entry || *value == exit;)
		++*value;
	return true;
}

static bool
is_change(const struct kw_enum *type)
{
	return type->set && type->v != VALUE_IS;
}

/*
 * A Counter32 that has gone over its end goes on behind it, where changes are looked at. One that has fallen by less
 * than half began anew (RFC 2578 7.1.6): what it was before says nothing.
 */
static int64_t
unwrap(struct poller *p, uint64_t value)
{
	if (value < p->counted && p->state.has_sample) {
		if (p->counted - value > COUNTER32 / 2)
			p->turns += COUNTER32;
		else
			start_anew(p);
	}
	p->counted = value;
	return (int64_t)(p->turns + value);
}

static void
take_value(struct poller *p, const struct snmp_var *v)
{
	int64_t value, delta;
	enum threshold_verdict verdict;

	if (p->of_texts)
		value = number_of_text(p->args, v->value);
	else if (!is_number(v->value, &value)) {
		/* Counter64 beyond what we compare with is larger than all of it. */
		if (v->type == OBJECT_COUNTER64)
			value = INT64_MAX;
		else if (!number_unlike(p->args, &value)) {
			not_read(p, "its value is no number");
			return;
		}
	}
	if (v->type == OBJECT_COUNTER &&
		(is_change(&p->args->th.entry_type) || is_change(&p->args->th.exit_type)))
		value = unwrap(p, (uint64_t)value);
	p->failed = false;
	verdict = threshold_sample(&p->state, &p->rule, value, loop_mono(p->engine->loop), &delta);
	if (verdict == THRESHOLD_ENTRY ||
		(verdict == THRESHOLD_EXIT && p->args->th.exit_event.set && p->args->th.exit_event.v))
		publish(p, v, delta, verdict == THRESHOLD_EXIT);
}

static void
on_answer(void *arg, const struct snmp_answer *answer)
{
	struct poller *p = arg;

	p->asked = NULL;
	if (answer->err.code != ERR_NONE)
		not_read(p, answer->err.text);
	else if (answer->nvars > 0)
		take_value(p, &answer->vars[0]);
}

static bool
find_peer(struct poller *p, void *ctx, struct snmp_peer *peer, struct err *err)
{
	const struct snmp_spec *a = p->args;

	if (!a->address.set)
		return snmp_config_agent(p->engine, ctx, peer, err);
	*peer = (struct snmp_peer){ .address = a->address.s,
		.port = a->port.set ? (uint16_t)a->port.v : AGENT_PORT,
		.release = a->release.set ? (enum snmp_release)a->release.v : SNMP_RELEASE_2C,
		.name = snmp_clear(p->engine, ctx, &a->community) };
	return peer->release != SNMP_RELEASE_3 ||
	       snmp_config_user_level(p->engine, peer->name, &peer->secured) ||
	       err_set(err, ERR_CONFIG, "no SNMPv3 user %s is configured", peer->name);
}

static void
on_due(void *arg)
{
	struct poller *p = arg;
	void *ctx = mem_ctx(p, "snmp poll");
	struct snmp_peer peer;
	struct snmp_var var = { .oid = p->oid, .type = OBJECT_NONE };
	const struct snmp_job job = { .op = p->args->get.v ? SNMP_OP_NEXT : SNMP_OP_GET,
		.peers = &peer,
		.npeers = 1,
		.vars = &var,
		.nvars = 1 };
	struct err err = ERR_INIT;

	timer_set(p->timer, p->poll);
	if (p->asked == NULL) {
		if (find_peer(p, ctx, &peer, &err))
			p->asked = snmp_submit(p, p->engine->snmp, &job, on_answer, p);
		else
			not_read(p, err.text);
	}
	mem_free(ctx);
}

static bool
snmp_arm(struct spec *s, struct err *err)
{
	const struct snmp_spec *a = s->args;
	struct poller *p;
	struct object_id id;
	struct text t;

	if (!object_id_parse(a->oid.s, &id, err))
		return false;
	p = mem_new(s, struct poller);
	text_init(&t, p);
	object_id_print(&id, &t);
	p->engine = s->engine;
	p->spec = s;
	p->args = a;
	p->oid = t.s;
	p->poll = a->th.poll.set ? a->th.poll.v : POLL_DEFAULT_S * USEC_PER_SEC;
	if (p->poll < THRESHOLD_POLL_MIN)
		p->poll = THRESHOLD_POLL_MIN;
	make_rule(p);
	/* The first sample is what later ones are compared with. */
	p->timer = timer_after(p, s->engine->loop, 0, on_due, p);
	s->private = p;
	return true;
}

static void
snmp_disarm(struct spec *s)
{
	mem_free(s->private);
	s->private = NULL;
}

const struct detector detector_snmp = {
	.name = "snmp",
	.help = "SNMP event",
	.version = "01.00",
	.is_foreign = true,
	.kw = snmp_kw,
	.spec_size = sizeof(struct snmp_spec),
	.data_size = sizeof(struct snmp_data),
	.fields = snmp_fields,
	.key = "_snmp_oid",
	.check = snmp_check,
	.arm = snmp_arm,
	.disarm = snmp_disarm,
	.describe = snmp_describe,
};
