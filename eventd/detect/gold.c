/* Detector gold: results of generic online diagnostics. */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"

struct gold_spec {
	struct spec_common common;
	struct kw_flag card, all_cards, subcard, all_subcards;
	struct kw_int card_number, subcard_number;
	struct kw_enum new_failure, action_notify, testing_type;
	struct kw_flag severity_major, severity_minor, severity_normal;
	struct kw_str test_name;
	struct kw_int test_id, consecutive_failure, platform_action;
};

static const struct kw_alternative testing_types[] = {
	{ "bootup", "Tests at boot", 0, false },
	{ "monitoring", "Health monitoring", 1, false },
	{ "ondemand", "Tests on demand", 2, false },
	{ "schedule", "Scheduled tests", 3, false },
	{ NULL, NULL, 0, false },
};

struct gold_data {
	int64_t card;
	int64_t sub_card;
	const char *action_notify;
	const char *bl;
	const char *cc;
	int64_t cf;
	const char *ec;
	const char *lf;
	const char *new_failure;
	const char *overall_result;
	const char *pa;
	int64_t rc;
	const char *sn;
	int64_t tc;
	const char *testing_type;
};

static const struct event_field gold_fields[] = {
	WORDS_INT(struct gold_data, "_gold_card", "Card", card),
	WORDS_INT(struct gold_data, "_gold_sub_card", "Subcard", sub_card),
	WORDS_STR(struct gold_data, "_action_notify", "Did the test notify", action_notify),
	WORDS_STR(struct gold_data, "_gold_bl", "Level of boot diagnostics", bl),
	WORDS_STR(struct gold_data, "_gold_cc", "Cards that were tested", cc),
	WORDS_INT(struct gold_data, "_gold_cf", "Failures in a row", cf),
	WORDS_STR(struct gold_data, "_gold_ec", "Error code of the test", ec),
	WORDS_STR(struct gold_data, "_gold_lf", "Time of the last failure", lf),
	WORDS_STR(struct gold_data, "_gold_new_failure", "Is the failure new", new_failure),
	WORDS_STR(struct gold_data, "_gold_overall_result", "Result of all tests", overall_result),
	WORDS_STR(struct gold_data, "_gold_pa", "Action of the platform", pa),
	WORDS_INT(struct gold_data, "_gold_rc", "Runs of the test", rc),
	WORDS_STR(struct gold_data, "_gold_sn", "Serial number of the card", sn),
	WORDS_INT(struct gold_data, "_gold_tc", "Tests of the card", tc),
	WORDS_STR(struct gold_data, "_gold_testing_type", "Kind of test", testing_type),
	EVENT_FIELDS_END,
};

#define ALL_OR_NUMBER(name_, all_, number_)                                       \
	static const struct kw name_[] = { { .word = "all",                       \
						   .help = "All of them",         \
						   KW_AT(struct gold_spec, all_), \
						   .flags = KW_REQ | KW_SEQ,      \
						   .group = 1 },                  \
		{ .help = "Number",                                               \
			.type = &kw_number,                                       \
			KW_AT(struct gold_spec, number_),                         \
			.flags = KW_REQ,                                          \
			.group = 1,                                               \
			.min = 0,                                                 \
			.max = UINT16_MAX },                                      \
		KW_END }

ALL_OR_NUMBER(card_kw, all_cards, card_number);
ALL_OR_NUMBER(subcard_kw, all_subcards, subcard_number);

static const struct kw gold_kw[] = {
	{ .word = "card",
		.help = "Card that is tested",
		KW_AT(struct gold_spec, card),
		.flags = KW_REQ,
		.sub = card_kw },
	{ .word = "subcard",
		.help = "Subcard that is tested",
		KW_AT(struct gold_spec, subcard),
		.sub = subcard_kw },
	WORDS_CHOICE(struct gold_spec, "new-failure", "Is the failure new", new_failure, words_true_false),
	WORDS_FLAG(struct gold_spec, "severity-major", "Results of major severity", severity_major),
	WORDS_FLAG(struct gold_spec, "severity-minor", "Results of minor severity", severity_minor),
	WORDS_FLAG(struct gold_spec, "severity-normal", "Results of normal severity", severity_normal),
	WORDS_CHOICE(
		struct gold_spec, "action-notify", "Does the test notify", action_notify, words_true_false),
	WORDS_CHOICE(struct gold_spec, "testing-type", "Kind of test", testing_type, testing_types),
	WORDS_VALUE(struct gold_spec, "test-name", "Name of the test", test_name, kw_string),
	WORDS_VALUE(struct gold_spec, "test-id", "Number of the test", test_id, kw_number, .min = 1,
		.max = UINT16_MAX),
	WORDS_VALUE(struct gold_spec, "consecutive-failure", "Failures in a row", consecutive_failure,
		kw_number, .min = 1, .max = UINT16_MAX),
	WORDS_VALUE(struct gold_spec, "platform-action", "Number of the platform's action", platform_action,
		kw_number, .min = 0, .max = UINT16_MAX),
	SPEC_COMMON_ROWS(struct gold_spec),
	KW_END,
};

const struct detector detector_gold = {
	.name = "gold",
	.help = "GOLD event",
	.version = "01.00",
	.kw = gold_kw,
	.spec_size = sizeof(struct gold_spec),
	.data_size = sizeof(struct gold_data),
	.fields = gold_fields,
	.awaited = true,
};
