/* Detector ioswdsysmon: processor and memory use of processes. */
#include "detect/detector.h"

#include "detect/threshold.h"
#include "core/text.h"
#include "detect/words.h"

struct monitored {
	struct kw_flag cpu, mem;
	struct kw_str task;
	struct kw_enum op, percent;
	struct kw_int val;
	struct kw_time period;
};

struct ioswdsysmon_spec {
	struct spec_common common;
	struct kw_time window;
	struct kw_flag sub1, sub2;
	struct kw_enum both;
	struct monitored one, two;
};

static const struct kw_alternative logic[] = {
	{ "and", "Both must hold", 0, false },
	{ "andnot", "The first must hold, the second must not", 1, false },
	{ "or", "One of them must hold", 2, false },
	{ NULL, NULL, 0, false },
};

struct ioswdsysmon_data {
	int64_t num_subs;
	const char *node;
	const char *sub1_path;
	int64_t sub1_pid;
	const char *sub1_present;
	const char *sub1_type;
	const char *sub1_taskname;
	int64_t sub1_value;
	const char *sub1_period;
	int64_t sub1_is_percent;
	int64_t sub1_diff;
	const char *sub2_path;
	int64_t sub2_pid;
	const char *sub2_present;
	const char *sub2_type;
	const char *sub2_taskname;
	int64_t sub2_value;
	const char *sub2_period;
	int64_t sub2_is_percent;
	int64_t sub2_diff;
};

static const struct event_field ioswdsysmon_fields[] = {
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_num_subs", "Number of conditions", num_subs),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_node", "Node", node),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub1_path", "Path of the process", sub1_path),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub1_pid", "Its number", sub1_pid),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub1_present", "Is it there", sub1_present),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub1_type", "cpu_proc or mem_proc", sub1_type),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub1_taskname", "Name of the process", sub1_taskname),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub1_value", "The value", sub1_value),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub1_period", "Time it was measured over", sub1_period),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub1_is_percent", "1: in percent", sub1_is_percent),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub1_diff", "Its change", sub1_diff),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub2_path", "Path of the process", sub2_path),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub2_pid", "Its number", sub2_pid),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub2_present", "Is it there", sub2_present),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub2_type", "cpu_proc or mem_proc", sub2_type),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub2_taskname", "Name of the process", sub2_taskname),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub2_value", "The value", sub2_value),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub2_period", "Time it was measured over", sub2_period),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub2_is_percent", "1: in percent", sub2_is_percent),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub2_diff", "Its change", sub2_diff),
	EVENT_FIELDS_END,
};

#define CONDITION(of_)                                                                                      \
	static const struct kw of_##_cpu_kw[] = { WORDS_VALUE(struct ioswdsysmon_spec, "taskname",          \
							  "Name of the process", of_.task, kw_word,         \
							  .flags = KW_REQ),                                 \
		WORDS_CHOICE(struct ioswdsysmon_spec, "op", "Comparison operator", of_.op, threshold_ops,   \
			.flags = KW_REQ),                                                                   \
		WORDS_VALUE(struct ioswdsysmon_spec, "val", "Percent of a processor", of_.val, kw_number,   \
			.flags = KW_REQ, .max = 100),                                                       \
		WORDS_VALUE(struct ioswdsysmon_spec, "period", "Time between samples", of_.period,          \
			kw_seconds, .max = WORDS_TIME_MAX),                                                 \
		KW_END };                                                                                   \
	static const struct kw of_##_mem_kw[] = { WORDS_VALUE(struct ioswdsysmon_spec, "taskname",          \
							  "Name of the process", of_.task, kw_word,         \
							  .flags = KW_REQ),                                 \
		WORDS_CHOICE(struct ioswdsysmon_spec, "op", "Comparison operator", of_.op, threshold_ops,   \
			.flags = KW_REQ),                                                                   \
		WORDS_VALUE(struct ioswdsysmon_spec, "val", "Bytes, or percent of the memory", of_.val,     \
			kw_number, .flags = KW_REQ, .max = INT64_MAX),                                      \
		WORDS_CHOICE(struct ioswdsysmon_spec, "is-percent", "Is the value in percent", of_.percent, \
			words_true_false, .dflt = 0, .has_dflt = true),                                     \
		WORDS_VALUE(struct ioswdsysmon_spec, "period", "Time between samples", of_.period,          \
			kw_seconds, .max = WORDS_TIME_MAX),                                                 \
		KW_END };                                                                                   \
	static const struct kw of_##_kw[] = { { .word = "cpu-proc",                                         \
						      .help = "Processor use of a process",                 \
						      KW_AT(struct ioswdsysmon_spec, of_.cpu),              \
						      .flags = KW_REQ,                                      \
						      .group = 1,                                           \
						      .sub = of_##_cpu_kw },                                \
		{ .word = "mem-proc",                                                                       \
			.help = "Memory use of a process",                                                  \
			KW_AT(struct ioswdsysmon_spec, of_.mem),                                            \
			.flags = KW_REQ,                                                                    \
			.group = 1,                                                                         \
			.sub = of_##_mem_kw },                                                              \
		KW_END }

CONDITION(one);
CONDITION(two);

static const struct kw ioswdsysmon_kw[] = {
	WORDS_VALUE(struct ioswdsysmon_spec, "timewin", "Time within which the conditions must hold", window,
		kw_seconds, .max = WORDS_TIME_MAX),
	{ .word = "sub1",
		.help = "First condition",
		KW_AT(struct ioswdsysmon_spec, sub1),
		.flags = KW_REQ,
		.sub = one_kw },
	WORDS_CHOICE(struct ioswdsysmon_spec, "sub12-op", "How the conditions are combined", both, logic),
	{ .word = "sub2", .help = "Second condition", KW_AT(struct ioswdsysmon_spec, sub2), .sub = two_kw },
	SPEC_COMMON_ROWS(struct ioswdsysmon_spec),
	KW_END,
};

static bool
ioswdsysmon_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct ioswdsysmon_spec *a = args;

	if (a->both.set && !a->sub2.set)
		return words_missing(err, "'sub2' is missing (Second condition)");
	if (a->sub2.set && !a->both.set)
		return words_missing(err, "'sub12-op' is missing (How the conditions are combined)");
	return true;
}

const struct detector detector_ioswdsysmon = {
	.name = "ioswdsysmon",
	.help = "IOS WDSysMon event",
	.version = "01.00",
	.kw = ioswdsysmon_kw,
	.spec_size = sizeof(struct ioswdsysmon_spec),
	.data_size = sizeof(struct ioswdsysmon_data),
	.fields = ioswdsysmon_fields,
	.awaited = true,
	.check = ioswdsysmon_check,
};
