/* The decision table of DANE. */
#include "actions/mail/destination/dane_decide.h"

#include <string.h>

#include "core/mem.h"

#define NXDOMAIN_DOUBT (3600 * USEC_PER_SEC)

/* ---- the domain ---------------------------------------------------------------------------------- */

static struct dane_domain
domain(enum dane_domain_outcome outcome, enum mail_class class, const char *why)
{
	return (struct dane_domain){ .outcome = outcome, .class = class, .why = why };
}

static enum mail_class
bogus_class(enum mail_dane mode)
{
	return mode == MAIL_DANE_NONE ? MAIL_DNS_BOGUS : MAIL_DANE_BOGUS;
}

struct dane_domain
dane_decide_domain(const struct mail_dns_answer *a, enum mail_dane mode, usec age)
{
	if (a->is_relay)
		return domain(DANE_DOMAIN_HOSTS, MAIL_OK, NULL);
	if (a->mx.state == DNS_BOGUS)
		return domain(DANE_DOMAIN_QUEUE, bogus_class(mode), a->mx.why);
	if (a->mx.state != DNS_SECURE && a->mx.state != DNS_INSECURE)
		return domain(DANE_DOMAIN_QUEUE, MAIL_DNS_FAILED, a->mx.why);
	if (a->null_mx)
		return domain(DANE_DOMAIN_BOUNCE_NO_MAIL, MAIL_DNS_NODATA, "the domain does not accept mail");
	if (a->mx.found != DNS_NXDOMAIN)
		return domain(DANE_DOMAIN_HOSTS, MAIL_OK, NULL);
	if (a->mx.state == DNS_INSECURE && age < NXDOMAIN_DOUBT)
		return domain(DANE_DOMAIN_QUEUE, MAIL_DNS_FAILED, "there seems to be no such domain");
	return domain(DANE_DOMAIN_BOUNCE, MAIL_DNS_NXDOMAIN, "there is no such domain");
}

/* ---- one host ------------------------------------------------------------------------------------ */

static struct dane_host
next_host(enum mail_class class, const char *why)
{
	return (struct dane_host){ .outcome = DANE_HOST_NEXT, .class = class, .why = why };
}

/* Opportunistic DANE falls back where mandatory DANE goes on to the next host. */
static struct dane_host
fall_back(enum mail_dane mode, enum mail_class class, const char *why)
{
	if (mode == MAIL_DANE_MANDATORY)
		return next_host(class, why);
	return (struct dane_host){ .outcome = DANE_HOST_FALLBACK, .why = why };
}

/* Without an address nobody gets anywhere, whatever the mode. */
static bool
has_address(const struct dns_status *address, enum mail_dane mode, struct dane_host *out)
{
	if (address->state == DNS_BOGUS)
		*out = next_host(bogus_class(mode), address->why);
	else if (address->state != DNS_SECURE && address->state != DNS_INSECURE)
		*out = next_host(MAIL_DNS_FAILED, address->why);
	else if (address->found == DNS_NXDOMAIN)
		*out = next_host(MAIL_DNS_NXDOMAIN, "there is no such host");
	else if (address->found == DNS_NODATA)
		*out = next_host(MAIL_DNS_NODATA, "the host has no address");
	else
		return true;
	return false;
}

static bool
is_named(const struct dane_host *out, const char *name)
{
	for (size_t i = 0; i < out->name_count; i++) {
		if (strcmp(out->names[i], name) == 0)
			return true;
	}
	return false;
}

static void
add_name(struct dane_host *out, const char *name)
{
	if (name != NULL && !is_named(out, name))
		out->names[out->name_count++] = name;
}

static struct dane_host
by_records(const void *ctx, const struct mail_dns_answer *a, const struct mail_exchanger *host,
	enum mail_dane mode)
{
	bool mx_is_secure = a->is_relay || a->mx.state == DNS_SECURE;
	enum dane_use *use = mem_array(NULL, enum dane_use, host->record_count);
	size_t usable = dane_select(host->records, host->record_count, use);
	struct dane_host out = { .outcome = DANE_HOST_RECORDS, .success = mx_is_secure };

	if (usable > 0 && mx_is_secure) {
		out.why = NULL;
	} else if (mode == MAIL_DANE_MANDATORY) {
		out = usable > 0 ? next_host(MAIL_DANE_INSECURE, "the MX records are not signed")
				 : next_host(MAIL_DANE_NO_TLSA, "no TLSA record is usable");
	} else if (usable == 0) {
		out.outcome = DANE_HOST_ENCRYPT;
		out.success = false;
		out.why = "no TLSA record is usable";
	} else {
		out.why = "host authenticated, MX insecure";
	}
	if (out.outcome == DANE_HOST_RECORDS) {
		out.records = mem_array(ctx, const struct dane_record *, usable);
		for (size_t i = 0; i < host->record_count; i++) {
			if (use[i] == DANE_COUNTS)
				out.records[out.record_count++] = &host->records[i];
		}
		add_name(&out, host->tlsa_base);
		add_name(&out, host->name);
		if (mx_is_secure)
			add_name(&out, a->domain);
	}
	mem_free(use);
	return out;
}

struct dane_host
dane_decide_host(const void *ctx, const struct mail_dns_answer *a, const struct mail_exchanger *host,
	enum mail_dane mode)
{
	const struct dns_status *address = mail_exchanger_status(host);
	const struct dns_status *tlsa = &host->tlsa;
	struct dane_host out;

	if (!has_address(address, mode, &out))
		return out;
	if (mode == MAIL_DANE_NONE)
		return (struct dane_host){ .outcome = DANE_HOST_FALLBACK };
	if (address->state == DNS_INSECURE)
		return fall_back(mode, MAIL_DANE_INSECURE, "the address is not signed");
	if (tlsa->state == DNS_BOGUS)
		return next_host(MAIL_DANE_BOGUS, tlsa->why);
	if (tlsa->state == DNS_LOOKUP_FAILED)
		return next_host(MAIL_DNS_FAILED, tlsa->why);
	if (tlsa->state == DNS_INSECURE)
		return fall_back(mode, MAIL_DANE_INSECURE, "the TLSA records are not signed");
	if (tlsa->state == DNS_NOT_ASKED || tlsa->found != DNS_RECORDS)
		return fall_back(mode, MAIL_DANE_NO_TLSA, "there is no TLSA record");
	return by_records(ctx, a, host, mode);
}
