/* Counting TLS sessions for reports. */
#include "actions/mail/report/collect.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"

#define VERSION     1
#define DAYS_KEPT   7
#define DOMAINS_MAX 10000 /* of a day */
#define DETAILS_MAX 100   /* of a policy */
#define FILE_MAX    (64u * 1024u * 1024u)
#define SAVE_AFTER  (5 * USEC_PER_SEC)
#define SUFFIX      ".json"

struct collection {
	struct engine *engine;
	char *dir;    /* NULL: memory only */
	json_t *days; /* day -> domain -> {"policies":[...]} */
	struct timer *timer;
	bool saving, dirty;
};

void
collection_day(usec wall, char day[COLLECTION_DAY_SIZE])
{
	time_t sec = (time_t)(wall / USEC_PER_SEC);
	struct tm tm;

	gmtime_r(&sec, &tm);
	strftime(day, COLLECTION_DAY_SIZE, "%Y-%m-%d", &tm);
}

/* ---- counting ---- */

static json_t *
member(json_t *object, const char *key, size_t max)
{
	json_t *found = json_object_get(object, key);

	if (found != NULL || json_object_size(object) >= max)
		return found;
	found = json_object();
	json_object_set_new(object, key, found);
	return found;
}

static void
set_text(json_t *object, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		json_object_set_new(object, key, json_string(value));
}

static void
count_one(json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	json_object_set_new(object, key, json_integer(n + 1));
}

static json_t *
policy_of(json_t *record, const struct tlsrpt_session *s)
{
	json_t *list = json_object_get(record, "policies"), *policy = json_object(), *entry;
	size_t i;

	set_text(policy, "policy-type", s->policy_type);
	if (s->policy_string != NULL)
		json_object_set(policy, "policy-string", s->policy_string);
	set_text(policy, "policy-domain", s->policy_domain);
	if (s->mx_host != NULL)
		json_object_set(policy, "mx-host", s->mx_host);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(record, "policies", list);
	}
	json_array_foreach(list, i, entry)
	{
		if (json_equal(json_object_get(entry, "policy"), policy)) {
			json_decref(policy);
			return entry;
		}
	}
	entry = json_pack("{s:o, s:{s:i, s:i}}", "policy", policy, "summary",
		"total-successful-session-count", 0, "total-failure-session-count", 0);
	json_array_append_new(list, entry);
	return entry;
}

/* Equal but for the count. */
static bool
is_same_detail(json_t *kept, json_t *new)
{
	const char *key;
	json_t *value;

	json_object_foreach(new, key, value) if (!json_equal(json_object_get(kept, key), value)) return false;
	return json_object_size(kept) == json_object_size(new) + 1;
}

static void
add_detail(json_t *entry, const struct tlsrpt_session *s)
{
	json_t *list = json_object_get(entry, "failure-details"), *detail = json_object(), *kept;
	size_t i;

	set_text(detail, "result-type", s->result_type);
	set_text(detail, "sending-mta-ip", s->sending_ip);
	set_text(detail, "receiving-mx-hostname", s->mx_hostname);
	set_text(detail, "receiving-ip", s->receiving_ip);
	set_text(detail, "failure-reason-code", s->reason_code);
	set_text(detail, "additional-information", s->information);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(entry, "failure-details", list);
	}
	json_array_foreach(list, i, kept)
	{
		if (is_same_detail(kept, detail)) {
			count_one(kept, "failed-session-count");
			json_decref(detail);
			return;
		}
	}
	if (json_array_size(list) == DETAILS_MAX) { /* the summary still counts it */
		json_decref(detail);
		return;
	}
	json_object_set_new(detail, "failed-session-count", json_integer(1));
	json_array_append_new(list, detail);
}

static void save_soon(struct collection *);

void
collection_add(struct collection *c, const struct tlsrpt_session *s)
{
	char day[COLLECTION_DAY_SIZE];
	json_t *record, *entry;

	collection_day(clock_wall(c->engine->clock), day);
	record = member(member(c->days, day, SIZE_MAX), s->domain, DOMAINS_MAX);
	if (record == NULL)
		return;
	entry = policy_of(record, s);
	count_one(json_object_get(entry, "summary"),
		s->result_type == NULL ? "total-successful-session-count" : "total-failure-session-count");
	if (s->result_type != NULL)
		add_detail(entry, s);
	save_soon(c);
}

/* ---- reading ---- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of an object in order; free() it. */
static const char **
sorted_keys(json_t *object, size_t *n)
{
	const char **keys = calloc(json_object_size(object) + 1, sizeof *keys), *key;
	json_t *value;

	if (keys == NULL)
		abort();
	*n = 0;
	json_object_foreach(object, key, value) keys[(*n)++] = key;
	qsort(keys, *n, sizeof *keys, by_text);
	return keys;
}

void
collection_each(const struct collection *c, collection_f *f, void *arg)
{
	size_t days, domains;
	const char **day = sorted_keys(c->days, &days);

	for (size_t i = 0; i < days; i++) {
		json_t *of_day = json_object_get(c->days, day[i]);
		const char **domain = sorted_keys(of_day, &domains);

		for (size_t j = 0; j < domains; j++)
			f(arg, day[i], domain[j], json_object_get(of_day, domain[j]));
		free(domain);
	}
	free(day);
}

void
collection_mark(struct collection *c, const char *day, const char *domain, json_t *sent)
{
	json_t *record = json_object_get(json_object_get(c->days, day), domain);
	json_t *list = json_object_get(record, "sent");

	if (record == NULL) {
		json_decref(sent);
		return;
	}
	if (list == NULL) {
		list = json_array();
		json_object_set_new(record, "sent", list);
	}
	json_array_append_new(list, sent);
	save_soon(c);
}

