/* Detector snmp-notification: traps and informs that come or go. */
#include "detect/detector.h"

#include "detect/threshold.h"
#include "core/text.h"
#include "detect/words.h"

struct snmp_notification_spec {
	struct spec_common common;
	struct kw_str oid, value, dest, src;
	struct kw_enum op, direction, msg_op;
	struct kw_time wait;
};

static const struct kw_alternative directions[] = {
	{ "incoming", "Notifications that are received", 0, false },
	{ "outgoing", "Notifications that are sent", 1, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative msg_ops[] = {
	{ "drop", "Do not send it", 0, false },
	{ "send", "Send it", 1, false },
	{ NULL, NULL, 0, false },
};

struct snmp_notification_data {
	const char *oid;
	const char *oid_val;
	const char *src_ip_addr;
	const char *dest_ip_addr;
	const char *trap_oid;
	const char *ent_oid;
	int64_t gen_trap;
	int64_t spec_trap;
};

static const struct event_field snmp_notification_fields[] = {
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_oid", "Object identifier", oid),
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_oid_val", "Its value", oid_val),
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_src_ip_addr", "Source address", src_ip_addr),
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_dest_ip_addr", "Destination address",
		dest_ip_addr),
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_trap_oid", "Trap", trap_oid),
	WORDS_STR(struct snmp_notification_data, "_snmp_notif_ent_oid", "Enterprise", ent_oid),
	WORDS_INT(struct snmp_notification_data, "_snmp_notif_gen_trap", "Generic trap number", gen_trap),
	WORDS_INT(struct snmp_notification_data, "_snmp_notif_spec_trap", "Specific trap number", spec_trap),
	EVENT_FIELDS_END,
};

static const struct kw snmp_notification_kw[] = {
	WORDS_VALUE(struct snmp_notification_spec, "oid", "Object identifier", oid, kw_oid, .flags = KW_REQ),
	WORDS_VALUE(struct snmp_notification_spec, "oid-val", "Value of the object", value, kw_string,
		.flags = KW_REQ),
	WORDS_CHOICE(struct snmp_notification_spec, "op", "Comparison operator", op, threshold_ops,
		.flags = KW_REQ),
	WORDS_VALUE(struct snmp_notification_spec, "dest-ip-address", "Destination address", dest, kw_ip),
	WORDS_VALUE(struct snmp_notification_spec, "src-ip-address", "Source address", src, kw_ip),
	WORDS_CHOICE(struct snmp_notification_spec, "direction", "Direction", direction, directions,
		.dflt = 0, .has_dflt = true),
	WORDS_CHOICE(
		struct snmp_notification_spec, "msg-op", "What happens to an outgoing one", msg_op, msg_ops),
	WORDS_WAIT(struct snmp_notification_spec, wait),
	SPEC_COMMON_ROWS(struct snmp_notification_spec),
	KW_END,
};

const struct detector detector_snmp_notification = {
	.name = "snmp-notification",
	.help = "SNMP Notification Event",
	.version = "01.00",
	.kw = snmp_notification_kw,
	.spec_size = sizeof(struct snmp_notification_spec),
	.data_size = sizeof(struct snmp_notification_data),
	.fields = snmp_notification_fields,
	.awaited = true,
};
