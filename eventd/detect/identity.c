/* Detector identity: authentication of what is attached to an interface. */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"

struct identity_spec {
	struct spec_common common;
	struct kw_flag interface;
	struct kw_str ifname, regexp, mac, attribute;
	struct kw_enum authc, authz;
	struct kw_flag complete;
};

static const struct kw_alternative results[] = {
	{ "all", "Any result", 0, false },
	{ "fail", "Failures", 1, false },
	{ "success", "Successes", 2, false },
	{ NULL, NULL, 0, false },
};

struct identity_data {
	const char *stage;
	const char *status;
	const char *interface;
	const char *mac;
};

static const struct event_field identity_fields[] = {
	WORDS_STR(struct identity_data, "_identity_stage", "Stage: authc or authz", stage),
	WORDS_STR(struct identity_data, "_identity_status", "Its result", status),
	WORDS_STR(struct identity_data, "_identity_interface", "Interface", interface),
	WORDS_STR(struct identity_data, "_identity_mac", "MAC address", mac),
	EVENT_FIELDS_END,
};

WORDS_INTERFACES(interface_kw, struct identity_spec, ifname, regexp);

static const struct kw identity_kw[] = {
	{ .word = "interface",
		.help = "Interface",
		KW_AT(struct identity_spec, interface),
		.flags = KW_REQ,
		.sub = interface_kw },
	WORDS_CHOICE(struct identity_spec, "authc", "Authentication", authc, results),
	WORDS_CHOICE(struct identity_spec, "authz", "Authorization", authz, results),
	WORDS_FLAG(struct identity_spec, "authz-complete", "Authorization is complete", complete),
	WORDS_VALUE(struct identity_spec, "aaa-attribute", "Attribute that AAA gave", attribute, kw_string),
	WORDS_VALUE(struct identity_spec, "mac-address", "MAC addresses that match", mac, kw_pattern),
	SPEC_COMMON_ROWS(struct identity_spec),
	KW_END,
};

const struct detector detector_identity = {
	.name = "identity",
	.help = "Identity event",
	.version = "01.00",
	.kw = identity_kw,
	.spec_size = sizeof(struct identity_spec),
	.data_size = sizeof(struct identity_data),
	.fields = identity_fields,
	.awaited = true,
};
