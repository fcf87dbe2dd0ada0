/* Requests and answers of eventd-sts as JSON. */
#include "actions/mail/sts/web.h"

#include <string.h>

#include "actions/mail/record.h"
#include "core/frame.h"
#include "core/mem.h"

const char *
web_failure_name(int f)
{
	static const char *const names[WEB_FAILURE_COUNT] = { "ok", "timeout", "connect", "tls", "http",
		"too-big" };

	return names[f];
}

#define AT(type, member) offsetof(struct type, member), NULL, 0

static const struct record_field request_fields[] = {
	{ "id", RECORD_ID, AT(web_request, id) },
	{ "url", RECORD_STRING, AT(web_request, url) },
	{ "host", RECORD_STRING, AT(web_request, host) },
	{ "port", RECORD_UINT, AT(web_request, port) },
	{ "proxy", RECORD_STRING, AT(web_request, proxy) },
	{ "content_type", RECORD_STRING, AT(web_request, content_type) },
	{ "plain_text", RECORD_BOOL, AT(web_request, plain_text) },
	{ "timeout_ms", RECORD_UINT, AT(web_request, timeout_ms) },
	RECORD_END,
};

static const struct record_field answer_fields[] = {
	{ "id", RECORD_ID, AT(web_answer, id) },
	{ "failure", RECORD_WORD, offsetof(struct web_answer, failure), web_failure_name, WEB_FAILURE_COUNT },
	{ "reason", RECORD_STRING, AT(web_answer, reason) },
	{ "status", RECORD_INT, AT(web_answer, status) },
	RECORD_END,
};

static bool
is_version(const json_t *j, struct err *err)
{
	json_int_t version = json_integer_value(json_object_get(j, "version"));

	return version == WEB_VERSION ||
	       err_set(err, ERR_INVALID, "web message of version %d, not %d", (int)version, WEB_VERSION);
}

json_t *
web_request_to_json(const struct web_request *r)
{
	json_t *j = json_pack("{s:s, s:i}", "type", "web", "version", WEB_VERSION);
	json_t *addresses = json_array();

	record_to_json(request_fields, r, j);
	for (size_t i = 0; i < r->address_count; i++)
		json_array_append_new(addresses, json_string(r->addresses[i]));
	json_object_set_new(j, "addresses", addresses);
	if (r->trust != NULL)
		json_object_set_new(j, "trust", trust_to_json(r->trust));
	if (r->body != NULL)
		json_object_set_new(j, "body", frame_octets(r->body, r->body_len));
	return j;
}

static bool
read_addresses(struct web_request *r, const json_t *list, struct err *err)
{
	size_t i;
	const json_t *item;

	r->addresses = mem_array(r, const char *, json_array_size(list));
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item))
			return err_set(err, ERR_INVALID, "an address is no text");
		r->addresses[r->address_count++] = mem_strdup(r, json_string_value(item));
	}
	return true;
}

/* Octets are characters of the JSON string: those from U+0080 on are two of its UTF-8. Absent is fine. */
static bool
read_octets(const void *ctx, const json_t *j, const char **data, size_t *n, struct err *err)
{
	const char *s = json_string_value(j);

	if (j == NULL)
		return true;
	*data = frame_octets_text(ctx, j);
	if (*data == NULL)
		return err_set(err, ERR_INVALID, "a text is no octets");
	*n = 0;
	for (const char *end = s + json_string_length(j); s < end; s++)
		*n += ((unsigned char)*s & 0xC0) != 0x80;
	return true;
}

struct web_request *
web_request_from_json(const void *ctx, const json_t *j, struct err *err)
{
	struct web_request *r = mem_new(ctx, struct web_request);
	const json_t *trust = json_object_get(j, "trust");
	bool ok = is_version(j, err) && record_from_json(request_fields, r, j, r, err) &&
		  read_addresses(r, json_object_get(j, "addresses"), err) &&
		  read_octets(r, json_object_get(j, "body"), &r->body, &r->body_len, err) &&
		  ((r->url != NULL && r->host != NULL) ||
			  err_set(err, ERR_INVALID, "a request needs url and host"));

	if (ok && trust != NULL)
		ok = (r->trust = trust_from_json(r, trust, err)) != NULL;
	if (!ok) {
		mem_free(r);
		return NULL;
	}
	return r;
}

json_t *
web_answer_to_json(const struct web_answer *a)
{
	json_t *j = json_pack("{s:s, s:i}", "type", "answer", "version", WEB_VERSION);

	record_to_json(answer_fields, a, j);
	if (a->text != NULL)
		json_object_set_new(j, "text", frame_octets(a->text, a->text_len));
	return j;
}

struct web_answer *
web_answer_from_json(const void *ctx, const json_t *j, struct err *err)
{
	struct web_answer *a = mem_new(ctx, struct web_answer);
	bool ok = is_version(j, err) && record_from_json(answer_fields, a, j, a, err) &&
		  read_octets(a, json_object_get(j, "text"), &a->text, &a->text_len, err);

	if (!ok) {
		mem_free(a);
		return NULL;
	}
	return a;
}
