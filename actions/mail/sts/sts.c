/* MTA-STS of one engine: what a mail asks for, answered from the cache or by discovery, and the refresh. */
#include "actions/mail/sts/sts.h"

#include <ctype.h>
#include <string.h>
#include <sys/queue.h>

#include "actions/mail/maillog.h"
#include "actions/mail/report/tlsrpt.h"
#include "actions/mail/sts/cache.h"
#include "actions/mail/sts/fetch.h"
#include "core/engine.h"
#include "core/helper.h"
#include "core/loop.h"
#include "core/mem.h"
#include "pki/store.h"
#include "pki/system.h"

#define REFRESH_AGAIN (3600 * USEC_PER_SEC)       /* behind a refresh that failed */
#define FORGOTTEN     (31 * 86400 * USEC_PER_SEC) /* no mail for so long: no refresh any more */
#define REFRESH_MAX   4                           /* at once */

/* One discovery of a domain's policy; several mails may wait for it. */
struct flight {
	LIST_ENTRY(flight) link;
	struct sts *sts;
	const char *domain, *label, *id;
	LIST_HEAD(, lookup) waiting;
	bool refresh; /* for no mail: fetched whether the id has changed or not */
};

/* Lives in the caller's context. */
struct lookup {
	LIST_ENTRY(lookup) link;
	struct sts *sts;
	bool is_listed;
	sts_done_f *done;
	void *arg;
	const char *domain;
	struct timer *timer; /* of a fake */
};

struct sts {
	struct engine *engine;
	struct sts_cache *cache;
	struct web *web;
	LIST_HEAD(, flight) flights;
	struct timer *timer; /* the next refresh */
	const char **trustpoints;
	size_t trustpoint_count;
	const char *proxy;
	struct trust *trust; /* as sts_trust() made it, or as it was set */
	bool trust_is_set;
	sts_fake_f *fake;
	void *fake_arg;
};

static usec
now(const struct sts *s)
{
	return clock_wall(s->engine->clock);
}

/* ---- trust ---- */

static struct trust *
configured_trust(struct sts *s)
{
	struct trust *all = pki_snapshot(NULL, s->engine->pki), *t = trust_new(s);

	for (size_t i = 0; i < all->count; i++)
		for (size_t j = 0; j < s->trustpoint_count; j++)
			if (strcmp(all->points[i].name, s->trustpoints[j]) == 0)
				trust_add(
					t, all->points[i].name, all->points[i].cert, &all->points[i].policy);
	mem_free(all);
	return t;
}

/* Trustpoints change without telling: a snapshot each time. The system's pool is read once. */
const struct trust *
sts_trust(struct sts *s, struct err *err)
{
	if (s->trust_is_set)
		return s->trust;
	if (s->trustpoint_count > 0) {
		mem_free(s->trust);
		s->trust = configured_trust(s);
	} else if (s->trust == NULL) {
		s->trust = system_trust(s, err);
	}
	return s->trust;
}

struct trust *
sts_with_trust(const void *ctx, struct sts *s, const struct trust *trust)
{
	const struct trust *const from[] = { trust, sts_trust(s, NULL) };
	struct trust *t = trust_new(ctx);

	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; from[i] != NULL && j < from[i]->count; j++)
			trust_add(t, from[i]->points[j].name, from[i]->points[j].cert,
				&from[i]->points[j].policy);
	return t;
}

struct trust *
sts_web_trust(const void *ctx, struct sts *s)
{
	return s->trust_is_set || s->trustpoint_count > 0 ? sts_with_trust(ctx, s, NULL) : NULL;
}

void
sts_set_trust(struct sts *s, struct trust *trust)
{
	mem_free(s->trust);
	s->trust = mem_steal(s, trust);
	s->trust_is_set = true;
}

/* ---- the answer ---- */

static int
lookup_free(void *p)
{
	struct lookup *l = p;

	if (l->is_listed)
		LIST_REMOVE(l, link);
	return 0;
}

/* What is in force; `fetched` is fresher than the cache (its max_age may be 0). */
static void
answer(struct flight *f, const struct sts_policy *fetched, const char *why)
{
	const struct sts_policy *p = fetched != NULL ? fetched : sts_cache_policy(f->sts->cache, f->domain);
	struct lookup *l;

	if (p != NULL && p->mode == STS_NONE) {
		p = NULL;
		why = "the mode of the policy is none";
	}
	LIST_REMOVE(f, link);
	while ((l = LIST_FIRST(&f->waiting)) != NULL) {
		LIST_REMOVE(l, link);
		l->is_listed = false;
		mem_steal(f, l);
		l->done(l->arg, p, p == NULL ? why : NULL);
		mem_free(l);
	}
	mem_free(f);
}

static void plan_refresh(struct sts *);

