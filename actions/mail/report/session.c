/* Deliveries read as sessions of TLS reports: which policy, which result type (RFC 8460 4.3). */
#include <string.h>

#include "actions/mail/dns/octets.h"
#include "actions/mail/report/private.h"
#include "actions/mail/report/tlsrpt.h"
#include "actions/mail/sts/cache.h"
#include "actions/mail/sts/sts.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

#define NOT_SUPPORTED "starttls-not-supported"
#define HOST_MISMATCH "certificate-host-mismatch"
#define EXPIRED       "certificate-expired"
#define NOT_TRUSTED   "certificate-not-trusted"
#define VALIDATION    "validation-failure"

/* What is not here is no failure of TLS. */
static const char *const result_types[MAIL_CLASS_COUNT] = {
	[MAIL_TLS_NOT_OFFERED] = NOT_SUPPORTED,
	[MAIL_TLS_REFUSED] = NOT_SUPPORTED,
	[MAIL_STS_NO_TLS] = NOT_SUPPORTED,
	[MAIL_DANE_NO_TLS] = NOT_SUPPORTED,
	[MAIL_STARTTLS_INJECTION] = VALIDATION,
	[MAIL_HANDSHAKE_FAILED] = VALIDATION,
	[MAIL_TLS_VERSION] = VALIDATION,
	[MAIL_STS_TLS_VERSION] = VALIDATION,
	[MAIL_CERT_UNTRUSTED] = NOT_TRUSTED,
	[MAIL_CERT_EXPIRED] = EXPIRED,
	[MAIL_CERT_NOT_YET_VALID] = EXPIRED,
	[MAIL_CERT_NAME_MISMATCH] = HOST_MISMATCH,
	[MAIL_CERT_REVOKED] = NOT_TRUSTED,
	[MAIL_CERT_REVOCATION_UNKNOWN] = NOT_TRUSTED,
	[MAIL_CERT_WEAK] = NOT_TRUSTED,
	[MAIL_CERT_PURPOSE] = NOT_TRUSTED,
	[MAIL_STS_CERT] = VALIDATION,
	[MAIL_STS_MX_MISMATCH] = VALIDATION,
	[MAIL_DANE_MISMATCH] = "tlsa-invalid",
	[MAIL_DANE_BOGUS] = "dnssec-invalid",
	[MAIL_DANE_INSECURE] = "dane-required",
	[MAIL_DANE_NO_TLSA] = "dane-required",
};

static json_t *
tlsa_strings(const struct mail_hop *hop)
{
	json_t *list = json_array();

	for (size_t i = 0; i < hop->record_count; i++) {
		const struct dane_record *r = &hop->records[i];
		char *hex = octets_to_hex(NULL, r->data, r->len);

		json_array_append_new(
			list, json_sprintf("%d %d %d %s", r->usage, r->selector, r->matching, hex));
		mem_free(hex);
	}
	return list;
}

/* The lines of the text that was served. */
static json_t *
policy_lines(const struct sts_policy *p)
{
	json_t *list = json_array();
	const char *at = p->text;

	while (*at != '\0') {
		size_t n = strcspn(at, "\r\n");
		json_t *line = json_stringn(at, n);

		if (n > 0 && line != NULL)
			json_array_append_new(list, line);
		else
			json_decref(line);
		at += n;
		at += strspn(at, "\r\n");
	}
	return list;
}

static json_t *
patterns(const struct sts_policy *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->mx_count; i++)
		json_array_append_new(list, json_string(p->mx[i]));
	return list;
}

static bool
is_of_dane(const struct mail_hop *hop)
{
	return hop->tls == HOP_TLS_DANE ||
	       (hop->refused >= MAIL_DANE_NO_TLSA && hop->refused <= MAIL_DANE_ROUTE);
}

/* The policy under which this host was, or was not, spoken to. */
static void
set_policy(struct engine *e, struct tlsrpt_session *s, const struct mail_hop *hop)
{
	const struct sts_policy *p;

	s->policy_type = "no-policy-found";
	s->policy_domain = s->domain;
	if (is_of_dane(hop)) {
		s->policy_type = "tlsa";
		s->policy_domain = hop->host;
		s->policy_string = tlsa_strings(hop);
	} else if (hop->sts_domain != NULL) {
		s->policy_type = "sts";
		p = sts_cache_policy(sts_cache(e->sts), hop->sts_domain);
		if (p == NULL)
			return;
		s->policy_string = policy_lines(p);
		s->mx_host = patterns(p);
	}
}

/* A certificate's own fault says more than "the policy demands a valid one". */
static const char *
type_of(enum mail_class class, enum mail_class of_certificate)
{
	bool is_general = class == MAIL_STS_CERT || class == MAIL_DANE_MISMATCH;

	if (is_general && of_certificate != MAIL_OK && result_types[of_certificate] != NULL)
		return result_types[of_certificate];
	return result_types[class];
}

/* False: it says nothing about TLS. */
static bool
judge(struct tlsrpt_session *s, const struct mail_hop *hop, const struct mail_hop_result *at)
{
	enum mail_class class = hop->refused != MAIL_OK ? hop->refused : at->class;

	if (hop->refused == MAIL_OK && !at->tried)
		return false; /* it was not its turn */
	s->result_type = type_of(class, at->tls_class);
	s->reason_code = s->result_type == NULL ? NULL : mail_class_name(class);
	s->information = s->result_type == NULL ? NULL : at->detail;
	if (s->result_type != NULL)
		return true;
	if (at->sts_failure != NULL) { /* testing: delivered all the same */
		s->result_type = at->tls_version == NULL ? NOT_SUPPORTED : type_of(at->sts_class, MAIL_OK);
		if (s->result_type == NULL)
			s->result_type = VALIDATION;
		s->reason_code = "STS_TESTING";
		s->information = at->sts_failure;
		return true;
	}
	return at->tls_version != NULL;
}

void
tlsrpt_delivery(struct engine *e, const struct mail_job *job, const struct mail_result *r)
{
	if (e->tlsrpt == NULL || !job->direct || job->tls_report || job->verb != MAIL_DELIVER)
		return;
	for (size_t i = 0; i < job->hop_count && i < r->hop_count; i++) {
		const struct mail_hop_result *at = &r->hops[i];
		struct tlsrpt_session s = { .domain = job->host,
			.sending_ip = at->local_ip,
			.mx_hostname = job->hops[i].host,
			.receiving_ip = at->ip };

		if (at->reused || !judge(&s, &job->hops[i], at))
			continue;
		set_policy(e, &s, &job->hops[i]);
		collection_add(tlsrpt_collection(e->tlsrpt), &s);
		json_decref(s.policy_string);
		json_decref(s.mx_host);
	}
}

void
tlsrpt_policy_failed(struct engine *e, const char *domain, enum sts_fetch_failure failure, const char *reason)
{
	/* ORDER: enum sts_fetch_failure */
	static const char *const types[] = { "sts-policy-fetch-error", "sts-webpki-invalid",
		"sts-policy-invalid" };
	struct tlsrpt_session s = { .domain = domain,
		.policy_type = "sts",
		.policy_domain = domain,
		.result_type = types[failure],
		.information = reason };

	if (e->tlsrpt != NULL)
		collection_add(tlsrpt_collection(e->tlsrpt), &s);
}
