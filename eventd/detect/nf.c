/*
 * Detector nf: flows of a flow monitor (flow/monitor.h) that are new, have changed or are gone, and meet
 * up to four conditions. With an exit a flow is an event once, and again when it has met the exit.
 */
#include "detect/nf.h"

#include <stdio.h>
#include <string.h>

#include <uthash.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/settings.h"
#include "detect/detector.h"
#include "detect/flow_condition.h"
#include "detect/words.h"
#include "flow/monitor.h"
#include "host/read.h"

enum { NF_EVENTS = 4 };

#define POLL_DEFAULT (5 * USEC_PER_SEC) /* counters of the kernel's connections */

struct subevent {
	struct kw_enum field, entry_op, exit_op;
	struct kw_str entry_value, exit_value;
	struct kw_time rate, exit_rate;
};

struct nf_spec {
	struct spec_common common;
	struct kw_str monitor;
	struct kw_enum type, exit_type;
	struct kw_flag event[NF_EVENTS];
	struct subevent sub[NF_EVENTS];
};

static const struct kw_alternative types[] = {
	{ "create", "A flow is new", FLOW_CREATE, false },
	{ "delete", "A flow is gone", FLOW_DELETE, false },
	{ "update", "A flow has changed", FLOW_UPDATE, false },
	{ NULL, NULL, 0, false },
};

struct nf_data {
	const char *monitor_name;
	const char *event_type;
	int64_t ip_protocol;
	const char *source_address;
	int64_t source_port;
	const char *dest_address;
	int64_t dest_port;
	const char *app_name;
	struct {
		const char *field;
		const char *value;
	} event[NF_EVENTS];
};

static const struct event_field nf_fields[] = {
	WORDS_STR(struct nf_data, "_nf_monitor_name", "Name of the flow monitor", monitor_name),
	WORDS_STR(struct nf_data, "_nf_event_type", "Kind of change", event_type),
	WORDS_INT(struct nf_data, "_nf_ip_protocol", "IP protocol", ip_protocol),
	WORDS_STR(struct nf_data, "_nf_source_address", "Source address", source_address),
	WORDS_INT(struct nf_data, "_nf_source_port", "Source port", source_port),
	WORDS_STR(struct nf_data, "_nf_dest_address", "Destination address", dest_address),
	WORDS_INT(struct nf_data, "_nf_dest_port", "Destination port", dest_port),
	WORDS_STR(struct nf_data, "_nf_app_name", "Application", app_name),
	WORDS_STR(struct nf_data, "_nf_event1_field", "Field", event[0].field),
	WORDS_STR(struct nf_data, "_nf_event1_value", "Its value, a second when a rate was compared",
		event[0].value),
	WORDS_STR(struct nf_data, "_nf_event2_field", "Field", event[1].field),
	WORDS_STR(struct nf_data, "_nf_event2_value", "Its value, a second when a rate was compared",
		event[1].value),
	WORDS_STR(struct nf_data, "_nf_event3_field", "Field", event[2].field),
	WORDS_STR(struct nf_data, "_nf_event3_value", "Its value, a second when a rate was compared",
		event[2].value),
	WORDS_STR(struct nf_data, "_nf_event4_field", "Field", event[3].field),
	WORDS_STR(struct nf_data, "_nf_event4_value", "Its value, a second when a rate was compared",
		event[3].value),
	EVENT_FIELDS_END,
};

#define FLOW_FIELD(i_) \
	WORDS_CHOICE(  \
		struct nf_spec, "field", "Field of the flow", sub[i_].field, flow_fields, .flags = KW_REQ)
#define FLOW_ENTRY(i_)                                                                                       \
	WORDS_VALUE(struct nf_spec, "entry-value", "Entry comparison value", sub[i_].entry_value, kw_string, \
		.flags = KW_REQ),                                                                            \
		WORDS_CHOICE(struct nf_spec, "entry-op", "Entry comparison operator", sub[i_].entry_op,      \
			flow_ops, .flags = KW_REQ)
#define FLOW_EXIT(i_)                                                                                      \
	WORDS_VALUE(struct nf_spec, "exit-value", "Exit comparison value", sub[i_].exit_value, kw_string), \
		WORDS_CHOICE(                                                                              \
			struct nf_spec, "exit-op", "Exit comparison operator", sub[i_].exit_op, flow_ops)

