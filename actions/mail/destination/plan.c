/* The order of precedence of profile, route, DANE and MTA-STS. */
#include "actions/mail/destination/plan.h"

#include <string.h>

#include "actions/mail/destination/dane_decide.h"
#include "core/mem.h"

/* ---- demands ---- */

enum mail_hop_tls
mail_secure_demand(enum mail_secure s)
{
	switch (s) {
	case MAIL_SECURE_NONE:
		return HOP_TLS_NONE;
	case MAIL_SECURE_TLS:
	case MAIL_SECURE_SMTPS:
		return HOP_TLS_VERIFY;
	default:
		return HOP_TLS_PREFERRED;
	}
}

enum mail_hop_tls
mail_setting_demand(enum mail_tls_setting s)
{
	/* ORDER: enum mail_tls_setting */
	static const enum mail_hop_tls demands[MAIL_TLS_SETTING_COUNT] = { HOP_TLS_NONE, HOP_TLS_PREFERRED,
		HOP_TLS_REQUIRED, HOP_TLS_PREFERRED_VERIFY, HOP_TLS_VERIFY, HOP_TLS_VERIFY };

	return demands[s];
}

enum mail_hop_tls
mail_stronger_demand(enum mail_hop_tls a, enum mail_hop_tls b)
{
	/* ORDER: enum mail_hop_tls */
	static const unsigned strength[HOP_TLS_COUNT] = { 0, 1, 3, 2, 4, 5, 5 };

	return strength[b] > strength[a] ? b : a;
}

/* ---- pieces ---- */

static struct mail_plan *
plan_new(const void *ctx)
{
	return mem_new(ctx, struct mail_plan);
}

static struct mail_plan *
refuse_all(struct mail_plan *p, enum mail_class class, enum mail_phase phase, const char *detail)
{
	p->class = class;
	p->phase = phase;
	p->detail = detail;
	return p;
}

static struct mail_hop *
add_hop(struct mail_plan *p, const char *host, unsigned port, const char *domain)
{
	struct mail_hop *h;

	if (p->hops == NULL)
		p->hops = mem_array(p, struct mail_hop, MAIL_HOPS_MAX);
	h = &p->hops[p->hop_count++];
	h->host = mem_strdup(p, host);
	h->port = port;
	h->domain = mem_strdup(p, domain);
	return h;
}

static void
refuse_hop(struct mail_plan *p, struct mail_hop *h, enum mail_class class, const char *detail)
{
	h->refused = class;
	h->refused_detail = mem_strdup(p, detail);
}

static void
add_name(const struct mail_plan *p, struct mail_hop *h, const char *name)
{
	for (size_t i = 0; i < h->name_count; i++)
		if (strcmp(h->names[i], name) == 0)
			return;
	h->names = mem_resize(p, h->names, (h->name_count + 1) * sizeof *h->names);
	h->names[h->name_count++] = mem_strdup(p, name);
}

static void
add_addresses(const struct mail_plan *p, struct mail_hop *h, const struct mail_exchanger *from)
{
	h->addresses = mem_array(p, const char *, from->address_count);
	for (size_t i = 0; i < from->address_count; i++)
		h->addresses[i] = mem_strdup(p, from->addresses[i].text);
	h->address_count = from->address_count;
}

static void
add_records(const struct mail_plan *p, struct mail_hop *h, const struct dane_host *d)
{
	h->records = mem_array(p, struct dane_record, d->record_count);
	for (size_t i = 0; i < d->record_count; i++) {
		h->records[i] = *d->records[i];
		h->records[i].data = mem_dup(p, d->records[i]->data, d->records[i]->len);
	}
	h->record_count = d->record_count;
	h->tls = HOP_TLS_DANE;
	h->dane_success = d->success;
	for (size_t i = 0; i < d->name_count; i++)
		add_name(p, h, d->names[i]);
}

/* Whom the certificate has to name (mail-security 11.1): the domain; hosted ones may name their host. */
static void
demand_setting(const struct mail_plan *p, struct mail_hop *h, enum mail_tls_setting tls, const char *route)
{
	h->tls = mail_setting_demand(tls);
	add_name(p, h, h->domain);
	if (tls == MAIL_TLS_REQUIRED_VERIFY_HOSTED)
		add_name(p, h, h->host);
	if (route != NULL)
		add_name(p, h, route);
}

/* ---- a route to a host ---- */

static struct mail_plan *
by_route(struct mail_plan *p, const struct mail_plan_ask *ask)
{
	const struct mail_smtp_route *r = ask->route;

	if (ask->profile->dane != MAIL_DANE_NONE) {
		p->hint = "set 'dane none' for the domain, or route it to USEDNS";
		return refuse_all(p, MAIL_DANE_ROUTE, PHASE_MX,
			mem_printf(p,
				"mail for %s is routed to %s, which DANE cannot prove to be its destination",
				ask->domain, r->host));
	}
	demand_setting(p, add_hop(p, r->host, r->port, ask->domain), ask->profile->tls, r->host);
	return p;
}

/* ---- the domain's own hosts ---- */

static void
apply_sts(struct mail_plan *p, struct mail_hop *h, const struct sts_policy *sts)
{
	const char *mismatch =
		sts_policy_matches(sts, h->host)
			? NULL
			: mem_printf(p, "%s is no mail host of the policy of %s", h->host, sts->domain);

	h->sts_domain = mem_strdup(p, sts->domain);
	if (sts->mode == STS_TESTING) {
		h->sts_testing = true;
		h->sts_why = mismatch;
		return;
	}
	if (mismatch != NULL) {
		refuse_hop(p, h, MAIL_STS_MX_MISMATCH, mismatch);
		return;
	}
	h->tls = HOP_TLS_STS;
	h->name_count = 0;
	add_name(p, h, h->host);
}

