/* Look-ups with DNSSEC validation of our own, over libunbound. */
#include "actions/mail/dns/validator.h"

#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <time.h>
#include <unbound.h>
#include <unistd.h>

#include "actions/mail/dns/anchor.h"
#include "actions/mail/dns/rdata.h"
#include "core/mem.h"

#define CLASS_IN       1
#define PROBE_SECONDS  3              /* for `. DNSKEY` of one resolver */
#define PROBE_AGAIN    (15 * 60)      /* when there is a choice of resolvers */
#define ANCHOR_AGAIN   (12 * 60 * 60) /* RFC 5011 2.3: the keys are looked at in half a day at the latest */
#define FIRST_SECONDS  5              /* for the better resolvers, when there are others to fall back on */
#define RCODE_SERVFAIL 2
#define RCODE_NXDOMAIN 3
#define RCODE_REFUSED  5

/* Seconds since 1970; the Makefile says it. */
#ifndef BUILD_TIME
#define BUILD_TIME 0
#endif

/* A libunbound context with its servers. Its configuration is fixed once it was asked anything. */
struct channel {
	SLIST_ENTRY(channel) link;
	struct ub_ctx *ub;
	unsigned lookups; /* under way */
	bool retired;     /* freed when they are over */
};

struct lookup {
	TAILQ_ENTRY(lookup) link;
	struct validator *validator;
	struct channel *channel; /* NULL while it waits for the probes */
	char *name;
	int type, ub_id;
	int64_t deadline; /* of this channel */
	int64_t last;     /* of all of it */
	lookup_f *done;
	void *arg;
};

struct server {
	char *address;
	enum validator_passes passes;
	char *why;
	bool is_last;
	struct lookup *probe;
};

struct validator {
	struct validator_setup setup;
	char **anchors;
	size_t anchor_count;
	struct server servers[VALIDATOR_SERVER_MAX];
	size_t server_count;
	SLIST_HEAD(, channel) channels;
	struct channel *first, *second; /* second: the resolvers that are used last, or NULL */
	TAILQ_HEAD(, lookup) lookups;
	bool probing, first_probe_over, unsafe_clock;
	unsigned probes; /* under way */
	int64_t probe_at, anchor_at;
	void (*probed)(void *arg);
	void *probed_arg;
	char *server_name;
};

static int64_t
now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
in_seconds(int64_t s)
{
	return now_usec() + s * 1000000;
}

bool
validator_clock_is_sane(int64_t now, int64_t built)
{
	return now >= built;
}

/* ---- channels -------------------------------------------------------------------------------------- */

static int
channel_free(void *p)
{
	struct channel *c = p;

	ub_ctx_delete(c->ub);
	return 0;
}

/* Options that a libunbound does not know are its defaults then. */
static void
set_options(struct ub_ctx *ub)
{
	static const char *const options[][2] = {
		{ "verbosity:", "0" },
		{ "val-log-level:", "2" }, /* why_bogus in words */
		{ "val-bogus-ttl:", "60" },
		{ "edns-buffer-size:", "1232" }, /* no fragments */
		{ "do-not-query-localhost:", "no" },
		{ "harden-dnssec-stripped:", "yes" },
		{ "trust-anchor-signaling:", "no" },
		{ "infra-keep-probing:", "yes" }, /* a resolver that was down is found again at once */
		{ "infra-host-ttl:", "60" },
		{ "outgoing-range:", "256" },
		{ "msg-cache-size:", "4m" },
		{ "rrset-cache-size:", "8m" },
		/* Private roots may have them, and the answer of the root is proof enough. */
		{ "local-zone:", "\"test.\" nodefault" },
		{ "local-zone:", "\"invalid.\" nodefault" },
		{ "local-zone:", "\"home.arpa.\" nodefault" },
	};

	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		ub_ctx_set_option(ub, options[i][0], options[i][1]);
}

static int
add_anchors(const struct validator *v, struct ub_ctx *ub)
{
	int rc = 0;

	if (v->unsafe_clock)
		return 0;
	for (size_t i = 0; i < v->anchor_count && rc == 0; i++)
		rc = ub_ctx_add_ta(ub, v->anchors[i]);
	if (v->anchor_count > 0)
		return rc;
	if (v->setup.anchor_file != NULL)
		return ub_ctx_add_ta_autr(ub, v->setup.anchor_file);
	return access(ANCHOR_SYSTEM, R_OK) == 0 ? ub_ctx_add_ta_file(ub, ANCHOR_SYSTEM) : 0;
}

