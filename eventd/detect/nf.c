/* Detector nf: NetFlow records. */
#include "detect/detector.h"

#include "detect/threshold.h"
#include "core/text.h"
#include "detect/words.h"

struct flow {
	struct kw_str field, entry_value, exit_value;
	struct kw_enum entry_op, exit_op;
	struct kw_time rate, exit_rate;
};

struct nf_spec {
	struct spec_common common;
	struct kw_str monitor;
	struct kw_enum type, exit_type;
	struct kw_flag event[4];
	struct flow flow[4];
};

static const struct kw_alternative types[] = {
	{ "create", "A flow is new", 0, false },
	{ "delete", "A flow is gone", 1, false },
	{ "update", "A flow has changed", 2, false },
	{ NULL, NULL, 0, false },
};

enum { WILDCARD = COMPARE_NE + 1 };

static const struct kw_alternative flow_ops[] = {
	{ "eq", "Equal to", COMPARE_EQ, false },
	{ "ge", "Greater than or equal to", COMPARE_GE, false },
	{ "gt", "Greater than", COMPARE_GT, false },
	{ "le", "Less than or equal to", COMPARE_LE, false },
	{ "lt", "Less than", COMPARE_LT, false },
	{ "wc", "Wildcard", WILDCARD, false },
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
	const char *event1_field;
	const char *event1_value;
	const char *event2_field;
	const char *event2_value;
	const char *event3_field;
	const char *event3_value;
	const char *event4_field;
	const char *event4_value;
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
	WORDS_STR(struct nf_data, "_nf_event1_field", "Field", event1_field),
	WORDS_STR(struct nf_data, "_nf_event1_value", "Its value", event1_value),
	WORDS_STR(struct nf_data, "_nf_event2_field", "Field", event2_field),
	WORDS_STR(struct nf_data, "_nf_event2_value", "Its value", event2_value),
	WORDS_STR(struct nf_data, "_nf_event3_field", "Field", event3_field),
	WORDS_STR(struct nf_data, "_nf_event3_value", "Its value", event3_value),
	WORDS_STR(struct nf_data, "_nf_event4_field", "Field", event4_field),
	WORDS_STR(struct nf_data, "_nf_event4_value", "Its value", event4_value),
	EVENT_FIELDS_END,
};

#define FLOW_FIELD(i_) \
	WORDS_VALUE(struct nf_spec, "field", "Field of the flow", flow[i_].field, kw_word, .flags = KW_REQ)
#define FLOW_ENTRY(i_)                                                                                   \
	WORDS_VALUE(struct nf_spec, "entry-value", "Entry comparison value", flow[i_].entry_value,       \
		kw_string, .flags = KW_REQ),                                                             \
		WORDS_CHOICE(struct nf_spec, "entry-op", "Entry comparison operator", flow[i_].entry_op, \
			flow_ops, .flags = KW_REQ)
#define FLOW_EXIT(i_)                                                                                       \
	WORDS_VALUE(struct nf_spec, "exit-value", "Exit comparison value", flow[i_].exit_value, kw_string), \
		WORDS_CHOICE(                                                                               \
			struct nf_spec, "exit-op", "Exit comparison operator", flow[i_].exit_op, flow_ops)

/* Rates are measured for the first condition only. */
static const struct kw event1_kw[] = {
	FLOW_FIELD(0),
	WORDS_VALUE(struct nf_spec, "rate-interval", "Time that the rate is measured over", flow[0].rate,
		kw_seconds, .min = USEC_PER_SEC, .max = WORDS_TIME_MAX),
	FLOW_ENTRY(0),
	FLOW_EXIT(0),
	WORDS_VALUE(struct nf_spec, "exit-rate-interval", "The same of the exit", flow[0].exit_rate,
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

static bool
nf_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct nf_spec *a = args;

	for (size_t i = 0; i < 4; i++)
		if (a->flow[i].exit_op.set != a->flow[i].exit_value.set)
			return words_missing(err, "'exit-value' and 'exit-op' come together");
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
	.awaited = true,
	.check = nf_check,
};
