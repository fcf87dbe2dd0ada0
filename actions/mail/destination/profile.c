/* What the lines about destinations come to for one domain. */
#include "actions/mail/destination/profile.h"

#include <string.h>
#include <strings.h>

#include "actions/mail/destination/destination.h"
#include "actions/mail/destination/lines.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"

/* One reading of the configuration. */
struct table {
	struct bounce_profile bounce_default, *bounces;
	struct mail_profile profile_default, *profiles; /* `default` among them, when it is configured */
	struct mail_smtp_route *routes;
	struct mail_relay relay_default, *relays;
	size_t bounce_count, profile_count, route_count, relay_count;
};

struct destinations {
	struct engine *engine;
	struct table *table; /* NULL: to be read anew */
	struct timer *look;  /* for what is to be warned of, behind a change */
	struct text *told;   /* the warnings that were given, a line each */
};

static const struct bounce_profile bounce_builtin = {
	.name = "default",
	.first_wait = 60 * USEC_PER_SEC,
	.max_wait = 3600 * USEC_PER_SEC,
	.lifetime = INT64_C(72) * 3600 * USEC_PER_SEC,
	.warn_after = INT64_C(4) * 3600 * USEC_PER_SEC,
	.max_tries = 100,
	.send_bounces = true,
};

const char *
mail_tls_setting_name(enum mail_tls_setting s)
{
	/* ORDER: enum mail_tls_setting */
	static const char *const names[MAIL_TLS_SETTING_COUNT] = { "No", "Preferred", "Required",
		"Preferred - Verify", "Required - Verify", "Required - Verify Hosted Domains" };

	return names[s];
}

const char *
mail_dane_name(enum mail_dane d)
{
	static const char *const names[] = { "none", "opportunistic", "mandatory" };

	return names[d];
}

/* ---- reading ---- */

static size_t
count(const struct conf_node *root, const struct conf_row *row)
{
	size_t n = 0;

	for (const struct conf_node *at = root->first; (at = destination_next(at, row)) != NULL;
		at = at->next)
		n++;
	return n;
}

static const struct bounce_profile *
find_bounce(const struct table *t, const char *name)
{
	for (size_t i = 0; name != NULL && i < t->bounce_count; i++)
		if (strcmp(t->bounces[i].name, name) == 0)
			return &t->bounces[i];
	return &t->bounce_default;
}

static void
read_bounces(struct table *t, const struct conf_node *root)
{
	const struct conf_node *at = root->first;

	t->bounce_default = bounce_builtin;
	t->bounces = mem_array(t, struct bounce_profile, count(root, &bounce_row));
	for (; (at = destination_next(at, &bounce_row)) != NULL; at = at->next) {
		const struct bounce_line *l = at->args;
		struct bounce_profile *b = &t->bounces[t->bounce_count++];

		*b = bounce_builtin;
		b->name = mem_strdup(t, l->name.s);
		if (l->first_wait.set)
			b->first_wait = l->first_wait.v;
		if (l->max_wait.set)
			b->max_wait = l->max_wait.v;
		if (b->max_wait < b->first_wait)
			b->max_wait = b->first_wait;
		if (l->lifetime.set)
			b->lifetime = l->lifetime.v;
		if (l->warn_after.set)
			b->warn_after = l->warn_after.v;
		if (l->max_tries.set)
			b->max_tries = (unsigned)l->max_tries.v;
		b->send_bounces = !l->no_bounces.set;
	}
	t->bounce_default = *find_bounce(t, "default");
}

static void
fill_profile(const struct table *t, struct mail_profile *p, const struct destination_line *l)
{
	if (l->tls.set) {
		p->tls = (enum mail_tls_setting)l->tls.v;
		p->legacy_cn = l->legacy_cn.set;
	}
	if (l->dane.set)
		p->dane = (enum mail_dane)l->dane.v;
	if (l->mta_sts.set)
		p->mta_sts = l->mta_sts.v != 0;
	if (l->bounce.set)
		p->bounce = find_bounce(t, l->bounce.s);
	if (l->connections.set)
		p->max_connections = (unsigned)l->connections.v;
	if (l->messages.set)
		p->max_messages = (unsigned)l->messages.v;
}

