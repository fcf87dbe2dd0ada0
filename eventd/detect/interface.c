/* Detector interface: counters and rates of interfaces against a threshold. */
#include "detect/detector.h"

#include <stdio.h>

#include "detect/threshold.h"
#include "core/text.h"
#include "detect/words.h"

enum { POLL_DEFAULT_S = 1 };

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

const struct detector detector_interface = {
	.name = "interface",
	.help = "Interface event",
	.version = "01.00",
	.kw = interface_kw,
	.spec_size = sizeof(struct interface_spec),
	.data_size = sizeof(struct interface_data),
	.fields = interface_fields,
	.awaited = true,
	.check = interface_check,
	.describe = interface_describe,
};
