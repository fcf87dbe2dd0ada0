/* Detector env: environmental alarms. */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"

struct env_spec {
	struct spec_common common;
	struct kw_enum severity;
};

static const struct kw_alternative severities[] = {
	{ "major", "Major alarms", 1, false },
	{ "minor", "Minor alarms", 0, false },
	{ NULL, NULL, 0, false },
};

struct env_data {
	char none;
};

static const struct event_field env_fields[] = {
	EVENT_FIELDS_END,
};

static const struct kw env_kw[] = {
	WORDS_CHOICE(
		struct env_spec, "severity", "Severity of the alarm", severity, severities, .flags = KW_REQ),
	SPEC_COMMON_ROWS(struct env_spec),
	KW_END,
};

const struct detector detector_env = {
	.name = "env",
	.help = "Environmental event",
	.version = "01.00",
	.kw = env_kw,
	.spec_size = sizeof(struct env_spec),
	.data_size = sizeof(struct env_data),
	.fields = env_fields,
	.awaited = true,
};
