/* Mail results as JSON. */
#include "actions/mail/result.h"

#include <stdio.h>
#include <string.h>

#include "actions/mail/record.h"
#include "core/frame.h"
#include "core/mem.h"
#include "core/text.h"

static const char *
class_word(int c)
{
	return mail_class_name((enum mail_class)c);
}

static const char *
phase_word(int p)
{
	return mail_phase_name((enum mail_phase)p);
}

#define AT(type, member) offsetof(type, member), NULL, 0
#define CLASS(type)                                                                       \
	{                                                                                 \
		"class", RECORD_WORD, offsetof(type, class), class_word, MAIL_CLASS_COUNT \
	}
#define PHASE(type)                                                                  \
	{                                                                            \
		"phase", RECORD_WORD, offsetof(type, phase), phase_word, PHASE_COUNT \
	}

static const struct record_field result_fields[] = {
	{ "id", RECORD_ID, AT(struct mail_result, id) },
	CLASS(struct mail_result),
	PHASE(struct mail_result),
	{ "detail", RECORD_STRING, AT(struct mail_result, detail) },
	{ "hint", RECORD_STRING, AT(struct mail_result, hint) },
	{ "direct", RECORD_BOOL, AT(struct mail_result, direct) },
	{ "unconfirmed", RECORD_BOOL, AT(struct mail_result, unconfirmed) },
	{ "host", RECORD_STRING, AT(struct mail_result, host) },
	{ "ip", RECORD_STRING, AT(struct mail_result, ip) },
	{ "port", RECORD_UINT, AT(struct mail_result, port) },
	{ "local_ip", RECORD_STRING, AT(struct mail_result, local_ip) },
	{ "helo", RECORD_STRING, AT(struct mail_result, helo) },
	{ "tls_secrets", RECORD_SECRET, AT(struct mail_result, tls_secrets) },
	{ "tls_verified", RECORD_BOOL, AT(struct mail_result, tls_verified) },
	{ "kept", RECORD_BOOL, AT(struct mail_result, kept) },
	RECORD_END,
};

static const struct record_field auth_fields[] = {
	{ "mech", RECORD_STRING, AT(struct mail_result, auth_mech) },
	{ "user", RECORD_STRING, AT(struct mail_result, auth_user) },
	RECORD_END,
};

static const struct record_field reply_fields[] = {
	{ "code", RECORD_INT, AT(struct mail_reply, code) },
	{ "text", RECORD_STRING, AT(struct mail_reply, text) },
	RECORD_END,
};

static const struct record_field recipient_fields[] = {
	{ "mailbox", RECORD_STRING, AT(struct mail_recipient_result, mailbox) },
	CLASS(struct mail_recipient_result),
	PHASE(struct mail_recipient_result),
	RECORD_END,
};

#define HOP(member) AT(struct mail_hop_result, member)

static const struct record_field hop_fields[] = {
	{ "host", RECORD_STRING, HOP(host) },
	{ "address", RECORD_STRING, HOP(ip) },
	{ "port", RECORD_UINT, HOP(port) },
	{ "demanded", RECORD_WORD, offsetof(struct mail_hop_result, demanded), mail_hop_tls_name,
		HOP_TLS_COUNT },
	{ "tried", RECORD_BOOL, HOP(tried) },
	{ "reused", RECORD_BOOL, HOP(reused) },
	CLASS(struct mail_hop_result),
	PHASE(struct mail_hop_result),
	{ "detail", RECORD_STRING, HOP(detail) },
	{ "local_ip", RECORD_STRING, HOP(local_ip) },
	{ "tls_version", RECORD_STRING, HOP(tls_version) },
	{ "tls_cipher", RECORD_STRING, HOP(tls_cipher) },
	{ "tls_verified", RECORD_BOOL, HOP(tls_verified) },
	{ "tls_name", RECORD_STRING, HOP(tls_name) },
	{ "tls_problem", RECORD_STRING, HOP(tls_problem) },
	{ "tls_class", RECORD_WORD, offsetof(struct mail_hop_result, tls_class), class_word,
		MAIL_CLASS_COUNT },
	{ "dane", RECORD_STRING, HOP(dane) },
	{ "dane_success", RECORD_BOOL, HOP(dane_success) },
	{ "sts_domain", RECORD_STRING, HOP(sts_domain) },
	{ "sts_failure", RECORD_STRING, HOP(sts_failure) },
	{ "sts_class", RECORD_WORD, offsetof(struct mail_hop_result, sts_class), class_word,
		MAIL_CLASS_COUNT },
	RECORD_END,
};

