/* Discovery of one policy: DNS, then the web. */
#include "actions/mail/sts/fetch.h"

#include <string.h>

#include "actions/mail/dns/resolver.h"
#include "actions/mail/maillog.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

#define WELL_KNOWN "/.well-known/mta-sts.txt"

/* ---- the record ---- */

struct record_ask {
	struct engine *engine;
	const char *domain;
	sts_record_f *done;
	void *arg;
};

static const char *
find_record(const struct mail_dns_answer *answer)
{
	for (size_t i = 0; i < answer->text_count; i++)
		if (strncmp(answer->texts[i], "v=STSv1", 7) == 0)
			return answer->texts[i];
	return NULL;
}

static void
on_texts(void *arg, const struct mail_dns_answer *answer)
{
	struct record_ask *a = arg;
	struct sts_record r = { .txt = find_record(answer) };
	struct err err = ERR_INIT;

	if (answer->txt.state == DNS_LOOKUP_FAILED || answer->txt.state == DNS_BOGUS) {
		r.no_answer = true;
		r.txt = NULL;
		r.error = mem_printf(a, "%s _mta-sts.%s%s%s",
			answer->txt.state == DNS_BOGUS ? "the answer of the DNS is BOGUS for"
						       : "the DNS does not answer for",
			a->domain, answer->txt.why != NULL ? ": " : "",
			answer->txt.why != NULL ? answer->txt.why : "");
	} else {
		r.id = sts_record_id(a, answer->texts, answer->text_count, &err);
		r.error = r.id == NULL ? err.text : NULL;
	}
	if (r.id != NULL)
		maillog_add(a->engine, MAILLOG_INFO, "Successfully fetched MTA-STS TXT record for domain(%s)",
			a->domain);
	else if (r.no_answer)
		maillog_add(a->engine, MAILLOG_INFO, "MTA-STS TXT record of domain(%s) not known: %s",
			a->domain, r.error);
	else
		maillog_add(a->engine, MAILLOG_INFO, "No MTA-STS TXT record for domain(%s)", a->domain);
	mem_steal(a->engine, a); /* `done` may free what it was asked in */
	a->done(a->arg, &r);
	mem_free(a);
}

void
sts_fetch_record(const void *ctx, struct engine *engine, const char *domain, const char *label,
	sts_record_f *done, void *arg)
{
	struct record_ask *a = mem_new(ctx, struct record_ask);
	struct mail_dns_question question = {
		.kind = MAIL_DNS_TXT,
		.name = mem_printf(a, "_mta-sts.%s", domain),
		.label = label,
	};

	a->engine = engine;
	a->domain = mem_strdup(a, domain);
	a->done = done;
	a->arg = arg;
	resolver_ask(a, engine->resolver, &question, on_texts, a);
}

/* ---- the policy ---- */

struct policy_ask {
	struct engine *engine;
	struct web *web;
	const char *domain, *id;
	struct web_request *request;
	sts_fetched_f *done;
	void *arg;
};

static void
finish(struct policy_ask *a, const struct sts_fetched *f)
{
	if (f->policy == NULL) {
		maillog_add(a->engine, MAILLOG_DEBUG,
			"Request to fetch STS policy failed due to %s., for the domain %s", f->reason,
			a->domain);
		maillog_add(a->engine, MAILLOG_INFO,
			"Failure encountered while fetching MTA-STS policy for the domain(%s)", a->domain);
	}
	mem_steal(a->engine, a);
	a->done(a->arg, f);
	mem_free(a);
}

static void
on_answer(void *arg, const struct web_answer *answer)
{
	struct policy_ask *a = arg;
	struct sts_fetched f = { .reason = answer->reason };
	struct err err = ERR_INIT;

	if (answer->failure != WEB_OK) {
		f.failure = answer->failure == WEB_TLS ? STS_WEBPKI_INVALID : STS_FETCH_ERROR;
		finish(a, &f);
		return;
	}
	f.policy = sts_policy_parse(a, answer->text, answer->text_len, &err);
	if (f.policy == NULL) {
		f.failure = STS_POLICY_INVALID;
		f.reason = mem_printf(a, "a malformed policy (%s)", err.text);
	} else {
		f.policy->domain = mem_strdup(f.policy, a->domain);
		f.policy->id = mem_strdup(f.policy, a->id);
	}
	finish(a, &f);
}

static void
on_addresses(void *arg, const struct mail_dns_answer *answer)
{
	struct policy_ask *a = arg;
	struct web_request *r = a->request;
	const struct mail_exchanger *host = answer->host_count > 0 ? &answer->hosts[0] : NULL;
	size_t n = host == NULL ? 0 : host->address_count;

	if (n == 0) {
		struct sts_fetched f = { .failure = STS_FETCH_ERROR };

		f.reason = mem_printf(a, "a connection failure (%s has no address)", r->host);
		finish(a, &f);
		return;
	}
	r->addresses = mem_array(r, const char *, n);
	for (size_t i = 0; i < n; i++)
		r->addresses[r->address_count++] = mem_strdup(r, host->addresses[i].text);
	web_submit(a, a->web, r, on_answer, a);
}

static struct web_request *
make_request(const void *ctx, const char *domain, const struct sts_fetch_how *how)
{
	struct web_request *r = mem_new(ctx, struct web_request);

	r->host = mem_printf(r, "mta-sts.%s", domain);
	r->url = mem_printf(r, "https://%s" WELL_KNOWN, r->host);
	r->port = 443;
	r->proxy = mem_strdup(r, how->proxy);
	r->trust = how->trust == NULL ? NULL : mem_steal(r, how->trust);
	r->plain_text = true;
	return r;
}

void
sts_fetch_policy(const void *ctx, struct engine *engine, struct web *web, const char *domain, const char *id,
	const struct sts_fetch_how *how, sts_fetched_f *done, void *arg)
{
	struct policy_ask *a = mem_new(ctx, struct policy_ask);
	struct mail_dns_question question = { .kind = MAIL_DNS_HOST, .label = how->label };

	a->engine = engine;
	a->web = web;
	a->domain = mem_strdup(a, domain);
	a->id = mem_strdup(a, id);
	a->done = done;
	a->arg = arg;
	a->request = make_request(a, domain, how);
	maillog_add(engine, MAILLOG_DEBUG, "Fetch MTA-STS policy for the domain(%s)", domain);
	if (how->proxy != NULL) { /* which finds the host by itself */
		maillog_add(engine, MAILLOG_DEBUG, "Requesting MTA-STS policy fetch via proxy");
		web_submit(a, web, a->request, on_answer, a);
		return;
	}
	question.name = a->request->host;
	resolver_ask(a, engine->resolver, &question, on_addresses, a);
}
