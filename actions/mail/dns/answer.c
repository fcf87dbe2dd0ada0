/* What the DNS says, as JSON and back. */
#include "actions/mail/dns/answer.h"

#include <string.h>

#include "actions/mail/dns/octets.h"
#include "actions/mail/record.h"
#include "core/frame.h"
#include "core/mem.h"

const char *
dns_state_name(enum dns_state state)
{
	/* ORDER: enum dns_state */
	static const char *const names[DNS_STATE_COUNT] = { "LOOKUP-FAILED", "BOGUS", "INSECURE", "SECURE",
		"NOT-ASKED" };

	return names[state];
}

static const char *
state_word(int state)
{
	return dns_state_name((enum dns_state)state);
}

static const char *
found_word(int found)
{
	/* ORDER: enum dns_found */
	static const char *const names[] = { "RECORDS", "NXDOMAIN", "NODATA" };

	return names[found];
}

/* ---- the address set --------------------------------------------------------------------------- */

static bool
has_records(const struct dns_status *s)
{
	return (s->state == DNS_SECURE || s->state == DNS_INSECURE) && s->found == DNS_RECORDS;
}

/* Neither family has an address: bogus outweighs failed, and both outweigh a plain no. */
static const struct dns_status *
worse(const struct dns_status *a, const struct dns_status *b)
{
	if (a->state == DNS_BOGUS || b->state == DNS_NOT_ASKED)
		return a;
	if (b->state == DNS_BOGUS || a->state == DNS_NOT_ASKED)
		return b;
	return a->state <= b->state ? a : b;
}

const struct dns_status *
mail_exchanger_status(const struct mail_exchanger *host)
{
	bool a = has_records(&host->a), aaaa = has_records(&host->aaaa);

	if (a && aaaa)
		return host->a.state <= host->aaaa.state ? &host->a : &host->aaaa;
	if (a || aaaa)
		return a ? &host->a : &host->aaaa;
	return worse(&host->a, &host->aaaa);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

#define AT(type, member) offsetof(type, member), NULL, 0

static const struct record_field status_fields[] = {
	{ "state", RECORD_WORD, offsetof(struct dns_status, state), state_word, DNS_STATE_COUNT },
	{ "found", RECORD_WORD, offsetof(struct dns_status, found), found_word, DNS_NODATA + 1 },
	{ "ttl", RECORD_UINT, AT(struct dns_status, ttl) },
	{ "why", RECORD_STRING, AT(struct dns_status, why) },
	RECORD_END,
};

static const struct record_field host_fields[] = {
	{ "name", RECORD_STRING, AT(struct mail_exchanger, name) },
	{ "preference", RECORD_UINT, AT(struct mail_exchanger, preference) },
	{ "tlsa_base", RECORD_STRING, AT(struct mail_exchanger, tlsa_base) },
	RECORD_END,
};

static const struct record_field answer_fields[] = {
	{ "domain", RECORD_STRING, AT(struct mail_dns_answer, domain) },
	{ "is_relay", RECORD_BOOL, AT(struct mail_dns_answer, is_relay) },
	{ "null_mx", RECORD_BOOL, AT(struct mail_dns_answer, null_mx) },
	{ "implicit", RECORD_BOOL, AT(struct mail_dns_answer, implicit) },
	RECORD_END,
};

static void
add_status(json_t *to, const char *key, const struct dns_status *s)
{
	json_t *j = json_object();

	record_to_json(status_fields, s, j);
	json_object_set_new(to, key, j);
}

static json_t *
record_json(const struct dane_record *r)
{
	char *hex = octets_to_hex(NULL, r->data, r->len);
	json_t *j = json_pack("{s:i, s:i, s:i, s:s}", "usage", r->usage, "selector", r->selector, "matching",
		r->matching, "data", hex);

	mem_free(hex);
	return j;
}

json_t *
dane_records_to_json(const struct dane_record *records, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, record_json(&records[i]));
	return list;
}

static json_t *
host_json(const struct mail_exchanger *h)
{
	json_t *j = json_object(), *addresses = json_array();

	record_to_json(host_fields, h, j);
	add_status(j, "a", &h->a);
	add_status(j, "aaaa", &h->aaaa);
	add_status(j, "tlsa", &h->tlsa);
	for (size_t i = 0; i < h->address_count; i++)
		json_array_append_new(addresses, json_string(h->addresses[i].text));
	json_object_set_new(j, "addresses", addresses);
	json_object_set_new(j, "records", dane_records_to_json(h->records, h->record_count));
	return j;
}

