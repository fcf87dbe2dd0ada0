/* Detector snmp-notification: traps and informs that come, or are about to go out. */
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
#include "sched/policy.h"
#include "sched/run.h"
#include "snmp/client.h"
#include "snmp/config.h"
#include "snmp/trap.h"

struct snmp_notification_spec {
	struct spec_common common;
	struct kw_str oid, value, dest, src;
	struct kw_enum op, direction, msg_op;
	struct kw_time wait;
};

enum { INCOMING, OUTGOING };
enum { DROP, SEND };

static const struct kw_alternative directions[] = {
	{ "incoming", "Notifications that are received", INCOMING, false },
	{ "outgoing", "Notifications that are sent", OUTGOING, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative msg_ops[] = {
	{ "drop", "Do not send it", DROP, false },
	{ "send", "Send it", SEND, false },
	{ NULL, NULL, 0, false },
};

struct snmp_notification_data {
	const char *oid;
	const char *oid_val;
	const char *src_ip_addr;
	const char *dest_ip_addr;
	const char *trap_oid;
	const char *ent_oid;
	int64_t gen_trap;
	int64_t spec_trap;
};

static const struct event_field snmp_notification_fields[] = {
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_oid", "Object identifier", oid),
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_oid_val", "Its value", oid_val),
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_src_ip_addr", "Source address", src_ip_addr),
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_dest_ip_addr", "Destination address",
		dest_ip_addr),
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_trap_oid", "Trap", trap_oid),
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_ent_oid", "Enterprise", ent_oid),
	WORDS_INT(struct snmp_notification_data, "_snmp_notif_gen_trap", "Generic trap number", gen_trap),
	WORDS_INT(struct snmp_notification_data, "_snmp_notif_spec_trap", "Specific trap number", spec_trap),
	EVENT_FIELDS_END,
};

static const struct kw snmp_notification_kw[] = {
	WORDS_VALUE(struct snmp_notification_spec, "oid", "Object identifier", oid, kw_oid, .flags = KW_REQ),
	WORDS_VALUE(struct snmp_notification_spec, "oid-val", "Value of the object", value, kw_string,
		.flags = KW_REQ),
	WORDS_CHOICE(struct snmp_notification_spec, "op", "Comparison operator", op, threshold_ops,
		.flags = KW_REQ),
	WORDS_VALUE(struct snmp_notification_spec, "dest-ip-address", "Destination address", dest, kw_ip),
	WORDS_VALUE(struct snmp_notification_spec, "src-ip-address", "Source address", src, kw_ip),
	WORDS_CHOICE(struct snmp_notification_spec, "direction", "Direction", direction, directions,
		.dflt = INCOMING, .has_dflt = true),
	WORDS_CHOICE(
		struct snmp_notification_spec, "msg-op", "What happens to an outgoing one", msg_op, msg_ops),
	WORDS_WAIT(struct snmp_notification_spec, wait),
	SPEC_COMMON_ROWS(struct snmp_notification_spec),
	KW_END,
};

/* ---- the statement ---- */

static bool
is_outgoing(const struct snmp_notification_spec *a)
{
	return a->direction.set && a->direction.v == OUTGOING;
}

static bool
notification_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct snmp_notification_spec *a = args;
	struct object_id id;

	if (a->msg_op.set && !is_outgoing(a)) {
		err_set(err, ERR_REFUSED, "'msg-op' belongs to 'direction outgoing'");
		return false;
	}
	if (a->wait.set && !is_outgoing(a)) {
		err_set(err, ERR_REFUSED,
			"'default' belongs to 'direction outgoing': what has come waits for nobody");
		return false;
	}
	return (!final && strchr(a->oid.s, '$') != NULL) || object_id_parse(a->oid.s, &id, err);
}

/* ---- comparing ---- */

static bool
is_number(const char *s, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(s, &end, 10);
	return *s != '\0' && *end == '\0' && errno == 0;
}

/* Identifiers are equal however they are written; other texts have no order but equal or not. */
static bool
texts_hold(enum compare op, const char *value, const char *than)
{
	struct object_id a, b;
	bool equal = strcmp(value, than) == 0 ||
		     (strchr(than, '.') != NULL && object_id_parse(value, &a, NULL) &&
			     object_id_parse(than, &b, NULL) && object_id_compare(&a, &b) == 0);

	return op == COMPARE_EQ ? equal : op == COMPARE_NE && !equal;
}

static bool
holds(const struct snmp_notification_spec *a, const struct snmp_var *v)
{
	enum compare op = (enum compare)a->op.v;
	int64_t value, than;

	if (is_number(v->value, &value) && is_number(a->value.s, &than))
		return compare_holds(op, value, than);
	return texts_hold(op, v->value, a->value.s);
}

/* The object itself, or an instance of the column: the first one whose value fits. */
static const struct snmp_var *
find_fitting(const struct snmp_notification_spec *a, const struct snmp_notification *n)
{
	struct object_id want, id;

	if (!object_id_parse(a->oid.s, &want, NULL))
		return NULL;
	for (size_t i = 0; i < n->nvars; i++)
		if (object_id_parse(n->vars[i].oid, &id, NULL) && object_id_is_below(&id, &want) &&
			holds(a, &n->vars[i]))
			return &n->vars[i];
	return NULL;
}

static bool
is_address(const struct kw_str *want, const char *address)
{
	return !want->set || strcmp(want->s, address) == 0;
}

/* ---- events ---- */

/* "_1_3_6_1_2_1_2_2_1_8": the identifier with underscores. */
static void
add_variable(struct event *ev, const struct snmp_var *v)
{
	char *name = mem_printf(NULL, "_%s", v->oid);

	for (char *s = name; *s != '\0'; s++)
		if (*s == '.')
			*s = '_';
	event_add(ev, name, v->value);
	mem_free(name);
}

