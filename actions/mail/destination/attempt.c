/* One attempt: policy, DNS, plan, then the mailer. */
#include "actions/mail/destination/attempt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "actions/mail/destination/plan.h"
#include "actions/mail/dns/resolver.h"
#include "actions/mail/dns/wire.h"
#include "actions/mail/hostname.h"
#include "actions/mail/maillog.h"
#include "actions/mail/mailer.h"
#include "actions/mail/recorder/recorder.h"
#include "actions/mail/report/tlsrpt.h"
#include "actions/mail/sts/sts.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"

#define SESSION_MAILS \
	50 /* of one connection, where the profile says nothing (mail-security 11.1: ESA's default) */

struct attempt {
	struct engine *engine;
	struct mail_job *job;
	enum mail_dane dane; /* of a named server: the action's word and `mail relay` */
	mail_attempt_f *done;
	void *arg;
	const char *label; /* "MID 7", or NULL */

	struct mail_profile profile; /* of a domain, as it was when the attempt began */
	struct mail_smtp_route route;
	bool has_route;
	struct sts_policy *sts; /* in force, or NULL */

	struct timer *deadline, *begin;
	usec began, began_wall;
	struct text *trace; /* what was asked and answered, for the flight recorder */
	struct mail_plan *plan;
};

/* ---- ends ---- */

static void
finish(struct attempt *a, const struct mail_result *r)
{
	mail_attempt_f *done = a->done;
	void *arg = a->arg;

	mem_steal(a->engine, a); /* `done` may free what the attempt was made in */
	done(arg, r);
	mem_free(a);
}

static void
keep_hops(struct mail_result *r, const struct mail_plan *p)
{
	r->hops = mem_array(r, struct mail_hop_result, p->hop_count);
	for (size_t i = 0; i < p->hop_count; i++) {
		const struct mail_hop *h = &p->hops[i];

		r->hops[r->hop_count++] = (struct mail_hop_result){ .host = h->host,
			.port = h->port,
			.demanded = h->tls,
			.class = h->refused,
			.phase = h->refused == MAIL_OK                ? PHASE_NONE
				 : h->refused == MAIL_STS_MX_MISMATCH ? PHASE_MX
								      : PHASE_DNS,
			.detail = h->refused_detail,
			.sts_domain = h->sts_domain };
	}
}

static void
tell_refused(const struct attempt *a, const struct mail_plan *p)
{
	for (size_t i = 0; i < p->hop_count; i++)
		if (p->hops[i].refused == MAIL_STS_MX_MISMATCH)
			maillog_add(a->engine, MAILLOG_INFO, "MTA-STS policy for the domain (%s) Failed: %s.",
				p->hops[i].sts_domain, p->hops[i].refused_detail);
}

/* ---- what the recorder keeps of an attempt without a connection ---- */

static void
trace_asked(struct attempt *a, const struct mail_dns_question *q)
{
	text_printf(a->trace, "dns: asked for %s %s%s\n",
		q->kind == MAIL_DNS_DOMAIN ? "the mail hosts of" : "the addresses of", q->name,
		q->want_tlsa ? " and their TLSA records" : "");
}

static void
trace_status(struct attempt *a, const char *what, const struct dns_status *s)
{
	text_printf(a->trace, "dns: %s: %s%s%s\n", what, dns_state_name(s->state), s->why != NULL ? ": " : "",
		s->why != NULL ? s->why : "");
}

static void
trace_answered(struct attempt *a, const struct mail_dns_answer *answer)
{
	if (answer->mx.state != DNS_NOT_ASKED)
		trace_status(a, "mail hosts", &answer->mx);
	for (size_t i = 0; i < answer->host_count; i++)
		trace_status(a, answer->hosts[i].name, mail_exchanger_status(&answer->hosts[i]));
}

static void
trace_refused(struct attempt *a)
{
	for (size_t i = 0; i < a->plan->hop_count; i++) {
		const struct mail_hop *h = &a->plan->hops[i];

		if (h->refused != MAIL_OK)
			text_printf(a->trace, "not tried: %s: %s: %s\n", h->host, mail_class_name(h->refused),
				h->refused_detail != NULL ? h->refused_detail : "");
	}
}

/* One of the name servers may be what took the signatures away. */
static const char *
servers_asked(struct attempt *a)
{
	const struct resolve_config *c = resolver_config(a->engine->resolver);
	struct text t;

	if (c->iterate || c->server_count == 0)
		return NULL;
	text_init(&t, a);
	text_add(&t, "'show mail dnssec' says whether DNSSEC is passed by name server");
	for (size_t i = 0; i < c->server_count; i++)
		text_printf(&t, "%s %s", i > 0 ? "," : "", c->servers[i]);
	return t.s;
}

