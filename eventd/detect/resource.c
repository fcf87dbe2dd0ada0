/* Detector resource: thresholds of resource policies. */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"

struct resource_spec {
	struct spec_common common;
	struct kw_str policy;
};

struct resource_data {
	int64_t configured_threshold;
	int64_t current_value;
	int64_t dampen_time;
	const char *direction;
	const char *level;
	int64_t notify_data_flag;
	const char *owner_id;
	const char *policy_id;
	int64_t policy_violation_flag;
	const char *time_sent;
	const char *user_id;
};

static const struct event_field resource_fields[] = {
	WORDS_INT(struct resource_data, "_resource_configured_threshold", "Threshold", configured_threshold),
	WORDS_INT(struct resource_data, "_resource_current_value", "Value", current_value),
	WORDS_INT(struct resource_data, "_resource_dampen_time", "Dampening time", dampen_time),
	WORDS_STR(struct resource_data, "_resource_direction", "Up or down", direction),
	WORDS_STR(struct resource_data, "_resource_level", "Level: critical, major, minor", level),
	WORDS_INT(struct resource_data, "_resource_notify_data_flag", "1: with data", notify_data_flag),
	WORDS_STR(struct resource_data, "_resource_owner_id", "Owner of the resource", owner_id),
	WORDS_STR(struct resource_data, "_resource_policy_id", "Policy", policy_id),
	WORDS_INT(struct resource_data, "_resource_policy_violation_flag", "1: violated",
		policy_violation_flag),
	WORDS_STR(struct resource_data, "_resource_time_sent", "When it was sent", time_sent),
	WORDS_STR(struct resource_data, "_resource_user_id", "User of the resource", user_id),
	EVENT_FIELDS_END,
};

static const struct kw resource_kw[] = {
	WORDS_VALUE(struct resource_spec, "policy", "Name of the resource policy", policy, kw_word,
		.flags = KW_REQ),
	SPEC_COMMON_ROWS(struct resource_spec),
	KW_END,
};

const struct detector detector_resource = {
	.name = "resource",
	.help = "Resource event",
	.version = "01.00",
	.kw = resource_kw,
	.spec_size = sizeof(struct resource_spec),
	.data_size = sizeof(struct resource_data),
	.fields = resource_fields,
	.awaited = true,
};