/* Rates are measured for the first condition only. */
static const struct kw event1_kw[] = {
	FLOW_FIELD(0),
	WORDS_VALUE(struct nf_spec, "rate-interval", "Time that the rate is measured over", sub[0].rate,
		kw_seconds, .min = USEC_PER_SEC, .max = WORDS_TIME_MAX),
	FLOW_ENTRY(0),
	FLOW_EXIT(0),
	WORDS_VALUE(struct nf_spec, "exit-rate-interval", "The same of the exit", sub[0].exit_rate,
		kw_seconds, .min = USEC_PER_SEC, .max = WORDS_TIME_MAX),
	KW_END,
};
static const struct kw event2_kw[] = { FLOW_FIELD(1), FLOW_ENTRY(1), FLOW_EXIT(1), KW_END };
static const struct kw event3_kw[] = { FLOW_FIELD(2), FLOW_ENTRY(2), FLOW_EXIT(2), KW_END };
static const struct kw event4_kw[] = { FLOW_FIELD(3), FLOW_ENTRY(3), FLOW_EXIT(3), KW_END };

static const struct kw nf_kw[] = {
	WORDS_VALUE(struct nf_spec, "monitor-name", "Name of the flow monitor", monitor, kw_word,
		.flags = KW_REQ),
	WORDS_CHOICE(struct nf_spec, "event-type", "Kind of change", type, types, .flags = KW_REQ),
	WORDS_CHOICE(struct nf_spec, "exit-event-type", "Kind of change of the exit", exit_type, types),
	{ .word = "event1",
		.help = "First condition",
		KW_AT(struct nf_spec, event[0]),
		.flags = KW_REQ,
		.sub = event1_kw },
	{ .word = "event2", .help = "Second condition", KW_AT(struct nf_spec, event[1]), .sub = event2_kw },
	{ .word = "event3", .help = "Third condition", KW_AT(struct nf_spec, event[2]), .sub = event3_kw },
	{ .word = "event4", .help = "Fourth condition", KW_AT(struct nf_spec, event[3]), .sub = event4_kw },
	SPEC_COMMON_ROWS(struct nf_spec),
	KW_END,
};

/* ---- checking ---- */

static bool
check_rates(const struct nf_spec *a, struct err *err)
{
	const struct subevent *one = &a->sub[0];

	if (!one->rate.set && !one->exit_rate.set)
		return true;
	if (!flow_field_counts(one->field.v))
		return err_set(err, ERR_REFUSED, "A rate is that of bytes or packets");
	if (one->rate.set && a->type.v != FLOW_UPDATE)
		return err_set(
			err, ERR_REFUSED, "A rate needs 'event-type update': the others come once a flow");
	return !one->exit_rate.set || one->exit_value.set ||
	       words_missing(err, "'exit-value' and 'exit-op' of the rate are missing");
}

static bool
check_value(const struct subevent *b, const struct kw_enum *op, const struct kw_str *value, bool final,
	struct err *err)
{
	struct flow_condition c;

	if (!value->set || (!final && strchr(value->s, '$') != NULL))
		return true;
	return flow_condition_read(&c, b->field.v, op->v, value->s, err);
}

static bool
nf_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct nf_spec *a = args;

	for (size_t i = 0; i < NF_EVENTS; i++) {
		const struct subevent *b = &a->sub[i];

		if (b->exit_op.set != b->exit_value.set)
			return words_missing(err, "'exit-value' and 'exit-op' come together");
		if (!check_value(b, &b->entry_op, &b->entry_value, final, err) ||
			!check_value(b, &b->exit_op, &b->exit_value, final, err))
			return false;
	}
	return check_rates(a, err);
}

/* ---- flows ---- */

/* What a statement remembers of a flow. */
struct seen {
	uint64_t id;
	bool entered;
	uint64_t base[2]; /* what rates are counted from: of the entry, of the exit */
	usec since[2];
	UT_hash_handle hh;
};

/* One armed statement. */
struct watcher {
	struct spec *spec;
	bool has_exit;
	struct flow_condition entry[NF_EVENTS], exit[NF_EVENTS];
	struct seen *seen;
};

struct nf {
	struct engine *engine;
};

static bool
remembers(const struct watcher *w)
{
	const struct nf_spec *a = w->spec->args;

	return w->has_exit || a->sub[0].rate.set;
}

static struct seen *
seen_of(struct watcher *w, const struct flow_entry *e, usec now)
{
	struct seen *s;

	if (!remembers(w))
		return NULL;
	HASH_FIND(hh, w->seen, &e->id, sizeof e->id, s);
	if (s != NULL)
		return s;
	s = mem_new(w, struct seen);
	s->id = e->id;
	for (int i = 0; i < 2; i++) {
		s->base[i] = flow_counter(&e->flow, ((const struct nf_spec *)w->spec->args)->sub[0].field.v);
		s->since[i] = now;
	}
	HASH_ADD(hh, w->seen, id, sizeof s->id, s);
	return s;
}