static void
read_profiles(struct table *t, const struct conf_node *root)
{
	const struct conf_node *at = root->first;

	t->profile_default = (struct mail_profile){
		.domain = "default", .tls = MAIL_TLS_PREFERRED, .bounce = &t->bounce_default
	};
	for (; (at = destination_next(at, &destination_row)) != NULL; at = at->next)
		if (strcmp(((const struct destination_line *)at->args)->domain.s, "default") == 0)
			fill_profile(t, &t->profile_default, at->args);
	t->profiles = mem_array(t, struct mail_profile, count(root, &destination_row));
	for (at = root->first; (at = destination_next(at, &destination_row)) != NULL; at = at->next) {
		const struct destination_line *l = at->args;
		struct mail_profile *p = &t->profiles[t->profile_count++];

		*p = t->profile_default;
		p->domain = mem_strdup(t, l->domain.s);
		fill_profile(t, p, l);
	}
}

static void
read_routes(struct table *t, const struct conf_node *root)
{
	const struct conf_node *at = root->first;

	t->routes = mem_array(t, struct mail_smtp_route, count(root, &route_row));
	for (; (at = destination_next(at, &route_row)) != NULL; at = at->next) {
		const struct route_line *l = at->args;
		struct mail_smtp_route *r = &t->routes[t->route_count++];

		r->domain = mem_strdup(t, l->domain.s);
		r->host = destination_target(t, l->to.s, &r->use_dns, &r->port, NULL);
	}
}

static void
read_relays(struct table *t, const struct conf_node *root)
{
	const struct conf_node *at = root->first;

	t->relay_default = (struct mail_relay){ .host = "default", .bounce = &t->bounce_default };
	t->relays = mem_array(t, struct mail_relay, count(root, &relay_row));
	for (; (at = destination_next(at, &relay_row)) != NULL; at = at->next) {
		const struct relay_line *l = at->args;
		struct mail_relay *r = &t->relays[t->relay_count++];

		r->host = mem_strdup(t, l->host.s);
		r->dane = l->dane.set ? (enum mail_dane)l->dane.v : MAIL_DANE_NONE;
		r->bounce = l->bounce.set ? find_bounce(t, l->bounce.s) : &t->bounce_default;
	}
}

static const struct table *
table_of(const struct destinations *d)
{
	/* A cache: what it holds follows from the configuration alone. */
	struct destinations *mine = (struct destinations *)(uintptr_t)d;
	const struct conf_node *root = conf_root(d->engine->conf);
	struct table *t = d->table;

	if (t != NULL)
		return t;
	t = mem_new(mine, struct table);
	read_bounces(t, root);
	read_profiles(t, root);
	read_routes(t, root);
	read_relays(t, root);
	mine->table = t;
	return t;
}

/* ---- looking up ---- */

/*
 * How well a line's domain fits: 0 not at all, 1 by its word for all others, more the longer it is, most
 * when it is the domain itself.
 */
static size_t
fits(const char *line, const char *others, const char *domain)
{
	size_t n = strlen(line), have = strlen(domain);

	if (strcmp(line, others) == 0)
		return 1;
	if (line[0] != '.')
		return strcasecmp(line, domain) == 0 ? SIZE_MAX : 0;
	return have > n && strcasecmp(domain + have - n, line) == 0 ? 1 + n : 0;
}

const struct mail_profile *
destination_for(const struct destinations *d, const char *domain)
{
	const struct table *t = table_of(d);
	const struct mail_profile *found = &t->profile_default;
	size_t best = 0;

	for (size_t i = 0; i < t->profile_count; i++) {
		size_t fit = fits(t->profiles[i].domain, "default", domain);

		if (fit > best) {
			best = fit;
			found = &t->profiles[i];
		}
	}
	return found;
}

const struct mail_smtp_route *
destination_route(const struct destinations *d, const char *domain)
{
	const struct table *t = table_of(d);
	const struct mail_smtp_route *found = NULL;
	size_t best = 0;

	for (size_t i = 0; i < t->route_count; i++) {
		size_t fit = fits(t->routes[i].domain, "ALL", domain);

		if (fit > best) {
			best = fit;
			found = &t->routes[i];
		}
	}
	return found;
}

const struct mail_relay *
destination_relay(const struct destinations *d, const char *host)
{
	const struct table *t = table_of(d);
	const struct mail_relay *found = &t->relay_default;
	size_t best = 0;

	for (size_t i = 0; i < t->relay_count; i++) {
		size_t fit = fits(t->relays[i].host, "default", host);

		if (fit > best) {
			best = fit;
			found = &t->relays[i];
		}
	}
	return found;
}

