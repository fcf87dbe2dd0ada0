/* Detector snmp-object: requests for an object that a policy answers. */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"

struct snmp_object_spec {
	struct spec_common common;
	struct kw_str oid;
	struct kw_enum type, sync, skip, table;
	struct kw_time wait;
};

static const struct kw_alternative types[] = {
	{ "counter", "Counter32", 0, false },
	{ "counter64", "Counter64", 1, false },
	{ "gauge", "Gauge32", 2, false },
	{ "int", "Integer32", 3, false },
	{ "ipv4", "IpAddress", 4, false },
	{ "octet", "Octets", 5, false },
	{ "oid", "Object identifier", 6, false },
	{ "string", "Text", 7, false },
	{ "uint", "Unsigned32", 8, false },
	{ NULL, NULL, 0, false },
};

struct snmp_object_data {
	const char *oid;
	const char *request;
	const char *request_type;
	const char *value;
};

static const struct event_field snmp_object_fields[] = {
	WORDS_STR(struct snmp_object_data, "_snmp_oid", "Object identifier", oid),
	WORDS_STR(struct snmp_object_data, "_snmp_request", "get, getnext or set", request),
	WORDS_STR(struct snmp_object_data, "_snmp_request_type", "Type of the object", request_type),
	WORDS_STR(struct snmp_object_data, "_snmp_value", "Value of a set", value),
	EVENT_FIELDS_END,
};

static const struct kw snmp_object_kw[] = {
	WORDS_VALUE(struct snmp_object_spec, "oid", "Object identifier", oid, kw_oid, .flags = KW_REQ),
	WORDS_CHOICE(struct snmp_object_spec, "type", "Type of the object", type, types, .flags = KW_REQ),
	WORDS_CHOICE(struct snmp_object_spec, "sync", "The request waits for the policy", sync, words_yes_no,
		.flags = KW_REQ),
	WORDS_CHOICE(struct snmp_object_spec, "skip", "The agent does not answer itself", skip, words_yes_no,
		.flags = KW_REQ),
	WORDS_CHOICE(struct snmp_object_spec, "istable", "The object is a table", table, words_yes_no,
		.dflt = 0, .has_dflt = true),
	WORDS_WAIT(struct snmp_object_spec, wait),
	SPEC_COMMON_ROWS(struct snmp_object_spec),
	KW_END,
};

const struct detector detector_snmp_object = {
	.name = "snmp-object",
	.help = "SNMP Object event",
	.version = "01.00",
	.kw = snmp_object_kw,
	.spec_size = sizeof(struct snmp_object_spec),
	.data_size = sizeof(struct snmp_object_data),
	.fields = snmp_object_fields,
	.awaited = true,
};
