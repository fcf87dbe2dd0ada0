/* Detector oir: insertion and removal of hardware. */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"

struct oir_spec {
	struct spec_common common;
	struct kw_enum event;
};

static const struct kw_alternative events[] = {
	{ "all", "Insertion and removal", 0, false },
	{ "insert", "Insertion", 1, false },
	{ "removal", "Removal", 2, false },
	{ NULL, NULL, 0, false },
};

struct oir_data {
	const char *event;
	const char *slot;
};

static const struct event_field oir_fields[] = {
	WORDS_STR(struct oir_data, "_oir_event", "insert or remove", event),
	WORDS_STR(struct oir_data, "_oir_slot", "Slot or path of the device", slot),
	EVENT_FIELDS_END,
};

static const struct kw oir_kw[] = {
	WORDS_CHOICE(struct oir_spec, "event", "Kind of change", event, events, .dflt = 0, .has_dflt = true),
	SPEC_COMMON_ROWS(struct oir_spec),
	KW_END,
};

const struct detector detector_oir = {
	.name = "oir",
	.help = "OIR event",
	.version = "01.00",
	.kw = oir_kw,
	.spec_size = sizeof(struct oir_spec),
	.data_size = sizeof(struct oir_data),
	.fields = oir_fields,
	.awaited = true,
};
