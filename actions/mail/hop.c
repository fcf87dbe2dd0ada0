/* Hosts of a job as JSON. */
#include "actions/mail/hop.h"

#include <string.h>

#include "actions/mail/dns/answer.h"
#include "actions/mail/record.h"
#include "core/frame.h"
#include "core/mem.h"

/* Of one host: more than any server has, so that a mistake is seen for one. */
enum { LIST_MAX = 256 };

const char *
mail_hop_tls_name(int t)
{
	/* ORDER: enum mail_hop_tls */
	static const char *const names[HOP_TLS_COUNT] = { "none", "preferred", "required", "preferred-verify",
		"verify", "dane", "sts" };

	return names[t];
}

static const char *
class_word(int c)
{
	return mail_class_name((enum mail_class)c);
}

#define AT(member) offsetof(struct mail_hop, member), NULL, 0

static const struct record_field hop_fields[] = {
	{ "host", RECORD_STRING, AT(host) },
	{ "port", RECORD_UINT, AT(port) },
	{ "refused", RECORD_WORD, offsetof(struct mail_hop, refused), class_word, MAIL_CLASS_COUNT },
	{ "refused_detail", RECORD_STRING, AT(refused_detail) },
	{ "tls", RECORD_WORD, offsetof(struct mail_hop, tls), mail_hop_tls_name, HOP_TLS_COUNT },
	{ "dane_success", RECORD_BOOL, AT(dane_success) },
	{ "domain", RECORD_STRING, AT(domain) },
	{ "sts_testing", RECORD_BOOL, AT(sts_testing) },
	{ "sts_why", RECORD_STRING, AT(sts_why) },
	{ "sts_domain", RECORD_STRING, AT(sts_domain) },
	RECORD_END,
};

static json_t *
strings_to_json(const char *const *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, frame_string(v[i], strlen(v[i])));
	return list;
}

static bool
strings_from_json(const void *ctx, const json_t *list, const char ***v, size_t *n, struct err *err)
{
	*n = json_array_size(list);
	if (*n > LIST_MAX)
		return err_set(err, ERR_INVALID, "mail job: a list of %zu", *n);
	*v = *n == 0 ? NULL : mem_array(ctx, const char *, *n);
	for (size_t i = 0; i < *n; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s == NULL)
			return err_set(err, ERR_INVALID, "mail job: a list without strings");
		(*v)[i] = mem_strdup(ctx, s);
	}
	return true;
}

json_t *
mail_hop_to_json(const struct mail_hop *h)
{
	json_t *j = json_object();

	record_to_json(hop_fields, h, j);
	json_object_set_new(j, "addresses", strings_to_json(h->addresses, h->address_count));
	json_object_set_new(j, "names", strings_to_json(h->names, h->name_count));
	json_object_set_new(j, "records", dane_records_to_json(h->records, h->record_count));
	return j;
}

static bool
check(const struct mail_hop *h, struct err *err)
{
	if (h->host == NULL || h->domain == NULL)
		return err_set(err, ERR_INVALID, "mail job: a host without name or domain");
	if (h->port == 0 || h->port > UINT16_MAX)
		return err_set(err, ERR_INVALID, "mail job: a host with port %u", h->port);
	if (h->tls == HOP_TLS_DANE && h->record_count == 0)
		return err_set(err, ERR_INVALID, "mail job: DANE without records");
	return true;
}

bool
mail_hop_from_json(const void *ctx, struct mail_hop *h, const json_t *j, struct err *err)
{
	*h = (struct mail_hop){ .port = 25 };
	if (!record_from_json(hop_fields, ctx, j, h, err))
		return false;
	if (!strings_from_json(ctx, json_object_get(j, "addresses"), &h->addresses, &h->address_count, err) ||
		!strings_from_json(ctx, json_object_get(j, "names"), &h->names, &h->name_count, err))
		return false;
	h->records = dane_records_from_json(ctx, json_object_get(j, "records"), &h->record_count, err);
	return h->records != NULL && check(h, err);
}
