/* Reactions: whether the runs of an operation have crossed a threshold, and who is told. */
#include <inttypes.h>
#include <string.h>

#include "bus/bus.h"
#include "bus/detector.h"
#include "bus/ipsla.h"
#include "core/log.h"
#include "core/mem.h"
#include "probe/operation.h"

#define EVERY  (~0u)
#define UDP    (1u << PROBE_UDP_JITTER)
#define JITTER (UDP | 1u << PROBE_ICMP_JITTER)
#define CONNECTS                                                                                \
	(1u << PROBE_DNS | 1u << PROBE_HTTP | 1u << PROBE_ICMP_ECHO | 1u << PROBE_TCP_CONNECT | \
		1u << PROBE_UDP_ECHO | JITTER)
#define ECHOES (1u << PROBE_ICMP_ECHO | 1u << PROBE_UDP_ECHO | UDP)

/* ORDER: enum react_type. Limits as of IOS 15 and later. */
static const struct reaction_kind kinds[REACT_COUNT] = {
	{ "connectionLoss", NULL, 0, 1, 0, false, CONNECTS },
	{ "icpif", "icpif", 93, 93, 100, false, UDP },
	{ "jitterAvg", "milliseconds", 100, 100, 60000, false, JITTER },
	{ "jitterDSAvg", "milliseconds", 100, 100, 60000, false, JITTER },
	{ "jitterSDAvg", "milliseconds", 100, 100, 60000, false, JITTER },
	{ "latencyDSAvg", "milliseconds", 5000, 3000, 60000, false, JITTER },
	{ "latencySDAvg", "milliseconds", 5000, 3000, 60000, false, JITTER },
	{ "maxOfLatencyDS", "milliseconds", 5000, 3000, 60000, false, JITTER },
	{ "maxOfLatencySD", "milliseconds", 5000, 3000, 60000, false, JITTER },
	{ "maxOfNegativeDS", "milliseconds", 10000, 10000, 60000, false, JITTER },
	{ "maxOfNegativeSD", "milliseconds", 10000, 10000, 60000, false, JITTER },
	{ "maxOfPositiveDS", "milliseconds", 10000, 10000, 60000, false, JITTER },
	{ "maxOfPositiveSD", "milliseconds", 10000, 10000, 60000, false, JITTER },
	{ "mos", "mos", 500, 100, 500, true, UDP },
	{ "packetLateArrival", "packets", 10000, 10000, 60000, false, JITTER },
	{ "packetLoss", "packets", 10000, 10000, 60000, false, JITTER },
	{ "packetLossDS", "packets", 10000, 10000, 60000, false, UDP },
	{ "packetLossSD", "packets", 10000, 10000, 60000, false, UDP },
	{ "packetMIA", "packets", 10000, 10000, 60000, false, UDP },
	{ "packetOutOfSequence", "packets", 10000, 10000, 60000, false, JITTER },
	{ "rtt", "milliseconds", 5000, 3000, 60000, false, EVERY },
	{ "successivePacketLoss", "packets", 1000, 1000, 60000, false, JITTER },
	{ "timeout", NULL, 0, 1, 0, false, EVERY },
	{ "verifyError", NULL, 0, 1, 0, false, ECHOES },
};

const struct reaction_kind *
reaction_kind(enum react_type type)
{
	return &kinds[type];
}

const char *
react_type_name(enum react_type type)
{
	return kinds[type].name;
}

const char *
react_threshold_name(enum react_threshold t)
{
	static const char *const names[] = { "never", "immediate", "consecutive", "xOfy",
		"average" }; /* ORDER: enum react_threshold */

	return names[t];
}

/* ---- the pure part ---- */

static bool
is_timeout(enum probe_code c)
{
	return c == PROBE_TIMEOUT || c == PROBE_DNS_TIMEOUT || c == PROBE_TCP_TIMEOUT ||
	       c == PROBE_HTTP_TIMEOUT;
}

