/* Detector ipsla: reactions of IP SLA operations (eventd/probe/ makes the events). */
#include "bus/ipsla.h"

#include <string.h>
#include <strings.h>

#include "detect/detector.h"
#include "core/text.h"
#include "detect/words.h"

struct ipsla_spec {
	struct spec_common common;
	struct kw_str group, address;
	struct kw_int operation;
	struct kw_enum reaction;
};

/* ORDER: the value is the place in the list. */
static const struct kw_alternative reactions[] = {
	{ "connectionLoss", "Connection loss", 0, false },
	{ "icpif", "Calculated planning impairment factor", 1, false },
	{ "jitterAvg", "Average jitter in both directions", 2, false },
	{ "jitterDSAvg", "Average jitter from destination to source", 3, false },
	{ "jitterSDAvg", "Average jitter from source to destination", 4, false },
	{ "maxOfNegativeDS", "Largest negative jitter from destination to source", 5, false },
	{ "maxOfNegativeSD", "Largest negative jitter from source to destination", 6, false },
	{ "maxOfPositiveDS", "Largest positive jitter from destination to source", 7, false },
	{ "maxOfPositiveSD", "Largest positive jitter from source to destination", 8, false },
	{ "mos", "Mean opinion score", 9, false },
	{ "packetLateArrival", "Packets that arrived late", 10, false },
	{ "packetLossDS", "Packets lost from destination to source", 11, false },
	{ "packetLossSD", "Packets lost from source to destination", 12, false },
	{ "packetMIA", "Packets missing in action", 13, false },
	{ "packetOutOfSequence", "Packets out of sequence", 14, false },
	{ "rtt", "Round trip time", 15, false },
	{ "timeout", "Time-out", 16, false },
	{ "verifyError", "Error of verification", 17, false },
	{ NULL, NULL, 0, false },
};

static const struct event_field ipsla_fields[] = {
	WORDS_STR(struct ipsla_data, "_ipsla_group_name",
		"Number of the group that schedules the operation; without a group, its tag", group_name),
	WORDS_INT(struct ipsla_data, "_ipsla_oper_id", "Number of the operation", oper_id),
	WORDS_STR(struct ipsla_data, "_ipsla_condition", "Occurred or Cleared", condition),
	WORDS_STR(struct ipsla_data, "_ipsla_react_type", "Reaction", react_type),
	WORDS_STR(struct ipsla_data, "_ipsla_threshold_type", "Type of the threshold", threshold_type),
	WORDS_STR(struct ipsla_data, "_ipsla_dest_ip_addr", "Destination address", dest_ip_addr),
	WORDS_INT(struct ipsla_data, "_ipsla_threshold_rising", "Rising threshold", threshold_rising),
	WORDS_INT(struct ipsla_data, "_ipsla_threshold_falling", "Falling threshold", threshold_falling),
	WORDS_INT(struct ipsla_data, "_ipsla_threshold_count", "Threshold count", threshold_count),
	WORDS_INT(struct ipsla_data, "_ipsla_threshold_count2", "Second threshold count", threshold_count2),
	WORDS_INT(struct ipsla_data, "_ipsla_measured_threshold_value", "Measured value",
		measured_threshold_value),
	EVENT_FIELDS_END,
};

static const struct kw ipsla_kw[] = {
	WORDS_VALUE(struct ipsla_spec, "group-name",
		"Group of the operation: its number, or the operation's tag", group, kw_word),
	WORDS_VALUE(struct ipsla_spec, "operation-id", "Number of the IP SLA operation", operation, kw_number,
		.min = 1, .max = INT32_MAX),
	WORDS_VALUE(
		struct ipsla_spec, "dest-ip-address", "Destination address of the operation", address, kw_ip),
	WORDS_VALUE(struct ipsla_spec, "dest-ip-addr", "Destination address of the operation", address, kw_ip,
		.flags = KW_HIDDEN),
	WORDS_CHOICE(struct ipsla_spec, "reaction-type", "Reaction that is watched", reaction, reactions),
	SPEC_COMMON_ROWS(struct ipsla_spec),
	KW_END,
};

static bool
ipsla_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct ipsla_spec *a = args;

	return a->group.set || a->operation.set ||
	       words_missing(err, "one of 'group-name', 'operation-id' is missing");
}

static bool
is_of_group(const struct ipsla_data *d, const char *name)
{
	return strcmp(name, d->group_name) == 0 || strcmp(name, d->tag) == 0;
}

static bool
ipsla_match(const struct spec *s, const struct event *ev)
{
	const struct ipsla_spec *a = s->args;
	const struct ipsla_data *d = ev->data;

	return (!a->group.set || is_of_group(d, a->group.s)) &&
	       (!a->operation.set || a->operation.v == d->oper_id) &&
	       (!a->address.set || strcasecmp(a->address.s, d->dest_ip_addr) == 0) &&
	       (!a->reaction.set || strcmp(reactions[a->reaction.v].word, d->react_type) == 0);
}

static void
ipsla_describe(const struct spec *s, struct text *out)
{
	const struct ipsla_spec *a = s->args;

	if (a->group.set)
		text_printf(out, "group-name {%s} ", a->group.s);
	if (a->operation.set)
		text_printf(out, "operation-id %lld ", (long long)a->operation.v);
	if (a->address.set)
		text_printf(out, "dest-ip-address {%s} ", a->address.s);
	if (a->reaction.set)
		text_printf(out, "reaction-type {%s} ", reactions[a->reaction.v].word);
	out->s[--out->len] = '\0';
}

const struct detector detector_ipsla = {
	.name = "ipsla",
	.help = "IPSLA Event",
	.note = "Needs the operation's reactions, ip sla reaction-configuration N react ..., and, as on IOS, "
		"ip sla enable reaction-alerts, without which no reaction becomes an event. It is told when "
		"a threshold is passed and when it is passed back: $_ipsla_condition is Occurred or Cleared. "
		"group-name is the number of an ip sla group schedule, for the operations that it schedules, "
		"or a tag, for the operations that have it.",
	.version = "01.00",
	.kw = ipsla_kw,
	.spec_size = sizeof(struct ipsla_spec),
	.data_size = sizeof(struct ipsla_data),
	.fields = ipsla_fields,
	.key = "_ipsla_oper_id,_ipsla_react_type",
	.awaited = true,
	.check = ipsla_check,
	.match = ipsla_match,
	.describe = ipsla_describe,
};