/* Nobody is connected to. */
static void
fail(struct attempt *a, enum mail_class class, enum mail_phase phase, const char *detail, const char *hint)
{
	struct mail_result *r = mail_result_new(NULL, 0);
	const struct mail_job *job = a->job;

	r->class = class;
	r->phase = phase;
	r->detail = detail;
	r->hint = hint;
	if (hint == NULL && (class == MAIL_DNS_BOGUS || class == MAIL_DANE_BOGUS))
		r->hint = servers_asked(a);
	r->direct = job->direct;
	r->host = job->host;
	r->port = job->port;
	if (a->plan != NULL) {
		keep_hops(r, a->plan);
		tell_refused(a, a->plan);
	}
	if (a->plan != NULL && a->plan->status != NULL)
		snprintf(r->reply.enhanced, sizeof r->reply.enhanced, "%s", a->plan->status);
	r->recipients = mem_array(r, struct mail_recipient_result, job->recipient_count);
	r->recipient_count = job->recipient_count;
	for (size_t i = 0; i < job->recipient_count; i++)
		r->recipients[i] = (struct mail_recipient_result){
			.mailbox = job->recipients[i], .class = class, .phase = phase, .reply = r->reply
		};
	if (a->plan != NULL)
		trace_refused(a);
	maillog_add(a->engine, MAILLOG_INFO, "MID %llu delivery failed: %s %s: %s",
		(unsigned long long)job->mid, mail_class_name(class), mail_phase_name(phase),
		detail != NULL ? detail : "");
	tlsrpt_delivery(a->engine, job, r);
	text_printf(a->trace, "ended before a connection: %s %s: %s\n", mail_class_name(class),
		mail_phase_name(phase), detail != NULL ? detail : "");
	recorder_end(a->engine, job, r, a->trace, a->began_wall);
	finish(a, r);
	mem_free(r);
}

static void
on_deadline(void *arg)
{
	fail(arg, MAIL_TIMEOUT, PHASE_DNS, "the time was up before it was known where the mail goes", NULL);
}

static void
on_delivered(void *arg, const struct mail_result *r)
{
	finish(arg, r);
}

/* The job has what is left of its time. */
static void
submit(struct attempt *a)
{
	struct mail_job *job = a->job;
	usec spent = clock_mono(a->engine->clock) - a->began;
	unsigned spent_ms = (unsigned)(spent / USEC_PER_MSEC);

	mem_free(a->deadline);
	a->deadline = NULL;
	job->messages = destination_for(a->engine->destinations, job->host)->max_messages;
	if (job->messages == 0)
		job->messages = SESSION_MAILS;
	job->timeouts.total = spent_ms + 100 < job->timeouts.total ? job->timeouts.total - spent_ms : 100;
	mailer_submit(a, a->engine->mailer, job, on_delivered, a);
}

/* ---- one host without addresses: a route, a server that the action names ---- */

/* Who knows nothing of the name leaves it to the system, whose own table of hosts may. */
static void
on_address(void *arg, const struct mail_dns_answer *answer)
{
	struct attempt *a = arg;
	struct mail_hop *hop = &a->plan->hops[0];
	const struct mail_exchanger *host = answer->host_count > 0 ? &answer->hosts[0] : NULL;

	trace_answered(a, answer);
	if (host != NULL && mail_exchanger_status(host)->state == DNS_BOGUS) {
		fail(a, MAIL_DNS_BOGUS, PHASE_DNS,
			mem_printf(a, "%s: %s", hop->host, mail_exchanger_status(host)->why), NULL);
		return;
	}
	hop->addresses = mem_array(a->plan, const char *, host == NULL ? 0 : host->address_count);
	for (size_t i = 0; host != NULL && i < host->address_count; i++)
		hop->addresses[hop->address_count++] = mem_strdup(a->plan, host->addresses[i].text);
	submit(a);
}

/* As on a router, the configured name servers are asked for every name. */
static bool
is_to_be_asked(const struct attempt *a, const struct mail_hop *hop)
{
	size_t n = strcspn(hop->host, "%");

	return hop->address_count == 0 && !is_ipv4(hop->host, n) && !is_ipv6(hop->host, n) &&
	       resolver_is_configured(a->engine->resolver);
}

static void
ask_address(struct attempt *a, const struct mail_hop *hop)
{
	struct mail_dns_question q = {
		.kind = MAIL_DNS_HOST, .name = hop->host, .port = hop->port, .label = a->label
	};

	trace_asked(a, &q);
	resolver_ask(a, a->engine->resolver, &q, on_address, a);
}