const struct bounce_profile *
destination_bounce(const struct destinations *d, const char *host)
{
	return destination_relay(d, host)->bounce;
}

void
destination_each(const struct destinations *d, void (*f)(void *arg, const struct mail_profile *), void *arg)
{
	const struct table *t = table_of(d);

	for (size_t i = 0; i < t->profile_count; i++)
		f(arg, &t->profiles[i]);
}

void
destination_each_route(
	const struct destinations *d, void (*f)(void *arg, const struct mail_smtp_route *), void *arg)
{
	const struct table *t = table_of(d);

	for (size_t i = 0; i < t->route_count; i++)
		f(arg, &t->routes[i]);
}

/* ---- changes ---- */

/* Is there mail that both lines are about? */
static bool
do_meet(const char *profile, const char *route)
{
	if (strcmp(profile, "default") == 0 || strcmp(route, "ALL") == 0 || strcmp(profile, route) == 0)
		return true;
	return fits(profile, "default", route) > 0 || fits(route, "ALL", profile) > 0;
}

bool
destination_is_undone(const struct mail_profile *p, const struct mail_smtp_route *r)
{
	return !r->use_dns && (p->dane != MAIL_DANE_NONE || p->mta_sts) && do_meet(p->domain, r->domain);
}

/* Was this not told before? What held before and holds no longer is told again when it comes back. */
static bool
is_news(struct destinations *d, struct text *now, const char *what, const char *profile, const char *route)
{
	size_t at = now->len;

	text_printf(now, "\n%s %s %s\n", what, profile, route);
	return strstr(d->told->s, now->s + at) == NULL;
}

static void
look_at_route(struct destinations *d, struct text *now, const struct mail_profile *p,
	const struct mail_smtp_route *r)
{
	if (p->dane != MAIL_DANE_NONE && is_news(d, now, "dane", p->domain, r->domain))
		log_msg(d->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_ROUTE",
			"mail destination %s has DANE and mail route %s leads to %s: DANE fails there and "
			"the mail "
			"stays in the queue; set 'dane none' for that domain, or route it to USEDNS",
			p->domain, r->domain, r->host);
	if (p->mta_sts && is_news(d, now, "sts", p->domain, r->domain))
		log_msg(d->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_ROUTE",
			"MTA STS will not be applied for domains that have SMTP routes configured: mail "
			"destination %s, mail route %s",
			p->domain, r->domain);
}

/* Only a configuration that was read at a start has such lines (lines.c). */
static void
look_at_bounces(struct destinations *d, struct text *now)
{
	const struct conf_node *root = conf_root(d->engine->conf);

	for (const struct conf_node *n = root->first; n != NULL; n = n->next) {
		const char *name = n->no ? NULL : destination_bounce_of(n);

		if (name != NULL && !destination_has_bounce(root, name) &&
			is_news(d, now, "bounce", n->key, name))
			log_msg(d->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_BOUNCE_PROFILE",
				"%s: there is no bounce profile %s, the default one is used", n->key, name);
	}
}

/* mail-security 11.2: what is allowed, and seldom what was meant. */
static void
on_look(void *arg)
{
	struct destinations *d = arg;
	const struct table *t = table_of(d);
	struct text *now = text_new(d);

	mem_free(d->look);
	d->look = NULL;
	look_at_bounces(d, now);
	for (size_t i = 0; i < t->profile_count; i++) {
		const struct mail_profile *p = &t->profiles[i];

		for (size_t k = 0; k < t->route_count; k++)
			if (destination_is_undone(p, &t->routes[k]))
				look_at_route(d, now, p, &t->routes[k]);
		if (p->mta_sts && strcmp(p->domain, "default") == 0 && is_news(d, now, "all", p->domain, ""))
			log_msg(d->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_DESTINATION",
				"mail destination default has MTA-STS: a policy is looked for at every "
				"recipient's "
				"domain");
	}
	mem_free(d->told);
	d->told = now;
}

void
destinations_changed(struct destinations *d)
{
	mem_free(d->table);
	d->table = NULL;
	/* Once for all lines of a commit. */
	if (d->look == NULL)
		d->look = timer_after(d, d->engine->loop, 0, on_look, d);
}

struct destinations *
destinations_new(const void *ctx, struct engine *e)
{
	struct destinations *d = mem_new(ctx, struct destinations);

	d->engine = e;
	d->told = text_new(d);
	return d;
}
