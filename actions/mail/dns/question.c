/* One question about where mail goes, answered by several look-ups. */
#include "actions/mail/dns/question.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "actions/mail/dns/rdata.h"
#include "core/mem.h"

#define SMTP_PORT 25

/* What is being found out about one host. */
struct search {
	struct question *question;
	struct mail_exchanger *host;
	const char *canonical; /* where its name's CNAMEs lead, all of them SECURE; or NULL */
	unsigned pending;      /* look-ups of addresses */
	unsigned random;       /* among hosts of equal preference */
};

struct question {
	struct validator *validator;
	enum mail_dns_kind kind;
	unsigned port;
	bool want_tlsa;
	struct question_hooks hooks;
	struct mail_dns_answer *answer;
	struct search *searches;
	size_t pending; /* hosts */
};

static void
ask(struct question *q, const char *name, int type, lookup_f *done, void *arg)
{
	if (q->hooks.seen != NULL)
		q->hooks.seen(q->hooks.arg, name, type, NULL);
	validator_ask(q, q->validator, name, type, done, arg);
}

/* Keeps the status and tells the hook. */
static void
take(struct question *q, struct dns_status *status, const struct lookup_result *r)
{
	if (q->hooks.seen != NULL)
		q->hooks.seen(q->hooks.arg, r->name, r->type, r);
	*status = r->status;
	status->why = mem_strdup(q->answer, r->status.why);
}

static bool
has_records(const struct dns_status *s)
{
	return s->state >= DNS_INSECURE && s->state <= DNS_SECURE && s->found == DNS_RECORDS;
}

static void
finish(struct question *q)
{
	q->hooks.done(q->hooks.arg, q->answer);
}

/* ---- TLSA -------------------------------------------------------------------------------------------- */

static void
host_over(struct question *q)
{
	if (--q->pending == 0)
		finish(q);
}

static void on_tlsa(void *arg, const struct lookup_result *r);

static void
ask_tlsa(struct search *s, const char *base)
{
	struct question *q = s->question;
	char *name = mem_printf(q, "_%u._tcp.%s", q->port, base);

	s->host->tlsa_base = base;
	ask(q, name, RDATA_TLSA, on_tlsa, s);
}

/* Name servers turn the order around; what is shown should not depend on it. */
static int
by_numbers(const void *a, const void *b)
{
	const struct dane_record *x = a, *y = b;
	int order = x->usage != y->usage         ? x->usage - y->usage
		    : x->selector != y->selector ? x->selector - y->selector
						 : x->matching - y->matching;

	if (order != 0)
		return order;
	order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
	return order != 0 ? order : x->len < y->len ? -1 : x->len > y->len;
}

static void
keep_records(struct mail_exchanger *h, const struct lookup_result *r, const void *ctx)
{
	size_t max = r->count < QUESTION_RECORD_MAX ? r->count : QUESTION_RECORD_MAX;

	h->records = mem_array(ctx, struct dane_record, max);
	for (size_t i = 0; i < max; i++) {
		struct dane_record *to = &h->records[h->record_count];

		/* One that does not decode counts as there, and as not usable: TLS stays compulsory. */
		if (!rdata_tlsa(h->records, r->data[i].octets, r->data[i].len, to))
			*to = (struct dane_record){ .usage = UINT8_MAX, .data = (const unsigned char *)"" };
		h->record_count++;
	}
	if (h->record_count > 1)
		qsort(h->records, h->record_count, sizeof *h->records, by_numbers);
}

static void
on_tlsa(void *arg, const struct lookup_result *r)
{
	struct search *s = arg;
	struct mail_exchanger *h = s->host;

	take(s->question, &h->tlsa, r);
	if (has_records(&h->tlsa)) {
		keep_records(h, r, s->question->answer);
	} else if (s->canonical != NULL && h->tlsa_base == s->canonical && h->tlsa.state >= DNS_INSECURE) {
		ask_tlsa(s, h->name); /* RFC 7672 2.2.3: then under the name before its expansion */
		return;
	}
	if (!has_records(&h->tlsa) || h->tlsa.state != DNS_SECURE)
		h->tlsa_base = h->tlsa.state == DNS_BOGUS ? h->tlsa_base : NULL;
	host_over(s->question);
}

/* ---- addresses --------------------------------------------------------------------------------------- */

static void
keep_addresses(struct mail_exchanger *h, const struct lookup_result *r, const void *ctx)
{
	size_t max = r->count < QUESTION_ADDRESS_MAX ? r->count : QUESTION_ADDRESS_MAX;

	h->addresses = mem_resize(ctx, h->addresses, (h->address_count + max) * sizeof *h->addresses);
	for (size_t i = 0; i < max; i++) {
		char *text = rdata_address(ctx, r->data[i].octets, r->data[i].len);

		if (text != NULL)
			h->addresses[h->address_count++] =
				(struct dns_address){ .text = text, .is_v6 = r->type == RDATA_AAAA };
	}
}

/* IPv4 first, however the answers came. */
static int
by_family(const void *a, const void *b)
{
	const struct dns_address *x = a, *y = b;

	return (int)x->is_v6 - (int)y->is_v6;
}

static void
addresses_over(struct search *s)
{
	struct mail_exchanger *h = s->host;
	const struct dns_status *address = mail_exchanger_status(h);

	if (h->address_count > 1)
		qsort(h->addresses, h->address_count, sizeof *h->addresses, by_family);
	if (s->question->want_tlsa && has_records(address) && address->state == DNS_SECURE)
		ask_tlsa(s, s->canonical != NULL ? s->canonical : h->name);
	else
		host_over(s->question);
}

static bool
is_host_name(const char *s)
{
	return *s != '\0' &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0';
}