/* One whose servers are still to be said. */
static struct channel *
channel_new(struct validator *v, struct err *err)
{
	struct ub_ctx *ub = ub_ctx_create();
	struct channel *c;
	int rc;

	if (ub == NULL) {
		err_set(err, ERR_INTERNAL, "libunbound cannot be started");
		return NULL;
	}
	c = mem_new(v, struct channel);
	c->ub = ub;
	mem_on_free(c, channel_free);
	ub_ctx_debugout(ub, NULL);
	set_options(ub);
	rc = ub_ctx_async(ub, 1);
	if (rc == 0)
		rc = add_anchors(v, ub);
	if (rc != 0) {
		err_set(err, ERR_CONFIG, "libunbound: %s", ub_strerror(rc));
		mem_free(c);
		return NULL;
	}
	SLIST_INSERT_HEAD(&v->channels, c, link);
	return c;
}

static bool
add_server(struct channel *c, const char *address, struct err *err)
{
	int rc = ub_ctx_set_fwd(c->ub, address);

	return rc == 0 || err_set(err, ERR_CONFIG, "name server %s: %s", address, ub_strerror(rc));
}

static void
retire(struct channel *c)
{
	if (c != NULL)
		c->retired = true;
}

/* What nobody needs any more; never from inside a callback of libunbound. */
static void
reap_channels(struct validator *v)
{
	struct channel *c = SLIST_FIRST(&v->channels), *next;

	for (; c != NULL; c = next) {
		next = SLIST_NEXT(c, link);
		if (!c->retired || c->lookups > 0)
			continue;
		SLIST_REMOVE(&v->channels, c, channel, link);
		mem_free(c);
	}
}

/* The servers with this mark; all of the root's when we iterate. */
static struct channel *
channel_of(struct validator *v, bool is_last, struct err *err)
{
	struct channel *c = channel_new(v, err);

	for (size_t i = 0; c != NULL && i < v->server_count; i++) {
		if (v->servers[i].is_last == is_last && !add_server(c, v->servers[i].address, err)) {
			retire(c);
			return NULL;
		}
	}
	return c;
}

static size_t
count_last(const struct validator *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->server_count; i++)
		n += v->servers[i].is_last;
	return n;
}

static bool
open_channels(struct validator *v, struct err *err)
{
	retire(v->first);
	retire(v->second);
	v->first = channel_of(v, false, err);
	v->second = count_last(v) == 0 ? NULL : channel_of(v, true, err);
	return v->first != NULL;
}

