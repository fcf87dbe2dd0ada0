/* TLS reports of one engine: what is kept, and the documents made of it. */
#include "actions/mail/report/tlsrpt.h"

#include <string.h>

#include "actions/mail/report/private.h"
#include "actions/mail/report/send.h"
#include "core/engine.h"
#include "core/mem.h"

struct tlsrpt {
	struct engine *engine;
	struct collection *collection;
	struct tlsrpt_settings settings;
	struct tlsrpt_sender *sender;
};

struct collection *
tlsrpt_collection(struct tlsrpt *t)
{
	return t->collection;
}

struct tlsrpt_settings *
tlsrpt_settings(struct tlsrpt *t)
{
	return &t->settings;
}

void
tlsrpt_changed(struct tlsrpt *t)
{
	tlsrpt_sender_plan(t->sender);
}

size_t
tlsrpt_send_now(struct tlsrpt *t)
{
	return tlsrpt_sender_round(t->sender);
}

/* RFC 8460 4.4: unique for the submitter; the same each time it is made. */
char *
tlsrpt_id(const void *ctx, const struct tlsrpt *t, const char *day, const char *domain)
{
	return mem_printf(ctx, "%sT00:00:00Z_%s@%s", day, domain, engine_hostname(t->engine));
}

json_t *
tlsrpt_document(struct tlsrpt *t, const char *day, const char *domain, const json_t *record)
{
	const struct tlsrpt_settings *s = &t->settings;
	const char *organization = s->organization != NULL ? s->organization : engine_hostname(t->engine);
	char *id = tlsrpt_id(NULL, t, day, domain);
	json_t *policies = json_deep_copy(json_object_get(record, "policies"));
	json_t *j = json_object(), *range = json_object();

	json_object_set_new(range, "start-datetime", json_sprintf("%sT00:00:00Z", day));
	json_object_set_new(range, "end-datetime", json_sprintf("%sT23:59:59Z", day));
	json_object_set_new(j, "organization-name", json_string(organization));
	json_object_set_new(j, "date-range", range);
	if (s->contact != NULL)
		json_object_set_new(j, "contact-info", json_string(s->contact));
	json_object_set_new(j, "report-id", json_string(id));
	json_object_set_new(j, "policies", policies != NULL ? policies : json_array());
	mem_free(id);
	return j;
}

struct tlsrpt *
tlsrpt_new(const void *ctx, struct engine *engine)
{
	struct tlsrpt *t = mem_new(ctx, struct tlsrpt);

	t->engine = engine;
	t->collection = collection_new(t, engine);
	t->sender = tlsrpt_sender_new(t, engine, t);
	return t;
}
