/* mtastsverify: each step asked for when the one before has answered, told in the manner of daneverify. */
#include "actions/mail/sts/verify.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "actions/mail/dns/resolver.h"
#include "actions/mail/hostname.h"
#include "actions/mail/mailer.h"
#include "actions/mail/sts/sts.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"

#define SMTP_PORT  25
#define HOST_TIME  30000 /* ms, for one host */
#define WELL_KNOWN "/.well-known/mta-sts.txt"

struct sts_verify {
	struct engine *engine;
	const char *domain;
	sts_line_f *line;
	sts_verdict_f *done;
	void *arg;
	struct sts_policy *policy;
	json_t *document, *mx;
	struct mail_hop *hops; /* the hosts, in order */
	size_t hop_count, at;
	struct timer *begin;
	bool failed;
};

static void say(struct sts_verify *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
say(struct sts_verify *v, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = mem_vprintf(v, fmt, ap);
	va_end(ap);
	v->line(v->arg, text);
	mem_free(text);
}

/* ---- the end ---- */

static void
conclude(struct sts_verify *v, const char *result)
{
	bool good = strcmp(result, "valid") == 0;

	json_object_set_new(v->document, "result", json_string(result));
	if (good)
		say(v, "MTA-STS SUCCESS for %s", v->domain);
	else if (strcmp(result, "failed") == 0)
		say(v, "MTA-STS FAILED for %s", v->domain);
	else
		say(v, "No MTA-STS policy is in force for %s", v->domain);
	say(v, "MTA-STS verification completed.");
	v->done(v->arg, v->document, good);
}

/* ---- mail hosts ---- */

static void next_host(struct sts_verify *);

static json_t *
tls_of(const struct mail_result *r)
{
	json_t *tls = r->tls == NULL ? json_object() : json_deep_copy(r->tls);

	json_object_set_new(tls, "result", json_string(r->class == MAIL_OK ? "SUCCESS" : "FAILED"));
	json_object_set_new(tls, "class", json_string(mail_class_name(r->class)));
	json_object_set_new(tls, "detail", r->detail == NULL ? json_null() : json_string(r->detail));
	return tls;
}

static void
tell_host(struct sts_verify *v, const struct mail_result *r)
{
	const char *version = json_string_value(json_object_get(r->tls, "version"));
	const char *cipher = json_string_value(json_object_get(r->tls, "cipher"));
	const struct mail_hop *hop = &v->hops[v->at];

	if (r->ip != NULL)
		say(v, "Connected to %s from interface %s.", r->ip, r->local_ip != NULL ? r->local_ip : "?");
	if (version != NULL && cipher != NULL)
		say(v, "TLS connection established: protocol %s, cipher %s.", version, cipher);
	if (r->class == MAIL_OK)
		say(v, "Certificate verification successful");
	else
		say(v, "TLS connection to MX(%s) failed: %s [%s %s]", hop->host,
			r->detail != NULL ? r->detail : mail_reason(r->class, r->phase),
			mail_class_name(r->class), mail_phase_name(r->phase));
}

static void
on_host(void *arg, const struct mail_result *r)
{
	struct sts_verify *v = arg;

	tell_host(v, r);
	json_object_set_new(json_array_get(v->mx, v->at), "tls", tls_of(r));
	v->failed |= r->class != MAIL_OK;
	v->at++;
	next_host(v);
}

static void
test_host(struct sts_verify *v)
{
	struct mail_hop *hop = &v->hops[v->at];
	struct mail_job *job = mem_new(v, struct mail_job);

	job->verb = MAIL_TEST;
	job->policy = "mtastsverify";
	job->host = hop->host;
	job->port = hop->port;
	job->secure = MAIL_SECURE_TLS;
	job->direct = true;
	job->from = "";
	job->timeouts = mail_timeouts_default;
	job->timeouts.total = HOST_TIME;
	mailer_configure(v->engine->mailer, job);
	job->trust = sts_with_trust(job, v->engine->sts, job->trust);
	job->hops = hop;
	job->hop_count = 1;
	mailer_submit(v, v->engine->mailer, job, on_host, v);
}

static void
next_host(struct sts_verify *v)
{
	const struct mail_hop *hop;
	bool matches;

	if (v->at == v->hop_count) {
		conclude(v, v->failed ? "failed" : "valid");
		return;
	}
	hop = &v->hops[v->at];
	matches = sts_policy_matches(v->policy, hop->host);
	v->failed |= !matches;
	json_array_append_new(
		v->mx, json_pack("{s:s, s:b, s:n}", "host", hop->host, "matches", matches, "tls"));
	say(v, "MX record(%s) found for %s", hop->host, v->domain);
	say(v, matches ? "MX(%s) matches the policy." : "MX(%s) does not match the policy.", hop->host);
	if (hop->address_count == 0) {
		say(v, "No A record found for MX(%s) in %s", hop->host, v->domain);
		v->failed = true;
		v->at++;
		next_host(v);
		return;
	}
	test_host(v);
}

static void
take_hosts(struct sts_verify *v, const struct mail_dns_answer *dns)
{
	v->hops = mem_array(v, struct mail_hop, dns->host_count);
	v->hop_count = dns->host_count;
	for (size_t i = 0; i < dns->host_count; i++) {
		const struct mail_exchanger *from = &dns->hosts[i];
		struct mail_hop *hop = &v->hops[i];

		hop->host = mem_strdup(v, from->name);
		hop->port = SMTP_PORT;
		hop->tls = HOP_TLS_STS;
		hop->domain = hop->sts_domain = v->domain;
		hop->names = mem_array(v, const char *, 1);
		hop->names[0] = hop->host;
		hop->name_count = 1;
		hop->addresses = mem_array(v, const char *, from->address_count);
		for (size_t j = 0; j < from->address_count; j++)
			hop->addresses[hop->address_count++] = mem_strdup(v, from->addresses[j].text);
	}
}

static void
on_dns(void *arg, const struct mail_dns_answer *dns)
{
	struct sts_verify *v = arg;

	if (dns->null_mx)
		say(v, "NULL MX record found for %s. The domain does not accept mail.", v->domain);
	else if (dns->host_count == 0)
		say(v, "DNS lookup failed for %s (MX): %s", v->domain,
			dns->mx.why != NULL ? dns->mx.why : "no mail host");
	else if (dns->implicit)
		say(v, "No MX record found for %s. Using the domain as host.", v->domain);
	if (dns->null_mx || dns->host_count == 0) {
		conclude(v, "failed");
		return;
	}
	take_hosts(v, dns);
	next_host(v);
}

/* ---- the policy ---- */

static void
keep_policy(struct sts_verify *v, const struct sts_policy *p)
{
	json_t *mx = json_array();

	for (size_t i = 0; i < p->mx_count; i++)
		json_array_append_new(mx, json_string(p->mx[i]));
	json_object_set_new(v->document, "policy",
		json_pack("{s:s, s:s, s:s, s:I, s:o}", "version", "STSv1", "id", p->id, "mode",
			sts_mode_name(p->mode), "max_age", (json_int_t)p->max_age, "mx", mx));
	v->policy = sts_policy_parse(v, p->text, strlen(p->text), NULL);
}

/* The text as it was served, a line each. */
static void
tell_policy(struct sts_verify *v, const struct sts_policy *p)
{
	const char *at = p->text;

	say(v, "Successfully fetched MTA-STS policy for domain(%s)", v->domain);
	while (*at != '\0') {
		size_t n = strcspn(at, "\r\n");

		if (n > 0)
			say(v, "    %.*s", (int)n, at);
		at += n;
		at += strspn(at, "\r\n");
	}
}

static void
on_found(void *arg, const struct sts_findings *f)
{
	struct sts_verify *v = arg;
	struct mail_dns_question question = { .kind = MAIL_DNS_DOMAIN, .name = v->domain };

	json_object_set_new(v->document, "txt", f->txt == NULL ? json_null() : json_string(f->txt));
	if (f->id == NULL) {
		if (f->no_answer)
			say(v, "MTA-STS TXT record of domain(%s) not known: %s", v->domain, f->txt_error);
		else
			say(v, "No MTA-STS TXT record for domain(%s): %s", v->domain, f->txt_error);
		if (f->txt != NULL || f->no_answer)
			json_object_set_new(v->document, "policy_error", json_string(f->txt_error));
		conclude(v, f->no_answer ? "failed" : "no-policy");
		return;
	}
	say(v, "Successfully fetched MTA-STS TXT record for domain(%s)", v->domain);
	say(v, "    %s", f->txt);
	say(v, "Fetching https://mta-sts.%s" WELL_KNOWN, v->domain);
	if (f->policy == NULL) {
		say(v, "Failure encountered while fetching MTA-STS policy for the domain(%s): %s", v->domain,
			f->error);
		json_object_set_new(v->document, "policy_error", json_string(f->error));
		conclude(v, "failed");
		return;
	}
	keep_policy(v, f->policy);
	tell_policy(v, f->policy);
	if (f->policy->mode == STS_NONE)
		conclude(v, "none");
	else
		resolver_ask(v, v->engine->resolver, &question, on_dns, v);
}

/* From the loop, so that nothing is told inside the caller. */
static void
on_begin(void *arg)
{
	struct sts_verify *v = arg;

	mem_free(v->begin);
	v->begin = NULL;
	sts_discover(v, v->engine->sts, v->domain, on_found, v);
}

static int
verify_free(void *p)
{
	struct sts_verify *v = p;

	json_decref(v->document);
	return 0;
}

struct sts_verify *
sts_verify(const void *ctx, struct engine *engine, const char *domain, sts_line_f *line, sts_verdict_f *done,
	void *arg, struct err *err)
{
	struct sts_verify *v = mem_new(ctx, struct sts_verify);
	char *name = hostname_to_ascii(v, domain, strlen(domain), err);

	if (name == NULL) {
		mem_free(v);
		return NULL;
	}
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	v->engine = engine;
	v->domain = name;
	v->line = line;
	v->done = done;
	v->arg = arg;
	v->mx = json_array();
	v->document = json_pack(
		"{s:s, s:n, s:n, s:n, s:o}", "domain", name, "txt", "policy", "policy_error", "mx", v->mx);
	mem_on_free(v, verify_free);
	v->begin = timer_after(v, engine->loop, 0, on_begin, v);
	return v;
}
