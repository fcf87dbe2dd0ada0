/* Mail jobs as JSON. */
#include "actions/mail/job.h"

#include <string.h>

#include "actions/mail/address.h"
#include "actions/mail/record.h"
#include "core/frame.h"
#include "core/mem.h"

/* mail-security section 4. */
const struct mail_timeouts mail_timeouts_default = {
	.dns = 10000,
	.connect = 30000,
	.banner = 300000,
	.ehlo = 300000,
	.starttls = 60000,
	.auth = 60000,
	.mail = 300000,
	.rcpt = 300000,
	.data = 120000,
	.body = 180000,
	.dot = 600000,
	.quit = 5000,
	.total = 1800000,
};

const char *
mail_secure_name(int s)
{
	static const char *const names[MAIL_SECURE_COUNT] = { "opportunistic", "none", "tls", "smtps" };

	return names[s];
}

static const char *
verb_name(int v)
{
	static const char *const names[MAIL_VERB_COUNT] = { "deliver", "test" };

	return names[v];
}

static const char *
host_kind_name(int k)
{
	static const char *const names[] = { "name", "ipv4", "ipv6",
		"usedns" }; /* ORDER: enum mail_host_kind */

	return names[k];
}

unsigned
mail_default_port(enum mail_secure s)
{
	if (s == MAIL_SECURE_TLS)
		return 587;
	return s == MAIL_SECURE_SMTPS ? 465 : 25;
}

#define AT(member) offsetof(struct mail_job, member), NULL, 0

static const struct record_field job_fields[] = {
	{ "id", RECORD_ID, AT(id) },
	{ "mid", RECORD_ID, AT(mid) },
	{ "verb", RECORD_WORD, offsetof(struct mail_job, verb), verb_name, MAIL_VERB_COUNT },
	{ "policy", RECORD_STRING, AT(policy) },
	{ "policy_hash", RECORD_STRING, AT(policy_hash) },
	{ "host", RECORD_STRING, AT(host) },
	{ "host_kind", RECORD_WORD, offsetof(struct mail_job, host_kind), host_kind_name, 3 },
	{ "port", RECORD_UINT, AT(port) },
	{ "user", RECORD_STRING, AT(user) },
	{ "password", RECORD_SECRET, AT(password) },
	{ "token", RECORD_SECRET, AT(token) },
	{ "credential", RECORD_STRING, AT(credential) },
	{ "cleartext_auth", RECORD_BOOL, AT(cleartext_auth) },
	{ "mechanisms", RECORD_STRING, AT(mechanisms) },
	{ "direct", RECORD_BOOL, AT(direct) },
	{ "messages", RECORD_UINT, AT(messages) },
	{ "from", RECORD_STRING, AT(from) },
	{ "message", RECORD_STRING, AT(message) },
	{ "secure", RECORD_WORD, offsetof(struct mail_job, secure), mail_secure_name, MAIL_SECURE_COUNT },
	{ "tls_minimum", RECORD_UINT, AT(tls_minimum) },
	{ "legacy_cn", RECORD_BOOL, AT(legacy_cn) },
	{ "identity", RECORD_SECRET, AT(identity) },
	{ "source_interface", RECORD_STRING, AT(source_interface) },
	{ "source_address", RECORD_STRING, AT(source_address) },
	{ "vrf", RECORD_STRING, AT(vrf) },
	{ "resolver", RECORD_STRING, AT(resolver) },
	{ "helo", RECORD_STRING, AT(helo) },
	{ "announce", RECORD_BOOL, AT(announce) },
	{ "keep_secrets", RECORD_BOOL, AT(keep_secrets) },
	{ "debug", RECORD_UINT, AT(debug) },
	{ "pki_session", RECORD_UINT, AT(pki_session) },
	{ "tls_context", RECORD_UINT, AT(tls_context) },
	RECORD_END,
};

#undef AT
#define AT(member) offsetof(struct mail_timeouts, member), NULL, 0

static const struct record_field timeout_fields[] = {
	{ "dns", RECORD_UINT, AT(dns) },
	{ "connect", RECORD_UINT, AT(connect) },
	{ "banner", RECORD_UINT, AT(banner) },
	{ "ehlo", RECORD_UINT, AT(ehlo) },
	{ "starttls", RECORD_UINT, AT(starttls) },
	{ "auth", RECORD_UINT, AT(auth) },
	{ "mail", RECORD_UINT, AT(mail) },
	{ "rcpt", RECORD_UINT, AT(rcpt) },
	{ "data", RECORD_UINT, AT(data) },
	{ "body", RECORD_UINT, AT(body) },
	{ "dot", RECORD_UINT, AT(dot) },
	{ "quit", RECORD_UINT, AT(quit) },
	{ "total", RECORD_UINT, AT(total) },
	RECORD_END,
};

static json_t *
hops_to_json(const struct mail_job *job)
{
	json_t *list = json_array();

	for (size_t i = 0; i < job->hop_count; i++)
		json_array_append_new(list, mail_hop_to_json(&job->hops[i]));
	return list;
}

