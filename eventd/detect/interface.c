/*
 * Detector interface: counters and rates of interfaces against a threshold. Every statement has its own
 * poll-interval; those that are due at about the same moment share one dump of the kernel's table.
 */
#include "detect/detector.h"

#include <stdio.h>
#include <string.h>

#include "core/ifname.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "detect/threshold.h"
#include "detect/words.h"
#include "net/links.h"

enum { POLL_DEFAULT_S = 1 };

#define TOGETHER (50 * USEC_PER_MSEC) /* what is due so soon is sampled with what is due now */

struct interface_spec {
	struct spec_common common;
	struct kw_str name;
	struct kw_enum parameter;
	struct threshold_spec th;
	struct kw_int entry_val, exit_val;
};

/* ORDER: the value is the place in the list. */
static const struct kw_alternative parameters[] = {
	{ "input_errors", "Number of input errors", 0, false },
	{ "input_errors_crc", "Number of CRC errors", 1, false },
	{ "input_errors_frame", "Number of framing errors", 2, false },
	{ "input_errors_overrun", "Number of overruns and underruns", 3, false },
	{ "input_packets_dropped", "Number of packets dropped from the input queue", 4, false },
	{ "interface_resets", "Number of resets of the interface", 5, false },
	{ "output_buffer_failures", "Number of failed buffers", 6, false },
	{ "output_buffer_swappedout", "Number of packets swapped to DRAM", 7, false },
	{ "output_errors", "Number of output errors", 8, false },
	{ "output_errors_underrun", "Number of underruns", 9, false },
	{ "output_packets_dropped", "Number of packets dropped from the output queue", 10, false },
	{ "receive_broadcasts", "Number of broadcasts received", 11, false },
	{ "receive_giants", "Number of packets too large", 12, false },
	{ "receive_rate_bps", "Rate of reception in bits a second", 13, false },
	{ "receive_rate_pps", "Rate of reception in packets a second", 14, false },
	{ "receive_runts", "Number of packets too small", 15, false },
	{ "receive_throttle", "Number of times the receiver was disabled", 16, false },
	{ "reliability", "Reliability, as a fraction of 255", 17, false },
	{ "rxload", "Load of reception, as a fraction of 255", 18, false },
	{ "transmit_rate_bps", "Rate of transmission in bits a second", 19, false },
	{ "transmit_rate_pps", "Rate of transmission in packets a second", 20, false },
	{ "txload", "Load of transmission, as a fraction of 255", 21, false },
	{ NULL, NULL, 0, false },
};

struct interface_data {
	const char *name;
	const char *parameter;
	int64_t is_increment;
	int64_t value;
	int64_t delta_value;
	int64_t exit_event;
};

static const struct event_field interface_fields[] = {
	WORDS_STR(struct interface_data, "_interface_name", "Interface name", name),
	WORDS_STR(struct interface_data, "_interface_parameter", "Value that is watched", parameter),
	WORDS_INT(
		struct interface_data, "_interface_is_increment", "1: the change was compared", is_increment),
	WORDS_INT(struct interface_data, "_interface_value", "The value", value),
	WORDS_INT(struct interface_data, "_interface_delta_value", "Its change", delta_value),
	WORDS_INT(
		struct interface_data, "_interface_exit_event", "1: the exit criteria were met", exit_event),
	EVENT_FIELDS_END,
};

static const struct kw interface_kw[] = {
	WORDS_VALUE(struct interface_spec, "name", "Interface name", name, kw_ifname, .flags = KW_REQ),
	WORDS_CHOICE(struct interface_spec, "parameter", "Value that is watched", parameter, parameters,
		.flags = KW_REQ),
	THRESHOLD_ROWS(struct interface_spec, kw_number, POLL_DEFAULT_S, .min = INT64_MIN, .max = INT64_MAX),
	SPEC_COMMON_ROWS(struct interface_spec),
	KW_END,
};

static bool
interface_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct interface_spec *a = args;

	return threshold_check(a->th.exit_op.set, a->exit_val.set, err);
}

static void
interface_describe(const struct spec *s, struct text *out)
{
	const struct interface_spec *a = s->args;

	char entry[24], exit[24];

	snprintf(entry, sizeof entry, "%lld", (long long)a->entry_val.v);
	snprintf(exit, sizeof exit, "%lld", (long long)a->exit_val.v);
	text_printf(out, "name {%s} parameter {%s}", a->name.s, parameters[a->parameter.v].word);
	threshold_describe(&a->th, entry, a->exit_val.set ? exit : NULL, POLL_DEFAULT_S * USEC_PER_SEC, out);
}

