/* MTA-STS policies in memory and on disk. */
#include "actions/mail/sts/cache.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "core/engine.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"

#define VERSION     1
#define FILE_MAX    (512u * 1024u)
#define ENTRIES_MAX 10000
#define SUFFIX      ".json"
#define DAY         (86400 * USEC_PER_SEC)
#define SOON        (300 * USEC_PER_SEC)
#define BACK_OFF    (300 * USEC_PER_SEC)

struct sts_cache {
	struct engine *engine;
	char *dir; /* NULL: memory only */
	struct sts_entry *entries;
};

static usec
now(const struct sts_cache *c)
{
	return clock_wall(c->engine->clock);
}

/* mail-security 10.3: half of its life, at most a day. */
static usec
next_refresh(usec fetched, usec expires)
{
	usec half = (expires - fetched) / 2;

	if (half > DAY)
		half = DAY;
	if (half < SOON)
		return 0; /* not worth it: the next mail will ask */
	return fetched + half;
}

/* ---- files ---- */

/* The domain is an A-label: letters, digits, `-`, `_` and dots that end nothing. */
static bool
is_file_name(const char *domain)
{
	size_t n = strlen(domain);

	return n > 0 && n <= 253 && domain[0] != '.' &&
	       strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == n;
}

static char *
file_of(const void *ctx, const struct sts_cache *c, const char *domain)
{
	if (c->dir == NULL || !is_file_name(domain))
		return NULL;
	return mem_printf(ctx, "%s/%s" SUFFIX, c->dir, domain);
}

/* malloc: a worker thread writes it. */
struct saving {
	struct engine *engine;
	char *path, *text;
	struct err err;
	bool ok;
};

static void
save_work(void *data)
{
	struct saving *s = data;

	s->ok = path_make_parent(s->path, 0750, &s->err) &&
		path_write_file(s->path, s->text, strlen(s->text), 0640, &s->err);
}

static void
save_done(void *data)
{
	struct saving *s = data;

	if (!s->ok)
		log_msg(s->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MTA_STS_CACHE",
			"MTA-STS policy not kept: %s", s->err.text);
}

static void
save_free(void *data)
{
	struct saving *s = data;

	free(s->path);
	free(s->text);
	free(s);
}

static void
save(struct sts_cache *c, const struct sts_entry *e)
{
	char *path = file_of(NULL, c, e->domain);
	struct saving *s;
	json_t *j;

	if (path == NULL)
		return;
	j = json_pack("{s:i, s:s, s:s, s:I, s:I}", "version", VERSION, "domain", e->domain, "id",
		e->policy->id, "fetched", (json_int_t)(e->fetched / USEC_PER_SEC), "expires",
		(json_int_t)(e->expires / USEC_PER_SEC));
	json_object_set_new(j, "policy", frame_octets(e->policy->text, strlen(e->policy->text)));
	s = calloc(1, sizeof *s);
	if (s == NULL || (s->path = strdup(path)) == NULL ||
		(s->text = json_dumps(j, JSON_INDENT(1))) == NULL)
		abort();
	s->engine = c->engine;
	json_decref(j);
	mem_free(path);
	work_submit(c, c->engine->loop, save_work, save_done, save_free, s);
}

static void
remove_file(const struct sts_cache *c, const char *domain)
{
	char *path = file_of(NULL, c, domain);

	if (path != NULL)
		unlink(path);
	mem_free(path);
}

/* ---- entries ---- */

struct sts_entry *
sts_cache_find(struct sts_cache *c, const char *domain)
{
	struct sts_entry *e;

	HASH_FIND_STR(c->entries, domain, e);
	return e;
}

static void
forget(struct sts_cache *c, struct sts_entry *e)
{
	HASH_DEL(c->entries, e);
	mem_free(e);
}

/* The one that nobody has asked for longest makes room. */
static void
make_room(struct sts_cache *c)
{
	struct sts_entry *e, *next, *oldest = NULL;

	if (HASH_COUNT(c->entries) < ENTRIES_MAX)
		return;
	HASH_ITER (hh, c->entries, e, next)
		if (oldest == NULL || e->used < oldest->used)
			oldest = e;
	remove_file(c, oldest->domain);
	forget(c, oldest);
}

/* made when there is none */
static struct sts_entry *
sts_cache_entry(struct sts_cache *c, const char *domain)
{
	struct sts_entry *e = sts_cache_find(c, domain);

	if (e != NULL)
		return e;
	make_room(c);
	e = mem_new(c, struct sts_entry);
	e->domain = mem_strdup(e, domain);
	e->used = now(c);
	HASH_ADD_KEYPTR(hh, c->entries, e->domain, strlen(e->domain), e);
	return e;
}

static void
expire(struct sts_cache *c, struct sts_entry *e)
{
	mem_free(e->policy);
	e->policy = NULL;
	e->refresh_at = 0;
	remove_file(c, e->domain);
}

const struct sts_policy *
sts_cache_policy(struct sts_cache *c, const char *domain)
{
	struct sts_entry *e = sts_cache_find(c, domain);

	if (e == NULL)
		return NULL;
	if (e->policy != NULL && e->expires <= now(c))
		expire(c, e);
	return e->policy;
}

static void
adopt(struct sts_entry *e, struct sts_policy *policy, usec fetched, usec expires)
{
	mem_free(e->policy);
	e->policy = mem_steal(e, policy);
	e->fetched = fetched;
	e->expires = expires;
	e->refresh_at = next_refresh(fetched, expires);
}