static const struct record_field flow_fields[] = {
	{ "local", RECORD_STRING, AT(struct mail_flow, local) },
	{ "lport", RECORD_UINT, AT(struct mail_flow, lport) },
	{ "remote", RECORD_STRING, AT(struct mail_flow, remote) },
	{ "rport", RECORD_UINT, AT(struct mail_flow, rport) },
	RECORD_END,
};

static const struct record_field step_fields[] = {
	PHASE(struct mail_step),
	{ "ms", RECORD_UINT, AT(struct mail_step, ms) },
	{ "result", RECORD_WORD, offsetof(struct mail_step, class), class_word, MAIL_CLASS_COUNT },
	RECORD_END,
};

static int
forget_tls(void *ptr)
{
	json_decref(((struct mail_result *)ptr)->tls);
	return 0;
}

struct mail_result *
mail_result_new(const void *ctx, uint64_t id)
{
	struct mail_result *r = mem_new(ctx, struct mail_result);

	r->id = id;
	mem_on_free(r, forget_tls);
	return r;
}

static json_t *
reply_to_json(const struct mail_reply *reply)
{
	json_t *j;

	if (reply->code == 0)
		return json_null();
	j = json_object();
	record_to_json(reply_fields, reply, j);
	json_object_set_new(
		j, "enhanced", reply->enhanced[0] == '\0' ? json_null() : json_string(reply->enhanced));
	return j;
}

static json_t *
recipients_to_json(const struct mail_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->recipient_count; i++) {
		json_t *j = json_object();

		record_to_json(recipient_fields, &r->recipients[i], j);
		json_object_set_new(j, "reply", reply_to_json(&r->recipients[i].reply));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *
hops_to_json(const struct mail_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->hop_count; i++) {
		json_t *j = json_object();

		record_to_json(hop_fields, &r->hops[i], j);
		json_object_set_new(j, "reply", reply_to_json(&r->hops[i].reply));
		json_array_append_new(list, j);
	}
	return list;
}

json_t *
mail_flows_to_json(const struct mail_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->flow_count; i++) {
		json_t *j = json_object();

		record_to_json(flow_fields, &r->flows[i], j);
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *
steps_to_json(const struct mail_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->step_count; i++) {
		json_t *j = json_object();

		record_to_json(step_fields, &r->steps[i], j);
		json_array_append_new(list, j);
	}
	return list;
}

json_t *
mail_result_to_json(const struct mail_result *r)
{
	json_t *j = json_object(), *auth = json_null(), *capabilities = json_array();
	enum mail_outcome outcome = mail_result_outcome(r);

	json_object_set_new(j, "type", json_string("result"));
	json_object_set_new(j, "version", json_integer(MAIL_RESULT_VERSION));
	json_object_set_new(j, "result", json_string(r->class == MAIL_OK ? "SUCCESS" : "FAILED"));
	record_to_json(result_fields, r, j);
	json_object_set_new(j, "temporary", json_boolean(outcome == MAIL_DEFERRED));
	json_object_set_new(j, "outcome", json_string(mail_outcome_name(outcome)));
	for (size_t i = 0; i < r->capability_count; i++)
		json_array_append_new(
			capabilities, frame_string(r->capabilities[i], strlen(r->capabilities[i])));
	json_object_set_new(j, "capabilities", capabilities);
	json_object_set_new(j, "tls", r->tls == NULL ? json_null() : json_incref(r->tls));
	if (r->auth_mech != NULL) {
		auth = json_object();
		record_to_json(auth_fields, r, auth);
	}
	json_object_set_new(j, "auth", auth);
	json_object_set_new(j, "reply", reply_to_json(&r->reply));
	json_object_set_new(j, "recipients", recipients_to_json(r));
	json_object_set_new(j, "hops", hops_to_json(r));
	json_object_set_new(j, "flows", mail_flows_to_json(r));
	json_object_set_new(j, "steps", steps_to_json(r));
	return j;
}