static bool
has_policy(const struct mail_plan *p)
{
	for (size_t i = 0; i < p->hop_count; i++)
		if (p->hops[i].sts_domain != NULL)
			return true;
	return false;
}

static void
carry_out(struct attempt *a, struct mail_plan *p)
{
	a->plan = p;
	a->job->hops = p->hops;
	a->job->hop_count = p->hop_count;
	if (p->class != MAIL_OK) {
		fail(a, p->class, p->phase, p->detail, p->hint);
		return;
	}
	if (p->hop_count == 1 && is_to_be_asked(a, &p->hops[0])) {
		ask_address(a, &p->hops[0]);
		return;
	}
	if (has_policy(p))
		/* RFC 8461 4.1: a root that the sender trusts, for mail or for the web. */
		a->job->sts_trust = sts_with_trust(a->job, a->engine->sts, a->job->trust);
	submit(a);
}

/* ---- a recipient domain ---- */

static bool
uses_dns(const struct attempt *a)
{
	return !a->has_route || a->route.use_dns;
}

static void
plan_domain(struct attempt *a, const struct mail_dns_answer *dns)
{
	struct mail_plan_ask ask = { .domain = a->job->host,
		.profile = &a->profile,
		.route = a->has_route ? &a->route : NULL,
		.dns = dns,
		.sts = a->sts,
		.port = a->job->port,
		.age = a->job->age };
	struct mail_plan *p = mail_plan_domain(a, &ask);

	if (has_policy(p))
		maillog_add(
			a->engine, MAILLOG_INFO, "Applying MTA-STS policy for the domain (%s)", a->job->host);
	carry_out(a, p);
}

static void
on_dns(void *arg, const struct mail_dns_answer *answer)
{
	trace_answered(arg, answer);
	plan_domain(arg, answer);
}

static void
ask_dns(struct attempt *a, enum mail_dns_kind kind, bool want_tlsa, resolver_done_f *done)
{
	struct mail_dns_question q = { .kind = kind,
		.name = a->job->host,
		.port = a->job->port,
		.want_tlsa = want_tlsa,
		.label = a->label };

	trace_asked(a, &q);
	resolver_ask(a, a->engine->resolver, &q, done, a);
}

static struct sts_policy *
copy_policy(const void *ctx, const struct sts_policy *from)
{
	struct sts_policy *p = mem_new(ctx, struct sts_policy);

	*p = *from;
	p->domain = mem_strdup(p, from->domain);
	p->id = p->text = NULL;
	p->mx = mem_array(p, const char *, from->mx_count);
	for (size_t i = 0; i < from->mx_count; i++)
		p->mx[i] = mem_strdup(p, from->mx[i]);
	return p;
}

static void
on_policy(void *arg, const struct sts_policy *policy, const char *why)
{
	struct attempt *a = arg;

	(void)why; /* whoever looked has logged it */
	if (policy != NULL)
		a->sts = copy_policy(a, policy);
	ask_dns(a, MAIL_DNS_DOMAIN, a->profile.dane != MAIL_DANE_NONE, on_dns);
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]": the host itself, no name to ask for (RFC 5321 4.1.3). */
static const char *
literal_address(const struct attempt *a)
{
	const char *s = a->job->host;
	size_t n = strlen(s);

	if (n < 3 || s[0] != '[' || s[n - 1] != ']')
		return NULL;
	if (strncasecmp(s + 1, "IPv6:", 5) == 0)
		return mem_strndup(a, s + 6, n - 7);
	return mem_strndup(a, s + 1, n - 2);
}

