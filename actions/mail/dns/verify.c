/* What `daneverify` does with an answer of the DNS. */
#include "actions/mail/dns/verify.h"

#include <stdarg.h>
#include <string.h>

#include "actions/mail/destination/dane_decide.h"
#include "actions/mail/dns/contact.h"
#include "core/frame.h"
#include "core/mem.h"
#include "core/text.h"

struct verify {
	const struct mail_dns_answer *answer;
	unsigned port;
	verify_step_f *f;
	void *arg;
	bool success;
	bool unknown; /* something could not be looked up */
	bool failed;  /* something was, and is not as DANE wants it */
};

/* ---- steps ------------------------------------------------------------------------------------------- */

static json_t *step(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static json_t *
step(const char *name, const char *fmt, ...)
{
	json_t *j = json_object();
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = mem_vprintf(NULL, fmt, ap);
	va_end(ap);
	json_object_set_new(j, "step", json_string(name));
	json_object_set_new(j, "text", frame_string(text, strlen(text)));
	mem_free(text);
	return j;
}

static void
set(json_t *j, const char *key, const char *value)
{
	if (value != NULL)
		json_object_set_new(j, key, frame_string(value, strlen(value)));
}

static void
set_status(json_t *j, const struct dns_status *s)
{
	static const char *const found[] = { "RECORDS", "NXDOMAIN", "NODATA" };

	set(j, "state", dns_state_name(s->state));
	if (s->state == DNS_SECURE || s->state == DNS_INSECURE)
		set(j, "found", found[s->found]);
	set(j, s->state == DNS_BOGUS ? "why_bogus" : "reason", s->why);
}

static void
tell(struct verify *v, json_t *j)
{
	v->f(v->arg, j);
}

static const char *
why(const struct dns_status *s)
{
	return s->why != NULL ? s->why : "no answer";
}

static json_t *
lookup_failed(
	struct verify *v, const char *name, const char *type, const char *of, const struct dns_status *s)
{
	json_t *j = step(of, "DNS lookup failed for %s (%s): %s", name, type, why(s));

	v->unknown = true;
	set_status(j, s);
	return j;
}

/* ---- the certificate -------------------------------------------------------------------------------- */

/* The record that fitted, and where in the chain: from the facts of the connection. */
static void
tell_certificate(struct verify *v, const struct mail_exchanger *h, const struct contact_tls *tls)
{
	json_t *j = tls->matches ? step("certificate", "Certificate verification successful")
				 : step("certificate", "Certificate verification failed: %s", tls->reason);
	json_t *matched = json_object_get(tls->facts, "dane");

	set(j, "host", h->name);
	json_object_set_new(j, "verified", json_boolean(tls->matches));
	if (tls->matches && matched != NULL)
		json_object_set(j, "matched", matched);
	if (!tls->matches)
		set(j, "reason", tls->reason);
	tell(v, j);
}

/* True: the host is as DANE wants it. */
static bool
check_tls(struct verify *v, const struct mail_exchanger *h, const struct dane_host *d, struct contact *c)
{
	const struct contact_want want = { .host = h->name,
		.names = d->names,
		.name_count = d->name_count,
		.records = h->records,
		.record_count = h->record_count };
	struct contact_tls tls;
	struct err err = ERR_INIT;
	json_t *j;

	tell(v, step("starttls", "Checking TLS connection."));
	if (!contact_starttls(c, &err)) {
		bool missing = strcmp(err.class, "TLS_NOT_OFFERED") == 0;

		j = missing ? step("starttls", "STARTTLS not offered by %s.", h->name)
			    : step("starttls", "TLS connection failed: %s.", err.text);
		set(j, "reason", err.text);
		tell(v, j);
		return false;
	}
	if (!contact_tls(c, &want, &tls, &err)) {
		j = step("tls", "TLS connection failed: %s.", err.text);
		set(j, "reason", err.text);
		tell(v, j);
		return false;
	}
	j = step("tls", "TLS connection established: protocol %s, cipher %s.", tls.version, tls.cipher);
	json_object_set(j, "tls", tls.facts);
	tell(v, j);
	tell_certificate(v, h, &tls);
	if (tls.matches)
		tell(v, step("tls", "TLS connection succeeded %s.", v->answer->domain));
	return tls.matches;
}

/* ---- TLSA ---------------------------------------------------------------------------------------------- */

static json_t *
no_usable(const struct mail_dns_answer *a, const struct mail_exchanger *h)
{
	struct text *t = text_new(NULL);
	json_t *j;

	for (size_t i = 0; i < h->record_count; i++)
		text_printf(t, "%s%u %u %u", i == 0 ? "" : ", ", h->records[i].usage, h->records[i].selector,
			h->records[i].matching);
	j = step("tlsa", "No usable TLSA record found for MX(%s) in %s (%s)", h->name, a->domain, t->s);
	mem_free(t);
	return j;
}

/* True: there are records that can decide. */
static bool
tell_tlsa(struct verify *v, const struct mail_exchanger *h, const struct dane_host *d)
{
	const struct mail_dns_answer *a = v->answer;
	const struct dns_status *s = &h->tlsa;
	bool usable = d->outcome == DANE_HOST_RECORDS;
	json_t *j;

	if (s->state == DNS_LOOKUP_FAILED || s->state == DNS_NOT_ASKED) {
		char *name = mem_printf(NULL, "_%u._tcp.%s", v->port, h->name);

		j = lookup_failed(v, name, "TLSA", "tlsa", s);
		mem_free(name);
	} else if (s->state == DNS_BOGUS || s->found == DNS_RECORDS) {
		j = usable || s->state != DNS_SECURE ? step("tlsa", "%s TLSA record found for MX(%s) in %s",
							       dns_state_name(s->state), h->name, a->domain)
						     : no_usable(a, h);
		set_status(j, s);
	} else {
		j = step("tlsa", "NXDOMAIN TLSA record for MX(%s) in %s", h->name, a->domain);
		set_status(j, s);
	}
	set(j, "host", h->name);
	set(j, "tlsa_base", h->tlsa_base);
	if (h->record_count > 0)
		json_object_set_new(j, "records", dane_records_to_json(h->records, h->record_count));
	tell(v, j);
	v->failed |= !usable && s->state != DNS_LOOKUP_FAILED;
	return usable;
}

/* ---- addresses ------------------------------------------------------------------------------------------ */

static const struct dns_status *
status_of(const struct mail_exchanger *h, const struct dns_address *address)
{
	return address->is_v6 ? &h->aaaa : &h->a;
}

static void
tell_address(struct verify *v, const struct mail_exchanger *h, const struct dns_address *address)
{
	const char *type = address->is_v6 ? "AAAA" : "A";
	const char *state = dns_state_name(status_of(h, address)->state);
	json_t *j = step("address", "%s %s record (%s) found for MX(%s) in %s", state, type, address->text,
		h->name, v->answer->domain);

	set_status(j, status_of(h, address));
	set(j, "host", h->name);
	set(j, "ip", address->text);
	tell(v, j);
}

static struct contact *
visit(struct verify *v, const char *ip)
{
	struct err err = ERR_INIT;
	struct contact *c;
	json_t *j = step("connect", "Connecting to %s on port %u.", ip, v->port);

	set(j, "ip", ip);
	tell(v, j);
	c = contact_open(NULL, ip, v->port, &err);
	if (c == NULL) {
		j = step("connect", "Could not connect to %s on port %u: %s.", ip, v->port, err.text);
		set(j, "reason", err.text);
	} else {
		j = step("connect", "Connected to %s from interface %s.", ip, contact_local(c));
		set(j, "local_ip", contact_local(c));
	}
	set(j, "ip", ip);
	tell(v, j);
	v->failed |= c == NULL;
	return c;
}

/* True: nothing more has to be tried at this host. */
static bool
try_address(struct verify *v, const struct mail_exchanger *h, const struct dane_host *d,
	const struct dns_address *address)
{
	struct contact *c;
	bool over = true;

	tell_address(v, h, address);
	if (status_of(h, address)->state != DNS_SECURE) {
		v->failed = true;
		return false;
	}
	c = visit(v, address->text);
	if (c == NULL)
		return false;
	if (tell_tlsa(v, h, d)) {
		over = check_tls(v, h, d, c);
		v->failed |= !over;
		v->success |= over && d->success;
		if (over && !d->success) {
			json_t *j = step("certificate",
				"MX(%s) is authenticated, but the MX record of %s is INSECURE.", h->name,
				v->answer->domain);

			set(j, "host", h->name);
			tell(v, j);
			v->failed = true;
		}
	}
	mem_free(c);
	return over;
}

/* Families that have no address to show: nothing is said of a plain NODATA while the other has some. */
static void
tell_missing(struct verify *v, const struct mail_exchanger *h, const struct dns_status *s, const char *type)
{
	json_t *j;

	if (s->state == DNS_LOOKUP_FAILED) {
		j = lookup_failed(v, h->name, type, "address", s);
	} else if (s->state == DNS_BOGUS) {
		j = step("address", "BOGUS %s record found for MX(%s) in %s", type, h->name,
			v->answer->domain);
		set_status(j, s);
		v->failed = true;
	} else {
		return;
	}
	set(j, "host", h->name);
	tell(v, j);
}

static void
try_host(struct verify *v, const struct mail_exchanger *h)
{
	void *ctx = mem_ctx(NULL, "daneverify host");
	struct dane_host d = dane_decide_host(ctx, v->answer, h, MAIL_DANE_OPPORTUNISTIC);

	tell_missing(v, h, &h->a, "A");
	tell_missing(v, h, &h->aaaa, "AAAA");
	if (h->address_count == 0 && h->a.state >= DNS_INSECURE && h->aaaa.state >= DNS_INSECURE) {
		json_t *j = step("address", "No A record found for MX(%s) in %s", h->name, v->answer->domain);

		set_status(j, &h->a);
		set(j, "host", h->name);
		tell(v, j);
		v->failed = true;
	}
	for (size_t i = 0; i < h->address_count; i++) {
		if (i > 0)
			tell(v, step("next", "Trying next %s record (%s) for MX(%s) in %s",
					h->addresses[i].is_v6 ? "AAAA" : "A", h->addresses[i].text, h->name,
					v->answer->domain));
		if (try_address(v, h, &d, &h->addresses[i]))
			break;
	}
	mem_free(ctx);
}

/* ---- MX ---------------------------------------------------------------------------------------------------- */

static void
tell_mx(struct verify *v, const struct mail_exchanger *h)
{
	const struct mail_dns_answer *a = v->answer;
	const char *state = dns_state_name(a->mx.state);
	json_t *j = step("mx", "%s MX record(%s) found for %s", state, h->name, a->domain);

	set_status(j, &a->mx);
	set(j, "host", h->name);
	json_object_set_new(j, "preference", json_integer(h->preference));
	tell(v, j);
	if (a->mx.state == DNS_SECURE)
		return;
	j = step("mx", "%s MX record(%s) found. The command will still proceed.", state, h->name);
	set(j, "host", h->name);
	tell(v, j);
}

/* What is said when no host is named. True: there is one all the same, the domain. */
static bool
tell_no_mx(struct verify *v)
{
	const struct mail_dns_answer *a = v->answer;
	json_t *j;

	if (a->mx.state == DNS_LOOKUP_FAILED)
		j = lookup_failed(v, a->domain, "MX", "mx", &a->mx);
	else if (a->mx.state == DNS_BOGUS)
		j = step("mx", "BOGUS MX record found for %s", a->domain);
	else if (a->null_mx)
		j = step("mx", "NULL MX record found for %s. The domain does not accept mail.", a->domain);
	else if (a->implicit)
		j = step("mx", "No MX record found for %s. Using the domain as host.", a->domain);
	else
		j = step("mx", "NXDOMAIN: no MX record found for %s", a->domain);
	v->failed |= a->mx.state != DNS_LOOKUP_FAILED && !a->implicit;
	if (a->mx.state != DNS_LOOKUP_FAILED)
		set_status(j, &a->mx);
	tell(v, j);
	return a->implicit;
}

enum verify_outcome
dane_verify_domain(const struct mail_dns_answer *a, unsigned port, verify_step_f *f, void *arg)
{
	struct verify v = { .answer = a, .port = port, .f = f, .arg = arg };
	bool named = a->host_count > 0 && !a->implicit;

	if (named || tell_no_mx(&v)) {
		for (size_t i = 0; i < a->host_count && !v.success; i++) {
			if (i > 0)
				tell(&v, step("next", "Trying next MX record in %s", a->domain));
			if (named)
				tell_mx(&v, &a->hosts[i]);
			try_host(&v, &a->hosts[i]);
		}
	}
	tell(&v, v.success ? step("result", "DANE SUCCESS for %s", a->domain)
			   : step("result", "DANE FAILED for %s", a->domain));
	tell(&v, step("result", "DANE verification completed."));
	if (v.success)
		return VERIFY_SUCCESS;
	return v.unknown && !v.failed ? VERIFY_UNKNOWN : VERIFY_FAILED;
}