/* What a train of packets says; false: it says nothing about it. */
static bool
train_value(enum react_type type, const struct jitter_result *r, int icpif, int mos, int64_t *value)
{
	const int64_t n = r->latency_count == 0 ? 1 : r->latency_count;
	const struct {
		enum react_type type;
		int64_t us;    /* in microseconds, or */
		int64_t count; /* as it is */
		bool known;
	} rows[] = {
		{ REACT_ICPIF, 0, icpif, mos > 0 },
		{ REACT_JITTER_AVG, jitter_average(r), 0, r->jitter_sd_count + r->jitter_ds_count > 0 },
		{ REACT_JITTER_DS_AVG, jitter_ds_average(r), 0, r->jitter_ds_count > 0 },
		{ REACT_JITTER_SD_AVG, jitter_sd_average(r), 0, r->jitter_sd_count > 0 },
		{ REACT_LATENCY_DS_AVG, r->latency_ds_sum / n, 0, r->latency_count > 0 },
		{ REACT_LATENCY_SD_AVG, r->latency_sd_sum / n, 0, r->latency_count > 0 },
		{ REACT_MAX_LATENCY_DS, r->latency_ds_max, 0, r->latency_count > 0 },
		{ REACT_MAX_LATENCY_SD, r->latency_sd_max, 0, r->latency_count > 0 },
		{ REACT_MAX_NEGATIVE_DS, r->negative_ds_max, 0, r->jitter_ds_count > 0 },
		{ REACT_MAX_NEGATIVE_SD, r->negative_sd_max, 0, r->jitter_sd_count > 0 },
		{ REACT_MAX_POSITIVE_DS, r->positive_ds_max, 0, r->jitter_ds_count > 0 },
		{ REACT_MAX_POSITIVE_SD, r->positive_sd_max, 0, r->jitter_sd_count > 0 },
		{ REACT_MOS, 0, mos, mos > 0 },
		{ REACT_PACKET_LATE, 0, r->late, true },
		{ REACT_PACKET_LOSS, 0, r->loss, true },
		{ REACT_PACKET_LOSS_DS, 0, r->loss_ds, true },
		{ REACT_PACKET_LOSS_SD, 0, r->loss_sd, true },
		{ REACT_PACKET_MIA, 0, r->mia, true },
		{ REACT_PACKET_ORDER, 0, r->out_of_sequence, true },
		{ REACT_SUCCESSIVE_LOSS, 0, r->successive_loss, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].type == type) {
			*value = rows[i].us != 0 ? rows[i].us / 1000 : rows[i].count;
			return rows[i].known;
		}
	return false;
}

bool
reaction_value(enum react_type type, const struct probe_answer *a, int icpif, int mos, int64_t *value)
{
	switch (type) {
	case REACT_RTT:
		*value = a->rtt_us / 1000;
		return a->rtt_us >= 0;
	case REACT_TIMEOUT:
		*value = is_timeout(a->code);
		return true;
	case REACT_CONNECTION_LOSS:
		*value = a->code == PROBE_NO_CONNECTION || a->code == PROBE_SOCKET_ERROR;
		return true;
	case REACT_VERIFY_ERROR:
		*value = a->code == PROBE_VERIFY_ERROR;
		return true;
	default:
		return a->jitter != NULL && train_value(type, a->jitter, icpif, mos, value);
	}
}

void
reaction_forget(struct reaction *r)
{
	r->count = r->at = 0;
	r->occurred = false;
}

static int64_t
nth(const struct reaction *r, unsigned back) /* 0: the newest */
{
	return r->values[(r->at + REACT_WINDOW - 1 - back) % REACT_WINDOW];
}

/*
 * Is this value beyond the limit of the alarm, or beyond the one that ends it? What falls is alarming below the
 * lower one.
 */
static bool
beyond(const struct reaction *r, int64_t value, bool alarm)
{
	return alarm != r->falls ? value > r->upper : value < r->lower;
}

/* How many of the last n runs are. */
static unsigned
crossed(const struct reaction *r, unsigned n, bool alarm)
{
	unsigned hits = 0;

	for (unsigned i = 0; i < n && i < r->count; i++)
		hits += beyond(r, nth(r, i), alarm);
	return hits;
}

static int64_t
average(const struct reaction *r, unsigned n)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += nth(r, i);
	return n == 0 ? 0 : sum / n;
}