json_t *
mail_dns_answer_to_json(const struct mail_dns_answer *a)
{
	json_t *j = json_object(), *hosts = json_array(), *texts = json_array();

	json_object_set_new(j, "version", json_integer(MAIL_DNS_VERSION));
	record_to_json(answer_fields, a, j);
	add_status(j, "mx", &a->mx);
	add_status(j, "txt", &a->txt);
	for (size_t i = 0; i < a->host_count; i++)
		json_array_append_new(hosts, host_json(&a->hosts[i]));
	json_object_set_new(j, "hosts", hosts);
	for (size_t i = 0; i < a->text_count; i++)
		json_array_append_new(texts, frame_string(a->texts[i], strlen(a->texts[i])));
	json_object_set_new(j, "texts", texts);
	return j;
}

static bool
read_status(const void *ctx, struct dns_status *s, const json_t *from, const char *key, struct err *err)
{
	const json_t *j = json_object_get(from, key);

	s->state = DNS_NOT_ASKED;
	return j == NULL || record_from_json(status_fields, ctx, j, s, err);
}

static bool
read_octet(const json_t *j, const char *key, uint8_t *out)
{
	json_int_t v = json_integer_value(json_object_get(j, key));

	*out = (uint8_t)v;
	return v >= 0 && v <= UINT8_MAX;
}

static bool
read_record(const void *ctx, struct dane_record *r, const json_t *j, struct err *err)
{
	const char *hex = json_string_value(json_object_get(j, "data"));
	bool numbers = read_octet(j, "usage", &r->usage) && read_octet(j, "selector", &r->selector) &&
		       read_octet(j, "matching", &r->matching);

	if (!numbers || hex == NULL || (r->data = octets_from_hex(ctx, hex, &r->len)) == NULL)
		return err_set(err, ERR_INVALID, "not a TLSA record");
	return true;
}

struct dane_record *
dane_records_from_json(const void *ctx, const json_t *list, size_t *count, struct err *err)
{
	size_t n = json_array_size(list);
	struct dane_record *records = mem_array(ctx, struct dane_record, n);

	*count = n;
	for (size_t i = 0; i < n; i++) {
		if (!read_record(records, &records[i], json_array_get(list, i), err)) {
			mem_free(records);
			return NULL;
		}
	}
	return records;
}

static bool
read_addresses(const void *ctx, struct mail_exchanger *h, const json_t *list, struct err *err)
{
	h->address_count = json_array_size(list);
	h->addresses = mem_array(ctx, struct dns_address, h->address_count);
	for (size_t i = 0; i < h->address_count; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s == NULL)
			return err_set(err, ERR_INVALID, "an address is no string");
		h->addresses[i].text = mem_strdup(ctx, s);
		h->addresses[i].is_v6 = strchr(s, ':') != NULL;
	}
	return true;
}

static bool
read_host(const void *ctx, struct mail_exchanger *h, const json_t *j, struct err *err)
{
	if (!record_from_json(host_fields, ctx, j, h, err) || !read_status(ctx, &h->a, j, "a", err) ||
		!read_status(ctx, &h->aaaa, j, "aaaa", err) || !read_status(ctx, &h->tlsa, j, "tlsa", err))
		return false;
	if (h->name == NULL)
		return err_set(err, ERR_INVALID, "a host without name");
	if (!read_addresses(ctx, h, json_object_get(j, "addresses"), err))
		return false;
	h->records = dane_records_from_json(ctx, json_object_get(j, "records"), &h->record_count, err);
	return h->records != NULL;
}

static bool
read_lists(struct mail_dns_answer *a, const json_t *j, struct err *err)
{
	const json_t *hosts = json_object_get(j, "hosts"), *texts = json_object_get(j, "texts");

	a->host_count = json_array_size(hosts);
	a->hosts = mem_array(a, struct mail_exchanger, a->host_count);
	for (size_t i = 0; i < a->host_count; i++) {
		if (!read_host(a, &a->hosts[i], json_array_get(hosts, i), err))
			return false;
	}
	a->text_count = json_array_size(texts);
	a->texts = mem_array(a, const char *, a->text_count);
	for (size_t i = 0; i < a->text_count; i++) {
		const char *s = json_string_value(json_array_get(texts, i));

		if (s == NULL)
			return err_set(err, ERR_INVALID, "a text is no string");
		a->texts[i] = mem_strdup(a, s);
	}
	return true;
}

struct mail_dns_answer *
mail_dns_answer_from_json(const void *ctx, const json_t *j, struct err *err)
{
	struct mail_dns_answer *a;

	if (json_integer_value(json_object_get(j, "version")) != MAIL_DNS_VERSION) {
		err_set(err, ERR_INVALID, "DNS answer of another version");
		return NULL;
	}
	a = mem_new(ctx, struct mail_dns_answer);
	if (!record_from_json(answer_fields, a, j, a, err) || !read_status(a, &a->mx, j, "mx", err) ||
		!read_status(a, &a->txt, j, "txt", err) || !read_lists(a, j, err)) {
		mem_free(a);
		return NULL;
	}
	if (a->domain == NULL)
		a->domain = "";
	return a;
}
