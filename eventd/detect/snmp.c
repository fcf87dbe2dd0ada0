/* Detector snmp: objects of the agent against a threshold. */
#include "detect/detector.h"

#include "core/mem.h"
#include "detect/threshold.h"
#include "core/text.h"
#include "detect/words.h"

enum { POLL_DEFAULT_S = 60 };

struct snmp_spec {
	struct spec_common common;
	struct kw_str oid;
	struct kw_enum get;
	struct threshold_spec th;
	struct kw_str entry_val, exit_val;
};

static const struct kw_alternative gets[] = {
	{ "exact", "The object itself", 0, false },
	{ "next", "The object behind it", 1, false },
	{ NULL, NULL, 0, false },
};

struct snmp_data {
	const char *oid;
	const char *oid_val;
	const char *oid_delta_val;
	int64_t exit_event;
};

static const struct event_field snmp_fields[] = {
	WORDS_STR(struct snmp_data, "_snmp_oid", "Object identifier", oid),
	WORDS_STR(struct snmp_data, "_snmp_oid_val", "Its value", oid_val),
	WORDS_STR(struct snmp_data, "_snmp_oid_delta_val", "The change of its value", oid_delta_val),
	WORDS_INT(struct snmp_data, "_snmp_exit_event", "1: the exit criteria were met", exit_event),
	EVENT_FIELDS_END,
};

static const struct kw snmp_kw[] = {
	WORDS_VALUE(struct snmp_spec, "oid", "Object identifier", oid, kw_oid, .flags = KW_REQ),
	WORDS_CHOICE(struct snmp_spec, "get-type", "Kind of get", get, gets, .flags = KW_REQ),
	THRESHOLD_ROWS(struct snmp_spec, kw_string, POLL_DEFAULT_S, .min = 0),
	SPEC_COMMON_ROWS(struct snmp_spec),
	KW_END,
};

static bool
snmp_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct snmp_spec *a = args;

	return threshold_check(a->th.exit_op.set, a->exit_val.set, err);
}

static void
snmp_describe(const struct spec *s, struct text *out)
{
	const struct snmp_spec *a = s->args;

	char *entry = mem_printf(s, "{%s}", a->entry_val.s);
	char *exit = a->exit_val.set ? mem_printf(s, "{%s}", a->exit_val.s) : NULL;

	text_printf(out, "oid {%s} get-type %s", a->oid.s, gets[a->get.v].word);
	threshold_describe(&a->th, entry, exit, POLL_DEFAULT_S * USEC_PER_SEC, out);
	mem_free(exit);
	mem_free(entry);
}

const struct detector detector_snmp = {
	.name = "snmp",
	.help = "SNMP event",
	.version = "01.00",
	.kw = snmp_kw,
	.spec_size = sizeof(struct snmp_spec),
	.data_size = sizeof(struct snmp_data),
	.fields = snmp_fields,
	.awaited = true,
	.check = snmp_check,
	.describe = snmp_describe,
};
