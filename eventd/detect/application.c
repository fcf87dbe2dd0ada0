/* Detector application: what policies publish for each other (bus/application.h makes the events). */
#include "bus/application.h"

#include "core/text.h"
#include "detect/detector.h"

struct application_spec {
	struct spec_common common;
	struct kw_int sub_system, type;
};

#define ARG(n)                                                                                     \
	{                                                                                          \
		"_application_data" #n, "Argument " #n, FIELD_STR,                                 \
			offsetof(struct application_data, arg) + (n - 1) * sizeof(const char *), 0 \
	}

static const struct event_field application_fields[] = {
	{ "_application_sub_system", "Sub-system that it was published for", FIELD_INT,
		offsetof(struct application_data, sub_system), 0 },
	{ "_application_component_id", "The same, by its older name", FIELD_INT,
		offsetof(struct application_data, sub_system), 0 },
	{ "_application_type", "Type of the event within the sub-system", FIELD_INT,
		offsetof(struct application_data, type), 0 },
	ARG(1),
	ARG(2),
	ARG(3),
	ARG(4),
	EVENT_FIELDS_END,
};

static const struct kw application_kw[] = {
	{ .word = "sub-system",
		.help = "Sub-system of the publisher; policies publish for 798",
		.type = &kw_number,
		KW_AT(struct application_spec, sub_system),
		.flags = KW_REQ,
		.group = 1,
		.min = 1,
		.max = UINT32_MAX },
	{ .word = "subsystem",
		.help = "Sub-system of the publisher",
		.type = &kw_number,
		KW_AT(struct application_spec, sub_system),
		.flags = KW_HIDDEN,
		.group = 1,
		.min = 1,
		.max = UINT32_MAX },
	{ .word = "type",
		.help = "Type of the event within the sub-system",
		.type = &kw_number,
		KW_AT(struct application_spec, type),
		.flags = KW_REQ,
		.min = 1,
		.max = UINT32_MAX },
	SPEC_COMMON_ROWS(struct application_spec),
	KW_END,
};

static bool
application_match(const struct spec *s, const struct event *ev)
{
	const struct application_spec *a = s->args;
	const struct application_data *d = ev->data;

	return a->sub_system.v == d->sub_system && a->type.v == d->type;
}

static void
application_describe(const struct spec *s, struct text *out)
{
	const struct application_spec *a = s->args;

	text_printf(out, "sub-system %lld type %lld", (long long)a->sub_system.v, (long long)a->type.v);
}

const struct detector detector_application = {
	.name = "application",
	.help = "Application specific event",
	.version = "01.00",
	.kw = application_kw,
	.spec_size = sizeof(struct application_spec),
	.data_size = sizeof(struct application_data),
	.fields = application_fields,
	.key = "_application_sub_system,_application_type",
	.match = application_match,
	.describe = application_describe,
};