static const char *
host_detail(const struct mail_plan *p, const struct mail_exchanger *host, const char *why)
{
	return mem_printf(p, "%s: %s", host->name, why != NULL ? why : "not to be tried");
}

static void
plan_host(struct mail_plan *p, const struct mail_plan_ask *ask, const struct mail_exchanger *host)
{
	struct dane_host d = dane_decide_host(p, ask->dns, host, ask->profile->dane);
	struct mail_hop *h = add_hop(p, host->name, ask->port, ask->domain);

	add_addresses(p, h, host);
	if (d.outcome == DANE_HOST_NEXT) {
		refuse_hop(p, h, d.class, host_detail(p, host, d.why));
		return;
	}
	if (d.outcome == DANE_HOST_RECORDS) {
		add_records(p, h, &d);
		return;
	}
	demand_setting(p, h, ask->profile->tls, NULL);
	if (d.outcome == DANE_HOST_ENCRYPT)
		h->tls = mail_stronger_demand(h->tls, HOP_TLS_REQUIRED);
	if (ask->profile->mta_sts && ask->sts != NULL && ask->sts->mode != STS_NONE)
		apply_sts(p, h, ask->sts);
}

/*
 * Nobody is left. A mail host without an address may get one, so that only a domain which has neither MX
 * nor address is given up; else the first reason that can pass stands for all.
 */
static struct mail_plan *
nobody(struct mail_plan *p, const struct mail_plan_ask *ask)
{
	const struct mail_hop *first = &p->hops[0];

	for (size_t i = 0; i < p->hop_count; i++) {
		const struct mail_hop *h = &p->hops[i];

		if (mail_outcome(h->refused, 0, true) != MAIL_DEFERRED)
			continue;
		return refuse_all(p, h->refused, h->refused == MAIL_STS_MX_MISMATCH ? PHASE_MX : PHASE_DNS,
			h->refused_detail);
	}
	if (ask->dns->implicit) {
		p->status = "5.1.2";
		return refuse_all(p, first->refused, PHASE_DNS,
			mem_printf(p, "%s has neither a mail host nor an address", ask->domain));
	}
	return refuse_all(p, MAIL_DNS_FAILED, PHASE_DNS,
		mem_printf(p, "no mail host of %s has an address (%s)", ask->domain, first->refused_detail));
}

static bool
has_hop_to_try(const struct mail_plan *p)
{
	for (size_t i = 0; i < p->hop_count; i++)
		if (p->hops[i].refused == MAIL_OK)
			return true;
	return false;
}

static struct mail_plan *
by_dns(struct mail_plan *p, const struct mail_plan_ask *ask)
{
	struct dane_domain d = dane_decide_domain(ask->dns, ask->profile->dane, ask->age);

	if (d.outcome != DANE_DOMAIN_HOSTS) {
		p->status = d.outcome == DANE_DOMAIN_BOUNCE           ? "5.1.2"
			    : d.outcome == DANE_DOMAIN_BOUNCE_NO_MAIL ? "5.1.10"
								      : NULL;
		return refuse_all(p, d.class, PHASE_MX,
			mem_printf(
				p, "%s: %s", ask->domain, d.why != NULL ? d.why : "the MX look-up failed"));
	}
	for (size_t i = 0; i < ask->dns->host_count && i < MAIL_HOPS_MAX; i++)
		plan_host(p, ask, &ask->dns->hosts[i]);
	if (p->hop_count == 0)
		return refuse_all(
			p, MAIL_DNS_FAILED, PHASE_MX, mem_printf(p, "%s: no mail host", ask->domain));
	return has_hop_to_try(p) ? p : nobody(p, ask);
}

struct mail_plan *
mail_plan_domain(const void *ctx, const struct mail_plan_ask *ask)
{
	struct mail_plan *p = plan_new(ctx);

	return ask->route != NULL && !ask->route->use_dns ? by_route(p, ask) : by_dns(p, ask);
}

/* ---- servers that actions name ---- */

struct mail_plan *
mail_plan_host(const void *ctx, const char *host, unsigned port, enum mail_hop_tls tls)
{
	struct mail_plan *p = plan_new(ctx);
	struct mail_hop *h = add_hop(p, host, port, host);

	h->tls = tls; /* no names: the host itself, be it a name or an address */
	return p;
}

struct mail_plan *
mail_plan_relay(const void *ctx, const struct mail_dns_answer *dns, unsigned port, enum mail_dane mode,
	enum mail_hop_tls tls)
{
	struct mail_plan *p = plan_new(ctx);
	const struct mail_exchanger *host = dns->hosts;
	struct dane_host d;
	struct mail_hop *h;

	if (dns->host_count == 0)
		return refuse_all(p, MAIL_DNS_FAILED, PHASE_DNS, mem_printf(p, "%s: no answer", dns->domain));
	d = dane_decide_host(p, dns, host, mode);
	h = add_hop(p, dns->domain, port, dns->domain);
	add_addresses(p, h, host);
	if (d.outcome == DANE_HOST_NEXT) {
		refuse_hop(p, h, d.class, host_detail(p, host, d.why));
		return refuse_all(p, d.class, PHASE_DNS, h->refused_detail);
	}
	if (d.outcome == DANE_HOST_RECORDS) {
		add_records(p, h, &d);
		return p;
	}
	h->tls = d.outcome == DANE_HOST_ENCRYPT ? mail_stronger_demand(tls, HOP_TLS_REQUIRED) : tls;
	return p;
}