static void
on_fetched(void *arg, const struct sts_fetched *got)
{
	struct flight *f = arg;
	struct sts *s = f->sts;
	struct sts_entry *e;
	char *why;

	if (got->policy != NULL) {
		e = sts_cache_store(s->cache, got->policy);
		plan_refresh(s);
		answer(f, e->policy, NULL);
		return;
	}
	sts_cache_failed(s->cache, f->domain, got->reason);
	tlsrpt_policy_failed(s->engine, f->domain, got->failure, got->reason);
	e = sts_cache_find(s->cache, f->domain);
	if (f->refresh && e->policy != NULL)
		e->refresh_at = now(s) + REFRESH_AGAIN;
	plan_refresh(s);
	why = mem_printf(f, "the policy could not be fetched: %s", got->reason);
	answer(f, NULL, why);
}

static void
fetch(struct flight *f)
{
	struct sts *s = f->sts;
	struct sts_fetch_how how = {
		.trust = sts_web_trust(f, s),
		.proxy = s->proxy,
		.label = f->label,
	};

	sts_fetch_policy(f, s->engine, s->web, f->domain, f->id, &how, on_fetched, f);
}

static void
on_record(void *arg, const struct sts_record *record)
{
	struct flight *f = arg;
	struct sts *s = f->sts;
	const struct sts_policy *kept = sts_cache_policy(s->cache, f->domain);
	const struct sts_entry *e = sts_cache_find(s->cache, f->domain);

	if (f->refresh && kept != NULL) {
		/* RFC 8461 3.3: the fetch is what extends its life, with or without a record. */
		f->id = mem_strdup(f, record->id != NULL ? record->id : kept->id);
		fetch(f);
	} else if (record->id == NULL) {
		answer(f, NULL, mem_strdup(f, record->error));
	} else if (kept != NULL && strcmp(kept->id, record->id) == 0) {
		maillog_add(
			s->engine, MAILLOG_DEBUG, "Valid cache entry found for the domain (%s).", f->domain);
		answer(f, kept, NULL);
	} else if (e != NULL && e->retry_at != 0 && now(s) >= e->failed_at && now(s) < e->retry_at) {
		answer(f, NULL,
			mem_printf(f, "the policy could not be fetched: %s; not tried again within %d s",
				e->failure, (int)((e->retry_at - e->failed_at) / USEC_PER_SEC)));
	} else {
		f->id = mem_strdup(f, record->id);
		fetch(f);
	}
}

/* ---- the question ---- */

static struct flight *
take_off(struct sts *s, const char *domain, const char *label, bool refresh)
{
	struct flight *f = mem_new(s, struct flight);

	f->sts = s;
	f->domain = mem_strdup(f, domain);
	f->label = mem_strdup(f, label);
	f->refresh = refresh;
	LIST_INIT(&f->waiting);
	LIST_INSERT_HEAD(&s->flights, f, link);
	sts_fetch_record(f, s->engine, f->domain, f->label, on_record, f);
	return f;
}

static struct flight *
under_way(struct sts *s, const char *domain)
{
	struct flight *f;

	LIST_FOREACH (f, &s->flights, link)
		if (!f->refresh && strcmp(f->domain, domain) == 0)
			return f;
	return NULL;
}

static void
on_fake(void *arg)
{
	struct lookup *l = arg;
	struct sts *s = l->sts;
	const char *why = "there is no v=STSv1 record";
	struct sts_policy *p = s->fake(s->fake_arg, l, l->domain, &why);

	mem_steal(s, l);
	l->done(l->arg, p, p == NULL ? why : NULL);
	mem_free(l);
}