/* The clock may have been set since: what is signed is believed again. */
static void
look_at_clock(struct validator *v)
{
	bool unsafe = !validator_clock_is_sane(time(NULL), BUILD_TIME);

	if (unsafe == v->unsafe_clock)
		return;
	v->unsafe_clock = unsafe;
	open_channels(v, NULL);
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

static void
start(struct lookup *l, struct channel *c, int64_t deadline)
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

static void
start_first(struct lookup *l)
{
	struct validator *v = l->validator;

	if (v->first == NULL)
		l->deadline = 0;
	else
		start(l, v->first, v->second == NULL ? l->last : in_seconds(FIRST_SECONDS));
}

/* False: there is nobody else to ask, or no time. */
static bool
start_second(struct lookup *l)
{
	struct validator *v = l->validator;

	if (v->second == NULL || l->channel != v->first || now_usec() >= l->last)
		return false;
	ub_cancel(l->channel->ub, l->ub_id);
	leave_channel(l);
	start(l, v->second, l->last);
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

static struct dns_status
status_of(int code, const struct ub_result *r, char *buf, size_t size)
{
	struct dns_status s = { .state = DNS_LOOKUP_FAILED };

	if (code != 0 || r == NULL) {
		s.why = ub_strerror(code);
		return s;
	}
	s.ttl = r->ttl > 0 ? (unsigned)r->ttl : 0;
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

static struct lookup *
lookup_new(const void *ctx, struct validator *v, const char *name, int type, lookup_f *done, void *arg)
{
	struct lookup *l = mem_new(ctx, struct lookup);

	l->validator = v;
	l->name = mem_strdup(l, name);
	l->type = type;
	l->last = in_seconds(VALIDATOR_DEADLINE);
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

	look_at_clock(v);
	l = lookup_new(ctx, v, name, type, done, arg);
	if (v->first_probe_over)
		start_first(l);
	return l;
}

/* ---- probes ------------------------------------------------------------------------------------------ */

static void
on_probe(void *arg, const struct lookup_result *r)
{
	struct server *s = arg;
	struct validator *v = s->probe->validator;
	bool found = r->status.state >= DNS_INSECURE && r->status.found == DNS_RECORDS;

	mem_free(s->why);
	s->why = mem_strdup(v, r->status.why);
	s->passes = RESOLVER_STRIPS;
	if (found)
		s->passes = RESOLVER_PASSES;
	else if (r->status.state == DNS_LOOKUP_FAILED)
		s->passes = RESOLVER_SILENT;
	else if (s->why == NULL)
		s->why = mem_strdup(v, "it has no keys of the root");
	s->probe = NULL;
	v->probes--;
}

static void
probe_server(struct validator *v, struct server *s)
{
	struct channel *c = channel_new(v, NULL);

	if (c == NULL || s->probe != NULL)
		return;
	c->retired = true; /* with its only question */
	if (!add_server(c, s->address, NULL))
		return;
	s->probe = lookup_new(v, v, ".", RDATA_DNSKEY, on_probe, s);
	s->probe->last = in_seconds(PROBE_SECONDS);
	v->probes++;
	start(s->probe, c, s->probe->last);
}

/* Those that do not pass DNSSEC come last, as long as there is one that does. */
static bool
rank_servers(struct validator *v)
{
	enum validator_passes best = RESOLVER_STRIPS;
	bool changed = false;

	for (size_t i = 0; i < v->server_count; i++) {
		enum validator_passes p = v->servers[i].passes;

		if (p == RESOLVER_PASSES || (p != RESOLVER_STRIPS && best == RESOLVER_STRIPS))
			best = p == RESOLVER_PASSES ? p : RESOLVER_UNKNOWN;
	}
	for (size_t i = 0; i < v->server_count; i++) {
		struct server *s = &v->servers[i];
		bool is_last = best == RESOLVER_PASSES
				       ? s->passes != RESOLVER_PASSES
				       : best != RESOLVER_STRIPS && s->passes == RESOLVER_STRIPS;

		changed |= is_last != s->is_last;
		s->is_last = is_last;
	}
	return changed;
}

static void
probes_over(struct validator *v)
{
	void (*probed)(void *) = v->probed;
	struct lookup *l;

	v->probing = false;
	v->probe_at = v->server_count > 1 ? in_seconds(PROBE_AGAIN) : 0;
	if (rank_servers(v) || v->first == NULL)
		open_channels(v, NULL);
	if (!v->first_probe_over) {
		v->first_probe_over = true;
		TAILQ_FOREACH (l, &v->lookups, link)
			if (l->channel == NULL)
				start_first(l);
	}
	v->probed = NULL;
	if (probed != NULL)
		probed(v->probed_arg);
}

void
validator_probe(struct validator *v, void (*done)(void *arg), void *arg)
{
	v->probed = done;
	v->probed_arg = arg;
	v->probe_at = 0;
	v->probing = true;
	for (size_t i = 0; i < v->server_count; i++)
		probe_server(v, &v->servers[i]);
}

size_t
validator_servers(const struct validator *v, struct validator_server *out, size_t max)
{
	size_t n = v->server_count < max ? v->server_count : max;

	for (size_t i = 0; i < n; i++) {
		const struct server *s = &v->servers[i];

		out[i] = (struct validator_server){ s->address, s->passes, s->why, s->is_last };
	}
	return n;
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
	int64_t now = now_usec();

	if (is_due(v->anchor_at, now)) {
		v->anchor_at = in_seconds(ANCHOR_AGAIN);
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
	while ((l = find_expired(v, now_usec())) != NULL) {
		if (!start_second(l))
			finish_failed(
				l, l->deadline == 0 ? "libunbound takes no question" : "no answer in time");
	}
	if (v->probing && v->probes == 0)
		probes_over(v);
	reap_channels(v);
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
	left = (at - now_usec()) / 1000 + 1;
	return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

const char *
validator_server(const struct validator *v)
{
	return v->server_name;
}

const char *
validator_weakness(const struct validator *v)
{
	if (v->unsafe_clock)
		return "the clock is before the day this program was built";
	if (v->anchor_count == 0 && v->setup.anchor_file == NULL && access(ANCHOR_SYSTEM, R_OK) != 0)
		return "there is no trust anchor: install dns-root-data";
	return NULL;
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
	v->unsafe_clock = !validator_clock_is_sane(time(NULL), BUILD_TIME);
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
	if (!open_channels(v, err)) {
		mem_free(v);
		return NULL;
	}
	v->anchor_at = v->setup.anchor_file == NULL ? 0 : in_seconds(ANCHOR_AGAIN);
	if (v->server_count > 1)
		validator_probe(v, NULL, NULL);
	else
		v->first_probe_over = true;
	return v;
}