/* The domain as the DNS knows it. */
static bool
name_domain(struct attempt *a, struct err *err)
{
	char *name = hostname_to_ascii(a->job, a->job->host, strlen(a->job->host), err);

	for (char *c = name; c != NULL && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	a->job->host = name != NULL ? name : a->job->host;
	return name != NULL;
}

static void
begin_literal(struct attempt *a, const char *address)
{
	struct mail_plan *p;

	if (a->profile.dane == MAIL_DANE_MANDATORY) {
		fail(a, MAIL_DANE_NO_TLSA, PHASE_DNS, "an address has no TLSA records", NULL);
		return;
	}
	p = mail_plan_host(a, address, a->job->port, mail_setting_demand(a->profile.tls));
	p->hops[0].addresses = mem_array(p, const char *, 1);
	p->hops[0].addresses[0] = p->hops[0].host;
	p->hops[0].address_count = 1;
	carry_out(a, p);
}

static void
begin_domain(struct attempt *a)
{
	const struct destinations *d = a->engine->destinations;
	const char *address = literal_address(a);
	const struct mail_smtp_route *route;
	struct err err = ERR_INIT;

	if (address == NULL && !name_domain(a, &err)) {
		fail(a, MAIL_BAD_ADDRESS, PHASE_CONFIG, mem_strdup(a, err.text), NULL);
		return;
	}
	route = destination_route(d, a->job->host);

	/* Copies: the configuration may change while the questions are under way. */
	a->profile = *destination_for(d, a->job->host);
	a->profile.domain = NULL;
	a->profile.bounce = NULL;
	a->has_route = route != NULL;
	if (route != NULL) {
		a->route = *route;
		a->route.host = mem_strdup(a, route->host);
		a->route.domain = NULL;
	}
	a->job->legacy_cn |= a->profile.legacy_cn;
	if (a->job->tls_report) {
		a->profile.tls = MAIL_TLS_PREFERRED;
		a->profile.dane = MAIL_DANE_NONE;
		a->profile.mta_sts = false;
	}
	if (address != NULL && uses_dns(a)) {
		begin_literal(a, address);
		return;
	}
	if (!uses_dns(a)) {
		plan_domain(a, NULL);
		return;
	}
	if (!a->profile.mta_sts) {
		on_policy(a, NULL, NULL);
		return;
	}
	sts_lookup(a, a->engine->sts, a->job->host, a->label, on_policy, a);
}

/* ---- a server that the action names ---- */

/* What the action asks for, and what the profiles of host and recipients add to it. */
static enum mail_hop_tls
demand(const struct attempt *a)
{
	const struct destinations *d = a->engine->destinations;
	const struct mail_job *job = a->job;
	enum mail_hop_tls tls = mail_secure_demand(job->secure);

	tls = mail_stronger_demand(tls, mail_setting_demand(destination_for(d, job->host)->tls));
	for (size_t i = 0; i < job->recipient_count; i++) {
		const char *at = strrchr(job->recipients[i], '@');

		if (at != NULL)
			tls = mail_stronger_demand(tls, mail_setting_demand(destination_for(d, at + 1)->tls));
	}
	/* Left to itself the built-in profile would add "when offered" to `secure none`. */
	return tls == HOP_TLS_PREFERRED ? mail_secure_demand(job->secure) : tls;
}

static void
on_relay(void *arg, const struct mail_dns_answer *answer)
{
	struct attempt *a = arg;

	trace_answered(a, answer);
	carry_out(a, mail_plan_relay(a, answer, a->job->port, a->dane, demand(a)));
}

static void
begin_server(struct attempt *a)
{
	const struct mail_job *job = a->job;
	enum mail_hop_tls tls = demand(a);

	if (a->dane != MAIL_DANE_NONE && job->host_kind == MAIL_HOST_NAME) {
		ask_dns(a, MAIL_DNS_HOST, true, on_relay);
		return;
	}
	if (a->dane == MAIL_DANE_MANDATORY) {
		fail(a, MAIL_DANE_NO_TLSA, PHASE_DNS, "an address has no TLSA records",
			"name the server by its name");
		return;
	}
	carry_out(a, mail_plan_host(a, job->host, job->port, tls));
}

/* ---- */

static void
on_begin(void *arg)
{
	struct attempt *a = arg;

	mem_free(a->begin);
	a->begin = NULL;
	if (a->job->direct)
		begin_domain(a);
	else
		begin_server(a);
}

void
mail_attempt(const void *ctx, struct engine *engine, struct mail_job *job, enum mail_dane dane,
	mail_attempt_f *done, void *arg)
{
	struct attempt *a = mem_new(ctx, struct attempt);
	enum mail_dane of_relay;

	a->engine = engine;
	a->job = mem_steal(a, job);
	a->done = done;
	a->arg = arg;
	a->began = clock_mono(engine->clock);
	a->began_wall = clock_wall(engine->clock);
	a->trace = text_new(a);
	a->label = job->mid == 0 ? NULL : mem_printf(a, "MID %llu", (unsigned long long)job->mid);
	of_relay = job->direct ? MAIL_DANE_NONE : destination_relay(engine->destinations, job->host)->dane;
	a->dane = of_relay > dane ? of_relay : dane;
	a->deadline = timer_after(a, engine->loop, (usec)job->timeouts.total * USEC_PER_MSEC, on_deadline, a);
	/* From the loop, so that `done` never runs inside the caller. */
	a->begin = timer_after(a, engine->loop, 0, on_begin, a);
}