/* With a reference of the caller's. */
static struct event *
make_event(struct spec *s, const struct snmp_notification *n, const struct snmp_var *v)
{
	struct event *ev = event_new(s->engine, s->detector, NULL, n->cause);
	struct snmp_notification_data *d = ev->data;

	d->oid = event_str(ev, v->oid);
	d->oid_val = event_str(ev, v->value);
	d->src_ip_addr = event_str(ev, n->source);
	d->dest_ip_addr = event_str(ev, n->destination);
	d->trap_oid = event_str(ev, n->oid);
	d->ent_oid = event_str(ev, n->enterprise);
	d->gen_trap = n->generic;
	d->spec_trap = n->specific;
	for (size_t i = 0; i < n->nvars; i++)
		add_variable(ev, &n->vars[i]);
	ev->source = event_str(ev, n->source);
	return ev;
}

static bool
says_drop(const struct snmp_notification_spec *a)
{
	return a->msg_op.set && a->msg_op.v == DROP;
}

/* ---- `default`: the notification waits for the policy ---- */

/* One that waits, for as many policies as said so. */
struct waiting {
	struct engine *engine;
	struct snmp_held *held;
	size_t open;
	bool is_set_up; /* before, nothing is decided */
	bool drop;      /* one of them ended well, and its statement drops */
};

struct waited {
	struct waiting *waiting;
	struct timer *deadline;
	bool drops, over;
};

static void
decide(struct waiting *w)
{
	if (w->open > 0 || !w->is_set_up)
		return;
	snmp_held_decide(w->held, !w->drop);
	mem_free(w);
}

static void
no_longer(struct waited *p, bool drop)
{
	if (p->over)
		return;
	p->over = true;
	timer_stop(p->deadline);
	p->waiting->drop = p->waiting->drop || drop;
	p->waiting->open--;
	decide(p->waiting);
}

/* A run that failed did not decide anything. */
static void
run_ended(void *arg, const struct run_result *result)
{
	struct waited *p = arg;

	no_longer(p, p->drops && result->status == RUN_SUCCESS);
}

static void
default_passed(void *arg)
{
	no_longer(arg, false);
}

/* False: no run came of it (rate limit, loop guard, full queue, or one of several events). */
static bool
wait_for(struct waiting **w, struct spec *s, const struct snmp_notification *n, struct event *ev)
{
	const struct snmp_notification_spec *a = s->args;
	struct policy *policy = policies_find(s->engine->policies, s->policy);
	enum policy_answer why;
	struct run *run = NULL;
	struct waited *p;

	if (policy != NULL && bus_pass(s->engine->bus, s, ev) == PASS_YES)
		run = policy_offer(policy, s, ev, NULL, &why);
	if (run == NULL)
		return false;
	if (*w == NULL) {
		*w = mem_new(s->engine->bus, struct waiting);
		**w = (struct waiting){ .engine = s->engine, .held = n->held };
	}
	p = mem_new(*w, struct waited);
	*p = (struct waited){ .waiting = *w, .drops = says_drop(a) };
	p->deadline = timer_after(p, s->engine->loop, a->wait.v, default_passed, p);
	(*w)->open++;
	run_on_end(p, run, run_ended, p);
	return true;
}

/* ---- what comes, what goes ---- */

static enum snmp_fate
on_notification(void *arg, const struct snmp_notification *n)
{
	struct engine *e = arg;
	struct waiting *waiting = NULL;
	bool drop = false;

	for (struct spec *s = bus_specs(e->bus, &detector_snmp_notification); s; s = s->next) {
		const struct snmp_notification_spec *a = s->args;
		const struct snmp_var *v;
		struct event *ev;

		if (is_outgoing(a) != n->outgoing || !is_address(&a->src, n->source) ||
			!is_address(&a->dest, n->destination) || (v = find_fitting(a, n)) == NULL)
			continue;
		ev = make_event(s, n, v);
		if (a->wait.set && wait_for(&waiting, s, n, ev)) {
			event_unref(ev);
			continue;
		}
		drop = drop || says_drop(a);
		if (!a->wait.set)
			bus_publish(e->bus, ev, &s->id, 1);
		else
			event_unref(ev);
	}
	if (waiting == NULL)
		return drop ? SNMP_DROP : SNMP_SEND;
	waiting->is_set_up = true;
	waiting->drop = waiting->drop || drop;
	return SNMP_HOLD;
}

static bool
notification_start(struct engine *engine, struct err *err)
{
	snmp_on_notification(engine->snmp, on_notification, engine);
	return true;
}

static bool
notification_arm(struct spec *s, struct err *err)
{
	if (!is_outgoing(s->args) && !snmp_config_listens(s->engine))
		log_msg(s->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_SNMP_LISTEN",
			"policy %s waits for SNMP notifications: \"snmp-server manager\" is not configured",
			s->policy);
	return true;
}

const struct detector detector_snmp_notification = {
	.name = "snmp-notification",
	.help = "SNMP Notification Event",
	.note = "Notifications that come need snmp-server manager. One that is about to go out waits for the "
		"policy as long as default says, and then does what msg-op says; it goes out when the time "
		"has passed, or the policy failed. Without default msg-op counts at once.",
	.version = "01.00",
	.is_foreign = true,
	.kw = snmp_notification_kw,
	.spec_size = sizeof(struct snmp_notification_spec),
	.data_size = sizeof(struct snmp_notification_data),
	.fields = snmp_notification_fields,
	.key = "_snmp_notif_src_ip_addr,_snmp_notif_trap_oid",
	.device = "_snmp_notif_src_ip_addr",
	.not_by_itself = true,
	.check = notification_check,
	.start = notification_start,
	.arm = notification_arm,
};
