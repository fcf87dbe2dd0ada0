/* Look-ups with DNSSEC validation of our own, over libunbound. */
#include "actions/mail/dns/validator.h"

#include <string.h>
#include <strings.h>
#include <time.h>
#include <unbound.h>

#include "actions/mail/dns/anchor.h"
#include "actions/mail/dns/rdata.h"
#include "actions/mail/dns/validator_private.h"
#include "core/mem.h"

#define CLASS_IN       1
#define ANCHOR_AGAIN   (12 * 60 * 60) /* RFC 5011 2.3: the keys are looked at in half a day at the latest */
#define FIRST_SECONDS  5              /* for the better resolvers, when there are others to fall back on */
#define RCODE_SERVFAIL 2
#define RCODE_NXDOMAIN 3
#define RCODE_REFUSED  5

/* monotonic, microseconds */
static int64_t
validator_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
validator_in_seconds(int64_t s)
{
	return validator_now() + s * 1000000;
}

/* ---- look-ups -------------------------------------------------------------------------------------- */

static void
leave_channel(struct lookup *l)
{
	if (l->channel != NULL)
		l->channel->lookups--;
	l->channel = NULL;
}

static int
lookup_free(void *p)
{
	struct lookup *l = p;

	if (l->channel != NULL)
		ub_cancel(l->channel->ub, l->ub_id);
	leave_channel(l);
	TAILQ_REMOVE(&l->validator->lookups, l, link);
	return 0;
}

static void
finish(struct lookup *l, struct lookup_result *r)
{
	lookup_f *done = l->done;
	void *arg = l->arg;

	r->name = l->name;
	r->type = l->type;
	mem_steal(l->validator, l);
	done(arg, r);
	mem_free(l);
}

static void
finish_failed(struct lookup *l, const char *why)
{
	struct lookup_result r = { .status = { .state = DNS_LOOKUP_FAILED, .why = why } };

	finish(l, &r);
}

static void on_answer(void *arg, int code, struct ub_result *r);

void
validator_start(struct lookup *l, struct channel *c, int64_t deadline)
{
	int rc;

	l->channel = c;
	l->deadline = deadline;
	c->lookups++;
	rc = ub_resolve_async(c->ub, l->name, l->type, CLASS_IN, l, on_answer, &l->ub_id);
	if (rc != 0) {
		leave_channel(l);
		l->deadline = 0; /* finished by the next validator_work() */
	}
}

void
validator_start_first(struct lookup *l)
{
	struct validator *v = l->validator;

	if (v->first == NULL)
		l->deadline = 0;
	else
		validator_start(
			l, v->first, v->second == NULL ? l->last : validator_in_seconds(FIRST_SECONDS));
}

/* False: there is nobody else to ask, or no time. */
static bool
start_second(struct lookup *l)
{
	struct validator *v = l->validator;

	if (v->second == NULL || l->channel != v->first || validator_now() >= l->last)
		return false;
	ub_cancel(l->channel->ub, l->ub_id);
	leave_channel(l);
	validator_start(l, v->second, l->last);
	return true;
}

static const char *
rcode_text(int rcode, char *buf, size_t size)
{
	if (rcode == RCODE_SERVFAIL)
		return "the resolver could not answer (SERVFAIL)";
	if (rcode == RCODE_REFUSED)
		return "the resolver refused to answer";
	snprintf(buf, size, "the resolver answered with code %d", rcode);
	return buf;
}

/* libunbound keeps to the end of the signatures itself, but tells the TTL as it came. */
static unsigned
life_of(const struct ub_result *r)
{
	unsigned ttl = r->ttl > 0 ? (unsigned)r->ttl : 0;
	uint32_t left = UINT32_MAX;

	if (r->secure && r->answer_packet != NULL)
		left = rdata_signed_for(r->answer_packet, (size_t)r->answer_len, (uint32_t)time(NULL));
	return left < ttl ? left : ttl;
}