/* The change of the counter a second since the last look; false: that was too short a time ago. */
static bool
rate_of(struct seen *s, bool is_exit, usec interval, uint64_t counter, usec now, int64_t *rate)
{
	usec passed = now - s->since[is_exit];

	if (passed < interval)
		return false;
	*rate = (int64_t)((double)(counter - s->base[is_exit]) * USEC_PER_SEC / (double)passed);
	s->base[is_exit] = counter;
	s->since[is_exit] = now;
	return true;
}

static bool
meets(struct watcher *w, struct seen *s, const struct flow_entry *e, bool is_exit, usec now,
	char values[NF_EVENTS][FLOW_VALUE_MAX])
{
	const struct nf_spec *a = w->spec->args;

	for (size_t i = 0; i < NF_EVENTS; i++) {
		const struct subevent *b = &a->sub[i];
		const struct flow_condition *c = is_exit ? &w->exit[i] : &w->entry[i];
		const struct kw_time *interval = is_exit ? &b->exit_rate : &b->rate;
		int64_t rate;

		values[i][0] = '\0';
		if (!a->event[i].set || (is_exit && !b->exit_value.set))
			continue;
		if (!interval->set) {
			flow_value(&e->flow, b->field.v, values[i]);
			if (!flow_condition_holds(c, &e->flow))
				return false;
			continue;
		}
		if (s == NULL ||
			!rate_of(s, is_exit, interval->v, flow_counter(&e->flow, b->field.v), now, &rate))
			return false;
		snprintf(values[i], FLOW_VALUE_MAX, "%lld", (long long)rate);
		if (!flow_condition_number(c, rate))
			return false;
	}
	return true;
}

static void
publish(struct nf *all, const struct watcher *w, const struct monitor *m, enum flow_change change,
	const struct flow_entry *e, char values[NF_EVENTS][FLOW_VALUE_MAX])
{
	const struct nf_spec *a = w->spec->args;
	struct event *ev = event_new(all->engine, &detector_nf, NULL, NULL);
	struct nf_data *d = ev->data;
	char address[FLOW_ADDRESS_MAX];

	d->monitor_name = event_str(ev, monitor_name(m));
	d->event_type = types[change].word;
	d->ip_protocol = e->flow.key.protocol;
	d->source_address = event_str(ev, flow_address(&e->flow.key, false, address));
	d->source_port = e->flow.key.source_port;
	d->dest_address = event_str(ev, flow_address(&e->flow.key, true, address));
	d->dest_port = e->flow.key.dest_port;
	d->app_name = event_str(ev, e->flow.app);
	for (size_t i = 0; i < NF_EVENTS; i++)
		if (a->event[i].set) {
			d->event[i].field = flow_field_name(a->sub[i].field.v);
			d->event[i].value = event_str(ev, values[i]);
		}
	ev->source = "flows";
	bus_publish(all->engine->bus, ev, &w->spec->id, 1);
}

static void
offer(struct nf *all, struct watcher *w, const struct monitor *m, enum flow_change change,
	const struct flow_entry *e)
{
	const struct nf_spec *a = w->spec->args;
	usec now = loop_mono(all->engine->loop);
	struct seen *s = seen_of(w, e, now);
	char values[NF_EVENTS][FLOW_VALUE_MAX];
	enum flow_change exit_type = (enum flow_change)(a->exit_type.set ? a->exit_type.v : a->type.v);

	if (s != NULL && s->entered) {
		if (change == exit_type && meets(w, s, e, true, now, values))
			s->entered = false;
	} else if (change == (enum flow_change)a->type.v && meets(w, s, e, false, now, values)) {
		publish(all, w, m, change, e, values);
		if (s != NULL)
			s->entered = w->has_exit;
	}
	if (s != NULL && change == FLOW_DELETE) {
		HASH_DEL(w->seen, s);
		mem_free(s);
	}
}

static const char *
monitor_of_spec(const struct spec *s)
{
	return ((const struct nf_spec *)s->args)->monitor.s;
}

static void
on_flow(void *arg, struct monitor *m, enum flow_change change, const struct flow_entry *e)
{
	struct nf *all = arg;

	for (struct spec *s = bus_specs(all->engine->bus, &detector_nf); s != NULL; s = s->next)
		if (s->private != NULL && strcmp(monitor_of_spec(s), monitor_name(m)) == 0)
			offer(all, s->private, m, change, e);
}

/* ---- what is asked of the monitors, and what they lack ---- */