static void
on_address(void *arg, const struct lookup_result *r)
{
	struct search *s = arg;
	struct mail_exchanger *h = s->host;
	struct dns_status *status = r->type == RDATA_A ? &h->a : &h->aaaa;

	take(s->question, status, r);
	if (has_records(status)) {
		keep_addresses(h, r, s->question->answer);
		if (status->state == DNS_SECURE && r->canonical != NULL && is_host_name(r->canonical))
			s->canonical = mem_strdup(s->question->answer, r->canonical);
	}
	if (--s->pending == 0)
		addresses_over(s);
}

static void
search_hosts(struct question *q)
{
	struct mail_dns_answer *a = q->answer;

	q->searches = mem_array(q, struct search, a->host_count);
	q->pending = a->host_count;
	if (a->host_count == 0) {
		finish(q);
		return;
	}
	for (size_t i = 0; i < a->host_count; i++) {
		struct search *s = &q->searches[i];

		*s = (struct search){ .question = q, .host = &a->hosts[i], .pending = 2 };
		s->host->a.state = s->host->aaaa.state = s->host->tlsa.state = DNS_NOT_ASKED;
		ask(q, s->host->name, RDATA_A, on_address, s);
		ask(q, s->host->name, RDATA_AAAA, on_address, s);
	}
}

static void
only_host(struct question *q, const char *name)
{
	struct mail_dns_answer *a = q->answer;

	a->hosts = mem_array(a, struct mail_exchanger, 1);
	a->hosts[0].name = name;
	a->host_count = 1;
	search_hosts(q);
}

/* ---- MX ------------------------------------------------------------------------------------------------ */

struct candidate {
	struct rdata_mx mx;
	unsigned random;
};

static int
by_preference(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->mx.preference != y->mx.preference)
		return x->mx.preference < y->mx.preference ? -1 : 1;
	return x->random < y->random ? -1 : x->random > y->random;
}

/* The records that name a host, in the order to try them (RFC 5321 5.1: equal ones in random order). */
static struct candidate *
read_candidates(struct question *q, const struct lookup_result *r, size_t *n)
{
	struct candidate *list = mem_array(q, struct candidate, r->count);

	*n = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct candidate *c = &list[*n];

		if (!rdata_mx(r->data[i].octets, r->data[i].len, &c->mx))
			continue;
		if (c->mx.host[0] == '\0') {
			q->answer->null_mx = r->count == 1; /* beside others it means nothing */
			continue;
		}
		if (getrandom(&c->random, sizeof c->random, 0) < 0)
			c->random = 0;
		(*n)++;
	}
	if (*n > 1)
		qsort(list, *n, sizeof *list, by_preference);
	return list;
}

static void
keep_hosts(struct question *q, const struct candidate *list, size_t n)
{
	struct mail_dns_answer *a = q->answer;

	a->hosts = mem_array(a, struct mail_exchanger, n < QUESTION_HOST_MAX ? n : QUESTION_HOST_MAX);
	for (size_t i = 0; i < n && a->host_count < QUESTION_HOST_MAX; i++) {
		bool again = false;

		for (size_t j = 0; j < a->host_count && !again; j++)
			again = strcmp(a->hosts[j].name, list[i].mx.host) == 0;
		if (again)
			continue;
		a->hosts[a->host_count].name = mem_strdup(a, list[i].mx.host);
		a->hosts[a->host_count].preference = list[i].mx.preference;
		a->host_count++;
	}
}

static void
on_mx(void *arg, const struct lookup_result *r)
{
	struct question *q = arg;
	struct mail_dns_answer *a = q->answer;
	struct candidate *list;
	size_t n;

	take(q, &a->mx, r);
	if (a->mx.state < DNS_INSECURE || a->mx.found == DNS_NXDOMAIN) {
		finish(q);
		return;
	}
	if (a->mx.found == DNS_NODATA) {
		a->implicit = true;
		only_host(q, a->domain);
		return;
	}
	list = read_candidates(q, r, &n);
	keep_hosts(q, list, n);
	mem_free(list);
	if (a->host_count == 0 && !a->null_mx) {
		a->mx.state = DNS_LOOKUP_FAILED;
		a->mx.why = "no MX record names a host";
	}
	search_hosts(q);
}

/* ---- TXT ----------------------------------------------------------------------------------------------- */

static void
on_txt(void *arg, const struct lookup_result *r)
{
	struct question *q = arg;
	struct mail_dns_answer *a = q->answer;
	size_t max = r->count < QUESTION_TEXT_MAX ? r->count : QUESTION_TEXT_MAX;

	take(q, &a->txt, r);
	a->texts = mem_array(a, const char *, max);
	for (size_t i = 0; has_records(&a->txt) && i < max; i++) {
		char *text = r->data[i].len > QUESTION_TEXT_BYTES
				     ? NULL
				     : rdata_txt(a, r->data[i].octets, r->data[i].len);

		if (text != NULL)
			a->texts[a->text_count++] = text;
	}
	finish(q);
}

/* ---- asking -------------------------------------------------------------------------------------------- */

struct question *
question_ask(const void *ctx, struct validator *v, const struct mail_dns_question *asked,
	const struct question_hooks *hooks)
{
	struct question *q = mem_new(ctx, struct question);

	q->validator = v;
	q->kind = asked->kind;
	q->port = asked->port != 0 ? asked->port : SMTP_PORT;
	q->want_tlsa = asked->want_tlsa;
	q->hooks = *hooks;
	q->answer = question_answer_new(q, asked);
	if (q->kind == MAIL_DNS_DOMAIN)
		ask(q, q->answer->domain, RDATA_MX, on_mx, q);
	else if (q->kind == MAIL_DNS_TXT)
		ask(q, q->answer->domain, RDATA_TXT, on_txt, q);
	else
		only_host(q, q->answer->domain);
	return q;
}