static struct dns_status
status_of(int code, const struct ub_result *r, char *buf, size_t size)
{
	struct dns_status s = { .state = DNS_LOOKUP_FAILED };

	if (code != 0 || r == NULL) {
		s.why = ub_strerror(code);
		return s;
	}
	s.ttl = life_of(r);
	if (r->bogus) {
		s.state = DNS_BOGUS;
		s.why = r->why_bogus != NULL ? r->why_bogus : "validation failed";
		s.ttl = s.ttl < VALIDATOR_BOGUS_TTL ? s.ttl : VALIDATOR_BOGUS_TTL;
	} else if (r->rcode == 0 || r->rcode == RCODE_NXDOMAIN) {
		s.state = r->secure ? DNS_SECURE : DNS_INSECURE;
		s.found = r->havedata ? DNS_RECORDS : r->nxdomain ? DNS_NXDOMAIN : DNS_NODATA;
	} else {
		s.why = rcode_text(r->rcode, buf, size);
	}
	return s;
}

/* The last name of a chain of CNAMEs without its final dot; NULL when there was no chain. */
static const char *
canonical_name(const struct ub_result *r, const char *asked, char out[RDATA_NAME_MAX])
{
	size_t n = r->canonname == NULL ? 0 : strlen(r->canonname);

	if (n > 0 && r->canonname[n - 1] == '.')
		n--;
	if (n == 0 || n >= RDATA_NAME_MAX)
		return NULL;
	memcpy(out, r->canonname, n);
	out[n] = '\0';
	return strcasecmp(out, asked) == 0 ? NULL : out;
}

static void
take_answer(struct lookup *l, int code, const struct ub_result *r)
{
	char reason[64], name[RDATA_NAME_MAX];
	struct lookup_result out = { .status = status_of(code, r, reason, sizeof reason) };
	bool has_data = out.status.state >= DNS_INSECURE && out.status.found == DNS_RECORDS;
	struct lookup_data *data = NULL;

	leave_channel(l);
	if (out.status.state >= DNS_INSECURE)
		out.canonical = canonical_name(r, l->name, name);
	for (size_t i = 0; has_data && r->data[i] != NULL; i++) {
		data = mem_resize(l, data, (i + 1) * sizeof *data);
		data[i] = (struct lookup_data){ (const uint8_t *)r->data[i], (size_t)r->len[i] };
		out.count = i + 1;
	}
	out.data = data;
	finish(l, &out);
}

/* Not called for what was cancelled: ub_cancel() in this thread sees to that. */
static void
on_answer(void *arg, int code, struct ub_result *r)
{
	struct lookup *l = arg;
	bool failed = code != 0 || (r != NULL && !r->bogus && r->rcode != 0 && r->rcode != RCODE_NXDOMAIN);

	if (!failed || !start_second(l))
		take_answer(l, code, r);
	ub_resolve_free(r);
}

struct lookup *
validator_lookup_new(
	const void *ctx, struct validator *v, const char *name, int type, lookup_f *done, void *arg)
{
	struct lookup *l = mem_new(ctx, struct lookup);

	l->validator = v;
	l->name = mem_strdup(l, name);
	l->type = type;
	l->last = validator_in_seconds(VALIDATOR_DEADLINE);
	l->deadline = l->last;
	l->done = done;
	l->arg = arg;
	TAILQ_INSERT_TAIL(&v->lookups, l, link);
	mem_on_free(l, lookup_free);
	return l;
}

struct lookup *
validator_ask(const void *ctx, struct validator *v, const char *name, int type, lookup_f *done, void *arg)
{
	struct lookup *l;

	validator_look_at_clock(v);
	l = validator_lookup_new(ctx, v, name, type, done, arg);
	if (v->first_probe_over)
		validator_start_first(l);
	return l;
}

/* ---- work ---------------------------------------------------------------------------------------------- */

static void
on_anchor_seen(void *arg, const struct lookup_result *r)
{
	(void)arg, (void)r;
}