static bool
counts(const struct nf_spec *a)
{
	for (size_t i = 0; i < NF_EVENTS; i++)
		if (a->event[i].set && flow_field_counts(a->sub[i].field.v))
			return true;
	return false;
}

static void
tell_needs(struct nf *all, struct spec *s)
{
	const struct monitor *m = flows_find(all->engine->flows, monitor_of_spec(s));
	int64_t counted;
	char text[160];

	if (m == NULL || monitor_of(m)->source == FLOW_FROM_NOWHERE)
		snprintf(text, sizeof text, "%s `flow monitor %.64s`",
			m == NULL ? "the line" : "a `source` below", monitor_of_spec(s));
	else if (monitor_needs(m) != NULL)
		snprintf(text, sizeof text, "%s", monitor_needs(m));
	else if (monitor_of(m)->source == FLOW_FROM_CONNTRACK && counts(s->args) &&
		 host_number(
			 &counted, "%s/sys/net/netfilter/nf_conntrack_acct", all->engine->settings->procfs) &&
		 counted == 0)
		snprintf(text, sizeof text,
			"counters of connections (sysctl net.netfilter.nf_conntrack_acct=1)");
	else
		text[0] = '\0';
	spec_lacks(s, text[0] != '\0' ? text : NULL);
}

static void
on_state(void *arg, struct monitor *m)
{
	struct nf *all = arg;

	for (struct spec *s = bus_specs(all->engine->bus, &detector_nf); s != NULL; s = s->next)
		if (s->private != NULL && strcmp(monitor_of_spec(s), monitor_name(m)) == 0)
			tell_needs(all, s);
}

static void
ask(struct nf *all, struct monitor *m)
{
	usec poll = POLL_DEFAULT;
	bool wanted = false;

	for (struct spec *s = bus_specs(all->engine->bus, &detector_nf); s != NULL; s = s->next) {
		const struct nf_spec *a = s->args;

		if (s->private == NULL || strcmp(monitor_of_spec(s), monitor_name(m)) != 0)
			continue;
		wanted = true;
		if (a->sub[0].rate.set && a->sub[0].rate.v < poll)
			poll = a->sub[0].rate.v;
	}
	monitor_want(m, wanted, poll);
}

void
nf_settle(struct engine *engine)
{
	struct nf *all = *bus_detector_state(engine->bus, &detector_nf);

	for (struct monitor *m = flows_next(engine->flows, NULL); m != NULL; m = flows_next(engine->flows, m))
		ask(all, m);
	for (struct spec *s = bus_specs(engine->bus, &detector_nf); s != NULL; s = s->next)
		if (s->private != NULL)
			tell_needs(all, s);
}

/* ---- arming ---- */

static int
watcher_free(void *ptr)
{
	HASH_CLEAR(hh, ((struct watcher *)ptr)->seen);
	return 0;
}

static bool
nf_arm(struct spec *s, struct err *err)
{
	const struct nf_spec *a = s->args;
	struct watcher *w = mem_new(s, struct watcher);

	w->spec = s;
	w->has_exit = a->exit_type.set;
	mem_on_free(w, watcher_free);
	for (size_t i = 0; i < NF_EVENTS; i++) {
		const struct subevent *b = &a->sub[i];

		if (!a->event[i].set)
			continue;
		if (!flow_condition_read(&w->entry[i], b->field.v, b->entry_op.v, b->entry_value.s, err) ||
			(b->exit_value.set && !flow_condition_read(&w->exit[i], b->field.v, b->exit_op.v,
						      b->exit_value.s, err))) {
			mem_free(w);
			return false;
		}
		w->has_exit = w->has_exit || b->exit_value.set;
	}
	s->private = w;
	nf_settle(s->engine);
	return true;
}

static void
nf_disarm(struct spec *s)
{
	mem_free(s->private);
	s->private = NULL;
	nf_settle(s->engine);
}

static bool
nf_start(struct engine *engine, struct err *err)
{
	struct nf *all = mem_new(engine->bus, struct nf);

	all->engine = engine;
	engine->flows = flows_new(engine->bus, engine);
	flows_listen(engine->flows, on_flow, on_state, all);
	*bus_detector_state(engine->bus, &detector_nf) = all;
	return true;
}

const struct detector detector_nf = {
	.name = "nf",
	.help = "NF Event",
	.version = "01.00",
	.kw = nf_kw,
	.spec_size = sizeof(struct nf_spec),
	.data_size = sizeof(struct nf_data),
	.fields = nf_fields,
	.key = "_nf_source_address,_nf_dest_address,_nf_dest_port",
	.check = nf_check,
	.start = nf_start,
	.arm = nf_arm,
	.disarm = nf_disarm,
};
