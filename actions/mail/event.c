/* Events of deliveries as JSON. */
#include "actions/mail/event.h"

#include <stddef.h>

#include "actions/mail/record.h"

static const char *
kind_name(int k)
{
	static const char *const names[MAIL_EVENT_KIND_COUNT] = { "connected", "tls", "start", "reused",
		"failed" };

	return names[k];
}

static const char *
class_name(int c)
{
	return mail_class_name((enum mail_class)c);
}

static const char *
phase_name(int p)
{
	return mail_phase_name((enum mail_phase)p);
}

#define AT(member) offsetof(struct mail_event, member), NULL, 0

static const struct record_field fields[] = {
	{ "what", RECORD_WORD, offsetof(struct mail_event, kind), kind_name, MAIL_EVENT_KIND_COUNT },
	{ "hop", RECORD_UINT, AT(hop) },
	{ "host", RECORD_STRING, AT(host) },
	{ "ip", RECORD_STRING, AT(ip) },
	{ "local_ip", RECORD_STRING, AT(local_ip) },
	{ "port", RECORD_UINT, AT(port) },
	{ "version", RECORD_STRING, AT(version) },
	{ "cipher", RECORD_STRING, AT(cipher) },
	{ "matched", RECORD_STRING, AT(matched) },
	{ "verified", RECORD_BOOL, AT(verified) },
	{ "problem", RECORD_STRING, AT(problem) },
	{ "sts_failure", RECORD_STRING, AT(sts_failure) },
	{ "class", RECORD_WORD, offsetof(struct mail_event, class), class_name, MAIL_CLASS_COUNT },
	{ "phase", RECORD_WORD, offsetof(struct mail_event, phase), phase_name, PHASE_COUNT },
	{ "detail", RECORD_STRING, AT(detail) },
	RECORD_END,
};

void
mail_event_to_json(const struct mail_event *e, json_t *object)
{
	record_to_json(fields, e, object);
}

bool
mail_event_from_json(const void *ctx, struct mail_event *e, const json_t *j, struct err *err)
{
	*e = (struct mail_event){ 0 };
	return record_from_json(fields, ctx, j, e, err);
}
