/* The DNS and the policies of a scenario. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#include "actions/mail/dns/resolver.h"
#include "actions/mail/sts/sts.h"
#include "core/mem.h"

#define HOSTS_MAX 8

/* Words of the states, and what they mean. */
static const struct {
	const char *word;
	struct dns_status status;
} states[] = {
	{ "secure", { DNS_SECURE, DNS_RECORDS, 300, NULL } },
	{ "insecure", { DNS_INSECURE, DNS_RECORDS, 300, NULL } },
	{ "tlsa", { DNS_SECURE, DNS_RECORDS, 300, NULL } },
	{ "none", { DNS_SECURE, DNS_NODATA, 300, NULL } },
	{ "nxdomain", { DNS_SECURE, DNS_NXDOMAIN, 300, NULL } },
	{ "unknown", { DNS_INSECURE, DNS_NXDOMAIN, 300, NULL } },
	{ "nullmx", { DNS_SECURE, DNS_RECORDS, 300, NULL } },
	{ "bogus", { DNS_BOGUS, DNS_NODATA, 0, "the signature has expired" } },
	{ "failed", { DNS_LOOKUP_FAILED, DNS_NODATA, 0, "SERVFAIL" } },
};

struct said_host {
	char name[80], address[16], tlsa[16];
};

struct said {
	struct said *next;
	const char *domain, *mx;
	struct said_host hosts[HOSTS_MAX];
	size_t count;
	enum sts_mode mode;
	const char *pattern; /* NULL: no policy was said */
};

struct names {
	struct world *world;
	struct said *first;
};

static bool
status_of(const char *word, struct dns_status *status)
{
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (strcmp(states[i].word, word) == 0) {
			*status = states[i].status;
			return true;
		}
	return false;
}

static struct said *
find(const struct names *n, const char *domain)
{
	struct said *s = n->first;

	while (s != NULL && strcmp(s->domain, domain) != 0)
		s = s->next;
	return s;
}

static struct said *
find_or_add(struct world *w, const char *domain)
{
	struct said *s = find(w->names, domain);

	if (s != NULL)
		return s;
	s = mem_new(w->names, struct said);
	s->domain = mem_strdup(s, domain);
	s->next = w->names->first;
	w->names->first = s;
	return s;
}

/* ---- answers ---- */

static void
fill_host(struct mail_dns_answer *a, const struct said_host *from)
{
	static const unsigned char digest[32] = { 0xab };
	struct mail_exchanger *h = &a->hosts[a->host_count++];

	h->name = mem_strdup(a, from->name);
	status_of(from->address, &h->a);
	h->aaaa = (struct dns_status){ h->a.state, DNS_NODATA, 300, h->a.why };
	h->tlsa.state = DNS_NOT_ASKED;
	if (h->a.found == DNS_RECORDS) {
		h->addresses = mem_new(a, struct dns_address);
		h->addresses[0].text = mem_printf(a, "192.0.2.%zu", a->host_count);
		h->address_count = 1;
	}
	if (h->a.state != DNS_SECURE)
		return;
	status_of(from->tlsa, &h->tlsa);
	if (h->tlsa.state != DNS_SECURE || h->tlsa.found != DNS_RECORDS)
		return;
	h->tlsa_base = h->name;
	h->records = mem_new(a, struct dane_record);
	*h->records = (struct dane_record){ DANE_EE, DANE_SPKI, DANE_SHA2_256, digest, sizeof digest };
	h->record_count = 1;
}

static struct mail_dns_answer *
answer(void *arg, const void *ctx, const struct mail_dns_question *q, usec *after)
{
	const struct said *s = find(arg, q->name);
	struct mail_dns_answer *a = mem_new(ctx, struct mail_dns_answer);

	*after = 0;
	a->domain = mem_strdup(a, q->name);
	a->is_relay = q->kind == MAIL_DNS_HOST;
	a->hosts = mem_array(a, struct mail_exchanger, HOSTS_MAX);
	status_of(s != NULL && s->mx != NULL ? s->mx : "failed", &a->mx);
	a->null_mx = s != NULL && s->mx != NULL && strcmp(s->mx, "nullmx") == 0;
	for (size_t i = 0; s != NULL && i < s->count; i++)
		fill_host(a, &s->hosts[i]);
	return a;
}

static struct sts_policy *
policy(void *arg, const void *ctx, const char *domain, const char **why)
{
	const struct said *s = find(arg, domain);
	struct sts_policy *p;

	*why = "no TXT record";
	if (s == NULL || s->pattern == NULL)
		return NULL;
	p = mem_new(ctx, struct sts_policy);
	p->domain = mem_strdup(p, domain);
	p->id = "1";
	p->mode = s->mode;
	p->max_age = 86400;
	p->mx = mem_array(p, const char *, 1);
	p->mx[0] = mem_strdup(p, s->pattern);
	p->mx_count = 1;
	p->text = "";
	*why = NULL;
	return p;
}

void
names_new(struct world *w)
{
	w->names = mem_new(w, struct names);
	w->names->world = w;
	resolver_fake(w->engine->resolver, answer, w->names);
	sts_fake(w->engine->sts, policy, w->names);
}

/* ---- verbs ---- */

static bool
read_host(struct world *w, struct said *s, const char *line)
{
	struct said_host *h = &s->hosts[s->count];
	struct dns_status ignored;

	snprintf(h->tlsa, sizeof h->tlsa, "none");
	if (s->count == HOSTS_MAX || sscanf(line, " %79s %15s %15s", h->name, h->address, h->tlsa) < 2 ||
		!status_of(h->address, &ignored) || !status_of(h->tlsa, &ignored))
		return world_fail(w, "'%s' is no host with states", line);
	s->count++;
	return true;
}

bool
verb_dns(struct world *w, const struct statement *st)
{
	struct said *s = find_or_add(w, st->word[1]);
	struct dns_status ignored;
	bool good = true;

	if (st->n < 3 || !status_of(st->word[2], &ignored))
		return world_fail(w, "dns DOMAIN STATE { HOST STATE [STATE] }");
	s->mx = mem_strdup(s, st->word[2]);
	s->count = 0;
	for (const char *at = st->block; good && at != NULL && *at != '\0'; at += strcspn(at, "\n") + 1) {
		char *line = mem_strndup(w, at, strcspn(at, "\n"));

		good = read_host(w, s, line);
		mem_free(line);
	}
	return good;
}

bool
verb_sts(struct world *w, const struct statement *st)
{
	struct said *s = find_or_add(w, st->word[1]);

	if (st->n < 4)
		return world_fail(w, "sts DOMAIN enforce|testing|none PATTERN");
	for (int m = 0; m < STS_MODE_COUNT; m++)
		if (strcmp(sts_mode_name((enum sts_mode)m), st->word[2]) == 0) {
			s->mode = (enum sts_mode)m;
			s->pattern = mem_strdup(s, st->word[3]);
			return true;
		}
	return world_fail(w, "'%s' is no mode", st->word[2]);
}