/* ---- what a parameter is on Linux ---- */

static int64_t
counter_value(uint64_t v)
{
	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

#define COUNTER(name_, expression_)                           \
	static int64_t name_(const struct link *l)            \
	{                                                     \
		const struct link_counters *c = &l->counters; \
		return counter_value(expression_);            \
	}

COUNTER(input_errors, c->rx_errors)
COUNTER(input_crc, c->rx_crc)
COUNTER(input_frame, c->rx_frame)
COUNTER(input_overrun, c->rx_overrun)
COUNTER(input_dropped, c->rx_dropped)
COUNTER(resets, c->resets)
COUNTER(output_failures, c->tx_aborted)
COUNTER(output_errors, c->tx_errors)
COUNTER(output_underrun, c->tx_underrun)
COUNTER(output_dropped, c->tx_dropped)
COUNTER(broadcasts, c->rx_multicast) /* Linux counts broadcasts and multicasts together */
COUNTER(giants, c->rx_length)        /* "length errors": too large, rarely too small */

static int64_t
never_counted(const struct link *l)
{
	return 0;
}

static int64_t
rx_bps(const struct link *l)
{
	return (int64_t)(l->load.rx_bps + 0.5);
}

static int64_t
rx_pps(const struct link *l)
{
	return (int64_t)(l->load.rx_pps + 0.5);
}

static int64_t
tx_bps(const struct link *l)
{
	return (int64_t)(l->load.tx_bps + 0.5);
}

static int64_t
tx_pps(const struct link *l)
{
	return (int64_t)(l->load.tx_pps + 0.5);
}

static int64_t
reliability(const struct link *l)
{
	return l->load.reliability;
}

static int64_t
rxload(const struct link *l)
{
	return l->load.rxload;
}

static int64_t
txload(const struct link *l)
{
	return l->load.txload;
}

/* ORDER: parameters. */
static int64_t (*const values[])(const struct link *) = { input_errors, input_crc, input_frame, input_overrun,
	input_dropped, resets, output_failures, never_counted, output_errors, output_underrun, output_dropped,
	broadcasts, giants, rx_bps, rx_pps, never_counted, never_counted, reliability, rxload, tx_bps, tx_pps,
	txload };

/* ---- polling ---- */

/* One armed statement. */
struct watcher {
	struct spec *statement;
	TAILQ_ENTRY(watcher) entry; /* in order of `due` */
	uint64_t id;
	const struct interface_spec *spec;
	struct threshold_rule rule;
	struct threshold_state state;
	usec poll, due; /* monotonic */
	bool in_list;
	struct interfaces *owner;
};

struct interfaces {
	struct engine *engine;
	struct timer *timer;
	bool asked; /* a dump is under way */
	TAILQ_HEAD(watcher_list, watcher) watchers;
};

static struct interfaces *
state_of(struct engine *e)
{
	return *bus_detector_state(e->bus, &detector_interface);
}

static void
insert(struct interfaces *all, struct watcher *w)
{
	struct watcher *before;

	w->in_list = true;
	/* New times are late ones: from the end. */
	TAILQ_FOREACH_REVERSE(before, &all->watchers, watcher_list, entry)
	{
		if (before->due <= w->due) {
			TAILQ_INSERT_AFTER(&all->watchers, before, w, entry);
			return;
		}
	}
	TAILQ_INSERT_HEAD(&all->watchers, w, entry);
}

static void
remove_watcher(struct interfaces *all, struct watcher *w)
{
	if (w->in_list)
		TAILQ_REMOVE(&all->watchers, w, entry);
	w->in_list = false;
}

static void
wake(struct interfaces *all)
{
	const struct watcher *w = TAILQ_FIRST(&all->watchers);
	usec now = loop_mono(all->engine->loop);

	if (all->asked)
		return;
	if (w == NULL)
		timer_stop(all->timer);
	else
		timer_set(all->timer, w->due > now ? w->due - now : 0);
}

static void
publish(struct interfaces *all, const struct watcher *w, const struct link *l, int64_t value, int64_t delta,
	bool is_exit)
{
	struct event *ev = event_new(all->engine, &detector_interface, NULL, NULL);
	struct interface_data *d = ev->data;

	d->name = event_str(ev, ifname_ios(all->engine->settings, l->name));
	d->parameter = event_str(ev, parameters[w->spec->parameter.v].word);
	d->is_increment = (is_exit ? w->rule.exit_type : w->rule.entry_type) == VALUE_INCREMENT;
	d->value = value;
	d->delta_value = delta;
	d->exit_event = is_exit;
	ev->source = "interface";
	bus_publish(all->engine->bus, ev, &w->id, 1);
}

/* Said at once of a name that nobody has, and taken back by the first sample of the interface that came. */
static void
tell_lack(struct watcher *w, bool is_there)
{
	char what[sizeof "interface " + 80];

	snprintf(what, sizeof what, "interface %s", w->spec->name.s);
	spec_lacks(w->statement, is_there ? NULL : what);
}

/* The alias is asked for each time: the settings may have others since. */
static const struct link *
kernel_link(const struct engine *e, const char *typed)
{
	return links_find(e->links, ifname_kernel(e->settings, typed));
}

static void
sample(struct interfaces *all, struct watcher *w, usec now)
{
	const struct link *l = kernel_link(all->engine, w->spec->name.s);
	int64_t value, delta;
	enum threshold_verdict verdict;

	tell_lack(w, l != NULL);
	if (l == NULL) { /* when it comes back, its counters begin anew */
		memset(&w->state, 0, sizeof w->state);
		return;
	}
	value = values[w->spec->parameter.v](l);
	verdict = threshold_sample(&w->state, &w->rule, value, now, &delta);
	if (verdict == THRESHOLD_ENTRY ||
		(verdict == THRESHOLD_EXIT && w->spec->th.exit_event.set && w->spec->th.exit_event.v))
		publish(all, w, l, value, delta, verdict == THRESHOLD_EXIT);
}

static void
on_polled(void *arg)
{
	struct interfaces *all = arg;
	usec now = loop_mono(all->engine->loop);
	struct watcher *w;

	all->asked = false;
	while ((w = TAILQ_FIRST(&all->watchers)) != NULL && w->due <= now + TOGETHER) {
		remove_watcher(all, w);
		w->due += w->poll;
		if (w->due <= now + TOGETHER) /* the machine slept: what was missed is not made up for */
			w->due = now + w->poll;
		insert(all, w);
		sample(all, w, now);
	}
	wake(all);
}

static void
on_due(void *arg)
{
	struct interfaces *all = arg;

	all->asked = true;
	links_poll(all, all->engine->links, on_polled, all);
}

/* ---- arming ---- */

static int
watcher_free(void *ptr)
{
	struct watcher *w = ptr;

	remove_watcher(w->owner, w);
	return 0;
}

static bool
interface_arm(struct spec *s, struct err *err)
{
	const struct interface_spec *a = s->args;
	struct interfaces *all = state_of(s->engine);
	struct watcher *w = mem_new(s, struct watcher);

	w->statement = s;
	w->owner = all;
	w->id = s->id;
	w->spec = a;
	w->rule = threshold_rule(&a->th, &a->entry_val, &a->exit_val);
	w->poll = a->th.poll.set ? a->th.poll.v : POLL_DEFAULT_S * USEC_PER_SEC;
	if (w->poll < THRESHOLD_POLL_MIN)
		w->poll = THRESHOLD_POLL_MIN;
	w->due = loop_mono(s->engine->loop); /* the first sample is what later ones are compared with */
	mem_on_free(w, watcher_free);
	insert(all, w);
	s->private = w;
	wake(all);
	return true;
}

static void
interface_disarm(struct spec *s)
{
	mem_free(s->private);
	s->private = NULL;
}

static bool
interface_start(struct engine *engine, struct err *err)
{
	struct interfaces *all = mem_new(engine->bus, struct interfaces);

	all->engine = engine;
	TAILQ_INIT(&all->watchers);
	all->timer = timer_after(all, engine->loop, 0, on_due, all);
	timer_stop(all->timer);
	*bus_detector_state(engine->bus, &detector_interface) = all;
	return true;
}

const struct detector detector_interface = {
	.name = "interface",
	.help = "Interface event",
	.version = "01.00",
	.kw = interface_kw,
	.spec_size = sizeof(struct interface_spec),
	.data_size = sizeof(struct interface_data),
	.fields = interface_fields,
	.key = "_interface_name",
	.awaited = true,
	.check = interface_check,
	.start = interface_start,
	.arm = interface_arm,
	.disarm = interface_disarm,
	.describe = interface_describe,
};