static bool
is_due(int64_t at, int64_t now)
{
	return at != 0 && at <= now;
}

static void
do_what_is_due(struct validator *v)
{
	int64_t now = validator_now();

	if (is_due(v->anchor_at, now)) {
		v->anchor_at = validator_in_seconds(ANCHOR_AGAIN);
		validator_ask(v, v, ".", RDATA_DNSKEY, on_anchor_seen, NULL);
	}
	if (is_due(v->probe_at, now))
		validator_probe(v, NULL, NULL);
}

/* The first whose time is over; finishing one may free others. */
static struct lookup *
find_expired(struct validator *v, int64_t now)
{
	struct lookup *l;

	TAILQ_FOREACH (l, &v->lookups, link)
		if (l->deadline <= now)
			return l;
	return NULL;
}

void
validator_work(struct validator *v)
{
	struct channel *c;
	struct lookup *l;

	SLIST_FOREACH (c, &v->channels, link)
		ub_process(c->ub);
	while ((l = find_expired(v, validator_now())) != NULL) {
		if (!start_second(l))
			finish_failed(
				l, l->deadline == 0 ? "libunbound takes no question" : "no answer in time");
	}
	if (v->probing && v->probes == 0)
		validator_probes_over(v);
	validator_reap(v);
	do_what_is_due(v);
}

size_t
validator_fds(const struct validator *v, struct pollfd *fds, size_t max)
{
	const struct channel *c;
	size_t n = 0;

	SLIST_FOREACH (c, &v->channels, link)
		if (n < max && c->lookups > 0)
			fds[n++] = (struct pollfd){ .fd = ub_fd(c->ub), .events = POLLIN };
	return n;
}

static void
earlier(int64_t *at, int64_t other)
{
	if (other != 0 && (*at == 0 || other < *at))
		*at = other;
}

int
validator_patience(const struct validator *v)
{
	int64_t at = v->anchor_at, left;
	const struct lookup *l;

	earlier(&at, v->probe_at);
	TAILQ_FOREACH (l, &v->lookups, link) {
		if (l->deadline == 0)
			return 0;
		earlier(&at, l->deadline);
	}
	if (v->probing && v->probes == 0)
		return 0;
	if (at == 0)
		return -1;
	left = (at - validator_now()) / 1000 + 1;
	return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

const char *
validator_server(const struct validator *v)
{
	return v->server_name;
}

static int
validator_free(void *p)
{
	struct validator *v = p;
	struct lookup *l;

	while ((l = TAILQ_FIRST(&v->lookups)) != NULL)
		mem_free(l);
	return 0;
}

struct validator *
validator_new(const void *ctx, const struct validator_setup *setup, struct err *err)
{
	struct validator *v = mem_new(ctx, struct validator);

	SLIST_INIT(&v->channels);
	TAILQ_INIT(&v->lookups);
	mem_on_free(v, validator_free);
	v->setup.anchor_file = mem_strdup(v, setup->anchor_file);
	if (setup->anchor != NULL &&
		(v->anchors = anchor_records(v, setup->anchor, &v->anchor_count, err)) == NULL) {
		mem_free(v);
		return NULL;
	}
	for (size_t i = 0; !setup->iterate && i < setup->server_count && i < VALIDATOR_SERVER_MAX; i++)
		v->servers[v->server_count++].address = mem_strdup(v, setup->servers[i]);
	v->server_name = v->server_count == 0
				 ? mem_strdup(v, "root")
				 : mem_strndup(v, v->servers[0].address, strcspn(v->servers[0].address, "@"));
	validator_look_at_clock(v);
	if (v->first == NULL && !validator_open(v, err)) {
		mem_free(v);
		return NULL;
	}
	v->anchor_at = v->setup.anchor_file == NULL ? 0 : validator_in_seconds(ANCHOR_AGAIN);
	if (v->server_count > 1)
		validator_probe(v, NULL, NULL);
	else
		v->first_probe_over = true;
	return v;
}