json_t *
mail_job_to_json(const struct mail_job *job)
{
	json_t *j = json_object(), *timeouts = json_object(), *recipients = json_array();

	json_object_set_new(j, "type", json_string("job"));
	json_object_set_new(j, "version", json_integer(MAIL_JOB_VERSION));
	record_to_json(job_fields, job, j);
	for (size_t i = 0; i < job->recipient_count; i++)
		json_array_append_new(
			recipients, frame_string(job->recipients[i], strlen(job->recipients[i])));
	json_object_set_new(j, "recipients", recipients);
	record_to_json(timeout_fields, &job->timeouts, timeouts);
	json_object_set_new(j, "timeouts", timeouts);
	json_object_set_new(j, "hops", hops_to_json(job));
	if (job->trust != NULL)
		json_object_set_new(j, "trust", trust_to_json(job->trust));
	if (job->sts_trust != NULL)
		json_object_set_new(j, "sts_trust", trust_to_json(job->sts_trust));
	return j;
}

/* May it stand in an SMTP command line? */
static bool
is_command_safe(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || *s == '<' || *s == '>')
			return false;
	return true;
}

static bool
check_text(const char *what, const char *s, bool needed, struct err *err)
{
	if (s == NULL)
		return !needed || err_set(err, ERR_INVALID, "mail job without '%s'", what);
	return is_command_safe(s) ||
	       err_set(err, ERR_INVALID, "mail job: '%s' holds what no command may", what);
}

static bool
decode_recipients(struct mail_job *job, const json_t *list, struct err *err)
{
	size_t n = json_array_size(list);

	if (n > MAIL_RECIPIENTS_MAX)
		return err_set(
			err, ERR_INVALID, "mail job with more than %d recipients", MAIL_RECIPIENTS_MAX);
	job->recipients = mem_array(job, const char *, n);
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s == NULL || *s == '\0' || !is_command_safe(s))
			return err_set(err, ERR_INVALID, "mail job: recipient %zu is no address", i + 1);
		job->recipients[i] = mem_strdup(job, s);
	}
	job->recipient_count = n;
	return true;
}

static bool
decode_hops(struct mail_job *job, const json_t *list, struct err *err)
{
	size_t n = json_array_size(list);

	if (n > MAIL_HOPS_MAX)
		return err_set(err, ERR_INVALID, "mail job with more than %d hosts", MAIL_HOPS_MAX);
	if (n == 0)
		return true;
	job->hops = mem_array(job, struct mail_hop, n);
	job->hop_count = n;
	for (size_t i = 0; i < n; i++)
		if (!mail_hop_from_json(job, &job->hops[i], json_array_get(list, i), err) ||
			!check_text("host", job->hops[i].host, true, err))
			return false;
	return true;
}

static bool
check(const struct mail_job *job, struct err *err)
{
	if (!check_text("host", job->host, true, err) || !check_text("helo", job->helo, false, err))
		return false;
	if (!check_text("from", job->from, job->verb == MAIL_DELIVER, err))
		return false;
	if (job->verb == MAIL_DELIVER && (job->recipient_count == 0 || job->message == NULL))
		return err_set(err, ERR_INVALID, "mail job without recipients or message");
	if (job->port == 0 || job->port > UINT16_MAX)
		return err_set(err, ERR_INVALID, "mail job with port %u", job->port);
	if (job->source_interface != NULL && job->source_address != NULL)
		return err_set(err, ERR_INVALID, "mail job with source interface and source address");
	return true;
}

struct mail_job *
mail_job_from_json(const void *ctx, const json_t *j, struct err *err)
{
	json_int_t version = json_integer_value(json_object_get(j, "version"));
	const json_t *timeouts = json_object_get(j, "timeouts"), *trust = json_object_get(j, "trust");
	const json_t *sts_trust = json_object_get(j, "sts_trust");
	struct mail_job *job;

	if (version != MAIL_JOB_VERSION) {
		err_set(err, ERR_INVALID, "mail job of version %d, not %d", (int)version, MAIL_JOB_VERSION);
		return NULL;
	}
	job = mem_new(ctx, struct mail_job);
	job->timeouts = mail_timeouts_default;
	if (!record_from_json(job_fields, job, j, job, err))
		goto refused;
	if (timeouts != NULL && !record_from_json(timeout_fields, job, timeouts, &job->timeouts, err))
		goto refused;
	if (!decode_recipients(job, json_object_get(j, "recipients"), err) ||
		!decode_hops(job, json_object_get(j, "hops"), err))
		goto refused;
	if (trust != NULL && (job->trust = trust_from_json(job, trust, err)) == NULL)
		goto refused;
	if (sts_trust != NULL && (job->sts_trust = trust_from_json(job, sts_trust, err)) == NULL)
		goto refused;
	if (job->policy == NULL)
		job->policy = "-";
	if (job->port == 0)
		job->port = mail_default_port(job->secure);
	if (!check(job, err))
		goto refused;
	job->message_len = job->message == NULL ? 0 : strlen(job->message);
	return job;
refused:
	mem_free(job);
	return NULL;
}
