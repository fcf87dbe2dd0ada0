/* Detector rf: states of the redundancy facility. */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"

struct rf_spec {
	struct spec_common common;
	struct kw_enum event;
};

/* ORDER: the value is the place in the list. */
static const struct kw_alternative states[] = {
	{ "RF_PROG_ACTIVE", "Progress: active", 0, false },
	{ "RF_PROG_ACTIVE_DRAIN", "Progress: active drain", 1, false },
	{ "RF_PROG_ACTIVE_FAST", "Progress: active fast", 2, false },
	{ "RF_PROG_ACTIVE_POSTCONFIG", "Progress: active postconfig", 3, false },
	{ "RF_PROG_ACTIVE_PRECONFIG", "Progress: active preconfig", 4, false },
	{ "RF_PROG_EXTRALOAD", "Progress: extraload", 5, false },
	{ "RF_PROG_HANDBACK", "Progress: handback", 6, false },
	{ "RF_PROG_INITIALIZATION", "Progress: initialization", 7, false },
	{ "RF_PROG_PLATFORM_SYNC", "Progress: platform sync", 8, false },
	{ "RF_PROG_STANDBY_BULK", "Progress: standby bulk", 9, false },
	{ "RF_PROG_STANDBY_COLD", "Progress: standby cold", 10, false },
	{ "RF_PROG_STANDBY_CONFIG", "Progress: standby config", 11, false },
	{ "RF_PROG_STANDBY_FILESYS", "Progress: standby filesys", 12, false },
	{ "RF_PROG_STANDBY_HOT", "Progress: standby hot", 13, false },
	{ "RF_PROG_STANDBY_OIR_SYNC_DONE", "Progress: standby oir sync done", 14, false },
	{ "RF_REGISTRATION_STATUS", "Status: status", 15, false },
	{ "RF_STATUS_MAINTENANCE_ENABLE", "Status: maintenance enable", 16, false },
	{ "RF_STATUS_MANUAL_SWACT", "Status: manual swact", 17, false },
	{ "RF_STATUS_OPER_REDUNDANCY_MODE_CHANGE", "Status: oper redundancy mode change", 18, false },
	{ "RF_STATUS_PEER_COMM", "Status: peer comm", 19, false },
	{ "RF_STATUS_PEER_PRESENCE", "Status: peer presence", 20, false },
	{ "RF_STATUS_REDUNDANCY_MODE_CHANGE", "Status: redundancy mode change", 21, false },
	{ "RF_STATUS_SWACT_INHIBIT", "Status: swact inhibit", 22, false },
	{ NULL, NULL, 0, false },
};

struct rf_data {
	const char *event;
};

static const struct event_field rf_fields[] = {
	WORDS_STR(struct rf_data, "_rf_event", "The state", event),
	EVENT_FIELDS_END,
};

static const struct kw rf_kw[] = {
	WORDS_CHOICE(
		struct rf_spec, "event", "State of the redundancy facility", event, states, .flags = KW_REQ),
	SPEC_COMMON_ROWS(struct rf_spec),
	KW_END,
};

const struct detector detector_rf = {
	.name = "rf",
	.help = "Redundancy Facility event",
	.version = "01.00",
	.kw = rf_kw,
	.spec_size = sizeof(struct rf_spec),
	.data_size = sizeof(struct rf_data),
	.fields = rf_fields,
	.awaited = true,
};
