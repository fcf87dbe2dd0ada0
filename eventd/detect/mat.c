/* Detector mat: entries of the MAC address table. */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"

struct mat_spec {
	struct spec_common common;
	struct kw_flag interface;
	struct kw_str ifname, regexp, mac;
	struct kw_enum type, use_db;
	struct kw_time hold_down;
};

static const struct kw_alternative types[] = {
	{ "add", "Entries that are learnt", 0, false },
	{ "delete", "Entries that go", 1, false },
	{ NULL, NULL, 0, false },
};

struct mat_data {
	const char *notification;
	const char *intf_name;
	const char *mac_address;
};

static const struct event_field mat_fields[] = {
	WORDS_STR(struct mat_data, "_mat_notification", "add or delete", notification),
	WORDS_STR(struct mat_data, "_mat_intf_name", "Interface", intf_name),
	WORDS_STR(struct mat_data, "_mat_mac_address", "MAC address", mac_address),
	EVENT_FIELDS_END,
};

WORDS_INTERFACES(interface_kw, struct mat_spec, ifname, regexp);

static const struct kw mat_kw[] = {
	{ .word = "interface", .help = "Interface", KW_AT(struct mat_spec, interface), .sub = interface_kw },
	WORDS_VALUE(struct mat_spec, "mac-address", "MAC addresses that match", mac, kw_pattern),
	WORDS_CHOICE(struct mat_spec, "type", "Kind of change", type, types),
	WORDS_VALUE(struct mat_spec, "hold-down", "Time before the policy runs", hold_down, kw_seconds,
		.min = USEC_PER_SEC, .max = WORDS_TIME_MAX),
	WORDS_CHOICE(struct mat_spec, "use-mat-db", "Use the MAC address table itself", use_db, words_yes_no),
	SPEC_COMMON_ROWS(struct mat_spec),
	KW_END,
};

static bool
mat_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct mat_spec *a = args;

	return a->interface.set || a->mac.set ||
	       words_missing(err, "one of 'interface', 'mac-address' is missing");
}

const struct detector detector_mat = {
	.name = "mat",
	.help = "MAC address table event",
	.version = "01.00",
	.kw = mat_kw,
	.spec_size = sizeof(struct mat_spec),
	.data_size = sizeof(struct mat_data),
	.fields = mat_fields,
	.awaited = true,
	.check = mat_check,
};