static bool
reply_from_json(const void *ctx, const json_t *j, struct mail_reply *reply, struct err *err)
{
	const char *enhanced = json_string_value(json_object_get(j, "enhanced"));

	if (j == NULL || json_is_null(j))
		return true;
	if (enhanced != NULL)
		snprintf(reply->enhanced, sizeof reply->enhanced, "%s", enhanced);
	return record_from_json(reply_fields, ctx, j, reply, err);
}

static bool
hops_from_json(struct mail_result *r, const json_t *list, struct err *err)
{
	size_t n = json_array_size(list);

	r->hops = mem_array(r, struct mail_hop_result, n);
	for (; r->hop_count < n; r->hop_count++) {
		struct mail_hop_result *at = &r->hops[r->hop_count];
		const json_t *item = json_array_get(list, r->hop_count);

		if (!record_from_json(hop_fields, r, item, at, err) ||
			!reply_from_json(r, json_object_get(item, "reply"), &at->reply, err))
			return false;
	}
	return true;
}

static bool
lists_from_json(struct mail_result *r, const json_t *j, struct err *err)
{
	const json_t *list = json_object_get(j, "capabilities"), *item;
	size_t i, n = json_array_size(list);

	r->capabilities = mem_array(r, const char *, n);
	json_array_foreach(list, i, item) if (json_is_string(item)) r->capabilities[r->capability_count++] =
		mem_strdup(r, json_string_value(item));
	list = json_object_get(j, "recipients");
	r->recipients = mem_array(r, struct mail_recipient_result, json_array_size(list));
	json_array_foreach(list, i, item)
	{
		struct mail_recipient_result *to = &r->recipients[r->recipient_count++];

		if (!record_from_json(recipient_fields, r, item, to, err) ||
			!reply_from_json(r, json_object_get(item, "reply"), &to->reply, err))
			return false;
	}
	list = json_object_get(j, "flows");
	json_array_foreach(list, i, item)
	{
		if (i == MAIL_FLOWS_MAX)
			break;
		if (!record_from_json(flow_fields, r, item, &r->flows[r->flow_count++], err))
			return false;
	}
	list = json_object_get(j, "steps");
	json_array_foreach(list, i, item)
	{
		if (i == MAIL_STEPS_MAX)
			break;
		if (!record_from_json(step_fields, r, item, &r->steps[r->step_count++], err))
			return false;
	}
	return true;
}

struct mail_result *
mail_result_from_json(const void *ctx, const json_t *j, struct err *err)
{
	json_int_t version = json_integer_value(json_object_get(j, "version"));
	const json_t *auth = json_object_get(j, "auth"), *tls = json_object_get(j, "tls");
	struct mail_result *r;
	bool ok;

	if (version != MAIL_RESULT_VERSION) {
		err_set(err, ERR_INVALID, "mail result of version %d, not %d", (int)version,
			MAIL_RESULT_VERSION);
		return NULL;
	}
	r = mail_result_new(ctx, 0);
	ok = record_from_json(result_fields, r, j, r, err) &&
	     (!json_is_object(auth) || record_from_json(auth_fields, r, auth, r, err)) &&
	     reply_from_json(r, json_object_get(j, "reply"), &r->reply, err) && lists_from_json(r, j, err) &&
	     hops_from_json(r, json_object_get(j, "hops"), err);
	if (!ok) {
		mem_free(r);
		return NULL;
	}
	if (json_is_object(tls))
		r->tls = json_deep_copy(tls);
	return r;
}

enum mail_outcome
mail_result_outcome(const struct mail_result *r)
{
	return mail_outcome(r->class, r->reply.code, r->direct);
}

char *
mail_result_reason(const void *ctx, const struct mail_result *r)
{
	struct text t;

	text_init(&t, ctx); /* the caller may have no context, and frees the text */
	text_printf(&t, "%s [%s", mail_reason(r->class, r->phase), mail_class_name(r->class));
	if (r->phase != PHASE_NONE)
		text_printf(&t, " %s", mail_phase_name(r->phase));
	if (r->detail != NULL && r->detail[0] != '\0') {
		text_add(&t, ": ");
		text_add_line(&t, r->detail, strlen(r->detail));
	}
	if (r->hint != NULL && r->hint[0] != '\0') {
		text_add(&t, "; hint: ");
		text_add_line(&t, r->hint, strlen(r->hint));
	}
	text_addc(&t, ']');
	return t.s;
}