static bool
holds(const struct reaction *r, bool alarm, int64_t *measured)
{
	*measured = nth(r, 0);
	switch (r->threshold) {
	case THRESHOLD_NEVER:
		return false;
	case THRESHOLD_IMMEDIATE:
		return crossed(r, 1, alarm) == 1;
	case THRESHOLD_CONSECUTIVE:
		return crossed(r, r->x, alarm) == r->x;
	case THRESHOLD_X_OF_Y:
		return r->x <= r->y && crossed(r, r->y, alarm) >= r->x;
	case THRESHOLD_AVERAGE:
		if (r->count < r->x)
			return false;
		*measured = average(r, r->x);
		return beyond(r, *measured, alarm);
	}
	return false;
}

enum reaction_verdict
reaction_take(struct reaction *r, int64_t value, int64_t *measured)
{
	r->values[r->at] = value;
	r->at = (r->at + 1) % REACT_WINDOW;
	if (r->count < REACT_WINDOW)
		r->count++;
	if (!holds(r, !r->occurred, measured))
		return REACTION_NONE;
	r->occurred = !r->occurred;
	return r->occurred ? REACTION_OCCURRED : REACTION_CLEARED;
}

/* ---- telling ---- */

/* "Threshold exceeded for rtt", "Threshold Occurred for timeout". */
static void
say(const struct operation *o, const struct reaction *r, bool occurred)
{
	const struct reaction_kind *k = &kinds[r->type];
	const char *what = k->unit == NULL        ? (occurred ? "Occurred" : "Cleared")
			   : occurred != k->falls ? "exceeded"
						  : "below";

	log_msg(o->all->engine->log, NULL, "RTT", SEV_ERRORS, "IPSLATHRESHOLD",
		"IP SLAs(%u): Threshold %s for %s", o->number, what, k->name);
}

/* Operations of IOS's `ip sla group schedule` have a number for a name. */
static const char *
group_name(const struct operation *o, struct event *ev)
{
	char number[16];

	if (o->schedule.group == 0)
		return event_str(ev, o->config.tag);
	snprintf(number, sizeof number, "%" PRIu32, o->schedule.group);
	return event_str(ev, number);
}

static void
publish(const struct operation *o, const struct reaction *r, bool occurred, int64_t measured)
{
	struct engine *e = o->all->engine;
	struct event *ev = event_new(e, bus_detector_find(e->bus, "ipsla"), NULL, NULL);
	struct ipsla_data *d = ev->data;

	d->group_name = group_name(o, ev);
	d->tag = event_str(ev, o->config.tag);
	d->oper_id = o->number;
	d->condition = occurred ? "Occurred" : "Cleared";
	d->react_type = kinds[r->type].name;
	d->threshold_type = react_threshold_name(r->threshold);
	d->dest_ip_addr = event_str(ev, o->address[0] != '\0' ? o->address : o->config.target);
	d->threshold_rising = r->upper;
	d->threshold_falling = r->lower;
	d->threshold_count = r->x;
	d->threshold_count2 = r->y;
	d->measured_threshold_value = measured;
	ev->source = "ip sla";
	bus_publish(e->bus, ev, NULL, 0);
}

static void
trigger(const struct operation *o)
{
	for (size_t i = 0; i < o->trigger_count; i++) {
		struct operation *target = slas_find(o->all, o->triggers[i]);

		if (target != NULL && target->state != SLA_IS_ACTIVE)
			operation_restart(target);
	}
}

void
operation_react(struct operation *o, const struct probe_answer *a)
{
	for (struct reaction *r = o->reactions; r != NULL; r = r->next) {
		enum reaction_verdict verdict;
		int64_t value, measured;

		if (!reaction_value(r->type, a, o->icpif, o->mos, &value))
			continue;
		verdict = reaction_take(r, value, &measured);
		if (verdict == REACTION_NONE)
			continue;
		if (o->all->logging_traps && (r->action == ACTION_TRAP || r->action == ACTION_BOTH))
			say(o, r, verdict == REACTION_OCCURRED);
		if (o->all->reaction_alerts)
			publish(o, r, verdict == REACTION_OCCURRED, measured);
		if (verdict == REACTION_OCCURRED && (r->action == ACTION_TRIGGER || r->action == ACTION_BOTH))
			trigger(o);
	}
}