/* ---- files ---- */

/* malloc: a worker thread writes them. */
struct saving {
	struct collection *collection;
	size_t n;
	struct {
		char *path, *text;
	} files[DAYS_KEPT + 1];
	struct err err;
	bool ok;
};

static char *
path_of(const struct collection *c, const char *day)
{
	return mem_printf(NULL, "%s/%s" SUFFIX, c->dir, day);
}

/* What is older than a week. */
static void
forget_old(struct collection *c)
{
	size_t n;
	const char **day = sorted_keys(c->days, &n);
	char oldest[COLLECTION_DAY_SIZE];

	collection_day(clock_wall(c->engine->clock) - DAYS_KEPT * 86400 * USEC_PER_SEC, oldest);
	for (size_t i = 0; i < n; i++) {
		char *path;

		if (strcmp(day[i], oldest) >= 0 && n - i <= DAYS_KEPT + 1)
			break;
		path = c->dir == NULL ? NULL : path_of(c, day[i]);
		if (path != NULL)
			unlink(path);
		mem_free(path);
		json_object_del(c->days, day[i]);
	}
	free(day);
}

static void
save_work(void *data)
{
	struct saving *s = data;

	s->ok = true;
	for (size_t i = 0; i < s->n && s->ok; i++)
		s->ok = path_make_parent(s->files[i].path, 0750, &s->err) &&
			path_write_file(
				s->files[i].path, s->files[i].text, strlen(s->files[i].text), 0640, &s->err);
}

static void
save_done(void *data)
{
	struct saving *s = data;
	struct collection *c = s->collection;

	c->saving = false;
	if (!s->ok)
		log_msg(c->engine->log, NULL, "HA_EM", SEV_WARNINGS, "TLSRPT", "TLS report data not kept: %s",
			s->err.text);
	else if (c->dirty)
		save_soon(c);
}

static void
save_free(void *data)
{
	struct saving *s = data;

	for (size_t i = 0; i < s->n; i++) {
		free(s->files[i].path);
		free(s->files[i].text);
	}
	free(s);
}

/* Today's and yesterday's: older ones change no more. */
static struct saving *
make_saving(struct collection *c)
{
	struct saving *s = calloc(1, sizeof *s);
	usec now = clock_wall(c->engine->clock);

	if (s == NULL)
		abort();
	s->collection = c;
	for (int back = 0; back < 2; back++) {
		char day[COLLECTION_DAY_SIZE], *path;
		json_t *of_day, *j;

		collection_day(now - back * 86400 * USEC_PER_SEC, day);
		of_day = json_object_get(c->days, day);
		if (of_day == NULL)
			continue;
		j = json_pack("{s:i, s:O}", "version", VERSION, "domains", of_day);
		path = path_of(c, day);
		s->files[s->n].path = strdup(path);
		s->files[s->n].text = json_dumps(j, JSON_INDENT(1));
		if (s->files[s->n].path == NULL || s->files[s->n].text == NULL)
			abort();
		s->n++;
		mem_free(path);
		json_decref(j);
	}
	return s;
}

static void
on_save(void *arg)
{
	struct collection *c = arg;

	forget_old(c);
	if (c->dir == NULL || c->saving)
		return;
	c->dirty = false;
	c->saving = true;
	work_submit(c, c->engine->loop, save_work, save_done, save_free, make_saving(c));
}

/* Together with what follows within a few seconds. */
static void
save_soon(struct collection *c)
{
	c->dirty = true;
	if (c->timer == NULL)
		c->timer = timer_after(c, c->engine->loop, SAVE_AFTER, on_save, c);
	else if (!timer_is_set(c->timer))
		timer_set(c->timer, SAVE_AFTER);
}

static void
load_file(struct collection *c, const char *name)
{
	char *path = mem_printf(NULL, "%s/%s", c->dir, name);
	char *day = mem_strndup(path, name, strlen(name) - strlen(SUFFIX));
	struct err err = ERR_INIT;
	size_t n = 0;
	char *text = path_read_file(path, path, FILE_MAX, &n, &err);
	json_t *j = text == NULL ? NULL : json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	json_t *domains = json_object_get(j, "domains");

	if (json_integer_value(json_object_get(j, "version")) == VERSION && json_is_object(domains))
		json_object_set(c->days, day, domains);
	else
		log_msg(c->engine->log, NULL, "HA_EM", SEV_WARNINGS, "TLSRPT", "%s is not read: %s", path,
			text == NULL ? err.text : "not what was written");
	json_decref(j);
	mem_free(path);
}

static void
load(struct collection *c)
{
	DIR *dir = opendir(c->dir);
	struct dirent *d;

	if (dir == NULL)
		return;
	while ((d = readdir(dir)) != NULL)
		if (strlen(d->d_name) == strlen("2026-11-22" SUFFIX) &&
			strcmp(d->d_name + strlen("2026-11-22"), SUFFIX) == 0)
			load_file(c, d->d_name);
	closedir(dir);
}

static int
collection_free(void *p)
{
	struct collection *c = p;

	if (c->dirty && c->dir != NULL) {
		struct saving *s = make_saving(c);

		save_work(s);
		save_free(s);
	}
	json_decref(c->days);
	return 0;
}

struct collection *
collection_new(const void *ctx, struct engine *engine)
{
	struct collection *c = mem_new(ctx, struct collection);

	c->engine = engine;
	c->days = json_object();
	mem_on_free(c, collection_free);
	if (engine->state_dir == NULL || engine->is_check)
		return c;
	c->dir = mem_printf(c, "%s/tlsrpt", engine->state_dir);
	load(c);
	forget_old(c);
	return c;
}
