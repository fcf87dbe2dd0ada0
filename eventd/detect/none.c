/* Detector none: policies that run only when somebody says so (sched/manual.h makes the events). */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"
#include "sched/manual.h"

#define ARG(n)                                                                                \
	{                                                                                     \
		"_none_arg" #n, "Argument " #n, FIELD_STR,                                    \
			offsetof(struct manual_data, arg) + (n - 1) * sizeof(const char *), 0 \
	}

static const struct event_field none_fields[] = {
	{ "_none_argc", "Number of arguments", FIELD_INT, offsetof(struct manual_data, argc), 0 },
	ARG(1),
	ARG(2),
	ARG(3),
	ARG(4),
	ARG(5),
	ARG(6),
	ARG(7),
	ARG(8),
	ARG(9),
	ARG(10),
	ARG(11),
	ARG(12),
	ARG(13),
	ARG(14),
	ARG(15),
	EVENT_FIELDS_END,
};

static const struct kw_alternative yes_no[] = {
	{ "no", "Run asynchronously", 0, false },
	{ "yes", "The caller waits for the policy", 1, false },
	{ NULL, NULL, 0, false },
};

static const struct kw none_kw[] = {
	{ .word = "sync",
		.help = "Run the policy synchronously",
		.type = &kw_choice,
		KW_AT(struct manual_spec, sync),
		.choices = yes_no,
		.dflt = 0,
		.has_dflt = true },
	{ .word = "default",
		.help = "Time that the caller waits for the policy",
		.type = &kw_seconds,
		KW_AT(struct manual_spec, wait),
		.max = UINT32_MAX * USEC_PER_SEC + 999 * USEC_PER_MSEC,
		.dflt = 30 * USEC_PER_SEC,
		.has_dflt = true },
	SPEC_COMMON_ROWS(struct manual_spec),
	KW_END,
};

static void
none_describe(const struct spec *s, struct text *out)
{
	const struct manual_spec *a = s->args;

	text_printf(out, "policyname {%s} sync {%s}", s->policy, a->sync.v ? "yes" : "no");
	if (a->wait.set)
		words_describe_time(out, "default", a->wait.v);
}

const struct detector detector_none = {
	.name = "none",
	.help = "Manually run policy event",
	.version = "01.00",
	.kw = none_kw,
	.spec_size = sizeof(struct manual_spec),
	.data_size = sizeof(struct manual_data),
	.fields = none_fields,
	.describe = none_describe,
};