struct sts_entry *
sts_cache_store(struct sts_cache *c, struct sts_policy *policy)
{
	struct sts_entry *e = sts_cache_entry(c, policy->domain);
	usec at = now(c);

	adopt(e, policy, at, at + (usec)policy->max_age * USEC_PER_SEC);
	e->failed_at = e->retry_at = 0;
	mem_free((void *)(uintptr_t)e->failure);
	e->failure = NULL;
	save(c, e);
	return e;
}

void
sts_cache_failed(struct sts_cache *c, const char *domain, const char *reason)
{
	struct sts_entry *e = sts_cache_entry(c, domain);

	e->failed_at = now(c);
	e->retry_at = e->failed_at + BACK_OFF;
	mem_free((void *)(uintptr_t)e->failure);
	e->failure = mem_strdup(e, reason);
}

void
sts_cache_retry(struct sts_cache *c, const char *domain)
{
	struct sts_entry *e, *next;

	HASH_ITER (hh, c->entries, e, next)
		if (domain == NULL || strcmp(e->domain, domain) == 0)
			e->retry_at = 0;
}

bool
sts_cache_clear(struct sts_cache *c, const char *domain)
{
	struct sts_entry *e, *next;
	bool any = false;

	HASH_ITER (hh, c->entries, e, next) {
		if (domain != NULL && strcmp(e->domain, domain) != 0)
			continue;
		remove_file(c, e->domain);
		forget(c, e);
		any = true;
	}
	return any;
}

static int
by_domain(const struct sts_entry *a, const struct sts_entry *b)
{
	return strcmp(a->domain, b->domain);
}

void
sts_cache_each(struct sts_cache *c, void (*f)(void *arg, struct sts_entry *), void *arg)
{
	struct sts_entry *e, *next;

	HASH_SORT(c->entries, by_domain);
	HASH_ITER (hh, c->entries, e, next)
		f(arg, e);
}

/* ---- at the start ---- */

/* The policy of a file, or NULL and err. */
static struct sts_policy *
read_file(const void *ctx, const char *path, usec *fetched, usec *expires, struct err *err)
{
	size_t n;
	char *text = path_read_file(ctx, path, FILE_MAX, &n, err), *body;
	json_t *j = text == NULL ? NULL : json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	const char *domain = json_string_value(json_object_get(j, "domain"));
	const char *id = json_string_value(json_object_get(j, "id"));
	struct sts_policy *p = NULL;

	if (text == NULL)
		return NULL;
	body = frame_octets_text(ctx, json_object_get(j, "policy"));
	if (json_integer_value(json_object_get(j, "version")) != VERSION || domain == NULL || id == NULL ||
		body == NULL)
		err_set(err, ERR_INVALID, "not a kept policy");
	else
		p = sts_policy_parse(ctx, body, strlen(body), err);
	if (p != NULL) {
		p->domain = mem_strdup(p, domain);
		p->id = mem_strdup(p, id);
		*fetched = (usec)json_integer_value(json_object_get(j, "fetched")) * USEC_PER_SEC;
		*expires = (usec)json_integer_value(json_object_get(j, "expires")) * USEC_PER_SEC;
	}
	json_decref(j);
	return p;
}

/* A clock that was wrong, or a file that was changed, must not keep a policy for longer than it said. */
static bool
is_in_time(const struct sts_cache *c, const struct sts_policy *p, usec fetched, usec expires)
{
	return fetched >= 0 && expires > now(c) && expires <= fetched + (usec)p->max_age * USEC_PER_SEC &&
	       fetched <= now(c) + DAY;
}

static void
load_file(struct sts_cache *c, const char *name)
{
	void *ctx = mem_ctx(NULL, "kept policy");
	char *path = mem_printf(ctx, "%s/%s", c->dir, name);
	char *domain = mem_strndup(ctx, name, strlen(name) - strlen(SUFFIX));
	struct err err = ERR_INIT;
	usec fetched = 0, expires = 0;
	struct sts_policy *p = read_file(ctx, path, &fetched, &expires, &err);

	if (p != NULL && (strcmp(p->domain, domain) != 0 || !is_file_name(domain))) {
		err_set(&err, ERR_INVALID, "the policy of another domain");
		p = NULL;
	}
	if (p == NULL)
		log_msg(c->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MTA_STS_CACHE", "%s is taken away: %s",
			path, err.text);
	if (p == NULL || !is_in_time(c, p, fetched, expires))
		unlink(path);
	else
		adopt(sts_cache_entry(c, domain), p, fetched, expires);
	mem_free(ctx);
}

static void
load(struct sts_cache *c)
{
	DIR *dir = opendir(c->dir);
	struct dirent *d;

	if (dir == NULL)
		return;
	while ((d = readdir(dir)) != NULL && HASH_COUNT(c->entries) < ENTRIES_MAX) {
		size_t n = strlen(d->d_name);

		if (n > strlen(SUFFIX) && strcmp(d->d_name + n - strlen(SUFFIX), SUFFIX) == 0)
			load_file(c, d->d_name);
	}
	closedir(dir);
}

static int
cache_free(void *p)
{
	struct sts_cache *c = p;

	HASH_CLEAR(hh, c->entries);
	return 0;
}

struct sts_cache *
sts_cache_new(const void *ctx, struct engine *engine, const char *dir)
{
	struct sts_cache *c = mem_new(ctx, struct sts_cache);

	c->engine = engine;
	c->dir = mem_strdup(c, dir);
	mem_on_free(c, cache_free);
	if (dir != NULL)
		load(c);
	return c;
}