static char *
lower_case(const void *ctx, const char *domain)
{
	char *s = mem_strdup(ctx, domain);
	size_t n = strlen(s);

	if (n > 0 && s[n - 1] == '.')
		s[n - 1] = '\0';
	for (char *c = s; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return s;
}

void
sts_lookup(const void *ctx, struct sts *s, const char *domain, const char *label, sts_done_f *done, void *arg)
{
	struct lookup *l = mem_new(ctx, struct lookup);
	struct sts_entry *e;
	struct flight *f;

	l->sts = s;
	l->done = done;
	l->arg = arg;
	l->domain = lower_case(l, domain);
	mem_on_free(l, lookup_free);
	if (s->fake != NULL) {
		l->timer = timer_after(l, s->engine->loop, 0, on_fake, l);
		return;
	}
	e = sts_cache_find(s->cache, l->domain);
	if (e != NULL)
		e->used = now(s);
	f = under_way(s, l->domain);
	if (f == NULL)
		f = take_off(s, l->domain, label, false);
	LIST_INSERT_HEAD(&f->waiting, l, link);
	l->is_listed = true;
}

void
sts_fake(struct sts *s, sts_fake_f *f, void *arg)
{
	s->fake = f;
	s->fake_arg = arg;
}

/* ---- refresh ---- */

static void
earliest(void *arg, struct sts_entry *e)
{
	usec *at = arg;

	if (e->policy != NULL && e->refresh_at != 0 && (*at == 0 || e->refresh_at < *at))
		*at = e->refresh_at;
}

struct due {
	struct sts *sts;
	struct sts_entry *entries[REFRESH_MAX];
	size_t count;
};

static void
collect_due(void *arg, struct sts_entry *e)
{
	struct due *d = arg;
	usec at = now(d->sts);

	if (e->policy == NULL || e->refresh_at == 0 || e->refresh_at > at)
		return;
	if (at - e->used > FORGOTTEN)
		e->refresh_at = 0; /* it stays in force until it expires */
	else if (d->count < REFRESH_MAX)
		d->entries[d->count++] = e;
}

static void
on_refresh(void *arg)
{
	struct due d = { .sts = arg };

	sts_cache_each(d.sts->cache, collect_due, &d);
	for (size_t i = 0; i < d.count; i++) {
		d.entries[i]->refresh_at = now(d.sts) + REFRESH_AGAIN;
		take_off(d.sts, d.entries[i]->domain, NULL, true);
	}
	plan_refresh(d.sts);
}

static void
plan_refresh(struct sts *s)
{
	usec at = 0, left;

	sts_cache_each(s->cache, earliest, &at);
	mem_free(s->timer);
	s->timer = NULL;
	if (at == 0)
		return;
	left = at - now(s);
	s->timer = timer_after(s, s->engine->loop, left < 0 ? 0 : left, on_refresh, s);
}

void
sts_cleared(struct sts *s)
{
	plan_refresh(s);
}

static void
on_clock_step(void *arg)
{
	plan_refresh(arg);
}

/* ---- mtastsverify ---- */

struct discovery {
	struct sts *sts;
	sts_discover_f *done;
	void *arg;
	const char *domain;
	struct sts_findings findings;
};

static void
discovered(struct discovery *d)
{
	mem_steal(d->sts, d);
	d->done(d->arg, &d->findings);
	mem_free(d);
}

static void
on_discovered_policy(void *arg, const struct sts_fetched *got)
{
	struct discovery *d = arg;

	d->findings.policy = got->policy;
	d->findings.error = got->policy == NULL ? mem_strdup(d, got->reason) : NULL;
	discovered(d);
}

static void
on_discovered_record(void *arg, const struct sts_record *record)
{
	struct discovery *d = arg;
	struct sts *s = d->sts;
	struct sts_fetch_how how = { .trust = sts_web_trust(d, s), .proxy = s->proxy };

	d->findings.txt = mem_strdup(d, record->txt);
	d->findings.id = mem_strdup(d, record->id);
	d->findings.no_answer = record->no_answer;
	d->findings.txt_error = mem_strdup(d, record->error);
	if (record->id == NULL) {
		discovered(d);
		return;
	}
	sts_fetch_policy(d, s->engine, s->web, d->domain, record->id, &how, on_discovered_policy, d);
}

void
sts_discover(const void *ctx, struct sts *s, const char *domain, sts_discover_f *done, void *arg)
{
	struct discovery *d = mem_new(ctx, struct discovery);

	d->sts = s;
	d->done = done;
	d->arg = arg;
	d->domain = lower_case(d, domain);
	sts_fetch_record(d, s->engine, d->domain, NULL, on_discovered_record, d);
}

/* ---- the rest ---- */

struct sts_cache *
sts_cache(struct sts *s)
{
	return s->cache;
}

struct web *
sts_web(struct sts *s)
{
	return s->web;
}

void
sts_set_trustpoints(struct sts *s, const char *const *names, size_t count)
{
	mem_free(s->trustpoints);
	s->trustpoints = mem_array(s, const char *, count + 1);
	s->trustpoint_count = count;
	for (size_t i = 0; i < count; i++)
		s->trustpoints[i] = mem_strdup(s->trustpoints, names[i]);
	mem_free(s->trust);
	s->trust = NULL;
}

void
sts_set_proxy(struct sts *s, const char *url)
{
	mem_free((void *)(uintptr_t)s->proxy);
	s->proxy = mem_strdup(s, url);
}

void
sts_each_helper(const struct sts *s, void (*f)(void *arg, const struct helper *), void *arg)
{
	f(arg, web_helper(s->web));
}

struct sts *
sts_new(const void *ctx, struct engine *engine)
{
	struct sts *s = mem_new(ctx, struct sts);
	char *dir = engine->state_dir == NULL || engine->is_check
			    ? NULL
			    : mem_printf(s, "%s/mta-sts", engine->state_dir);

	s->engine = engine;
	s->cache = sts_cache_new(s, engine, dir);
	s->web = web_new(s, engine);
	LIST_INIT(&s->flights);
	loop_on_clock_step(s, engine->loop, on_clock_step, s);
	plan_refresh(s);
	return s;
}
