/* Saved variables by key, in memory and in a file. */
#include "applets/context.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "core/debug.h"
#include "core/frame.h"
#include "core/glob.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"

enum { WRITE_DELAY_US = 1000000 };

struct saved {
	const char *name;
	char *value;
	size_t n;
	UT_hash_handle hh;
};

struct context {
	const char *key;
	struct saved *by_name; /* uthash keeps the order of insertion */
	UT_hash_handle hh;
};

struct contexts {
	struct engine *engine;
	struct context *by_key;
	size_t bytes;
	const char *path;        /* NULL: memory only */
	struct timer *timer;     /* set while something is not written yet */
	struct writing *writing; /* NULL: no worker writes */
};

/* ---- memory ---- */

static size_t
size_of(const struct saved *v)
{
	return strlen(v->name) + v->n;
}

static struct saved *
saved_find(const struct context *c, const char *name)
{
	struct saved *v;

	HASH_FIND_STR(c->by_name, name, v);
	return v;
}

static struct context *
context_find(const struct contexts *all, const char *key)
{
	struct context *c;

	HASH_FIND_STR(all->by_key, key, c);
	return c;
}

static struct context *
context_of(struct contexts *all, const char *key)
{
	struct context *c = context_find(all, key);

	if (c != NULL)
		return c;
	c = mem_new(all, struct context);
	c->key = mem_strdup(c, key);
	HASH_ADD_KEYPTR(hh, all->by_key, c->key, strlen(c->key), c);
	return c;
}

static void
forget(struct contexts *all, struct context *c, struct saved *v)
{
	all->bytes -= size_of(v);
	HASH_DEL(c->by_name, v);
	mem_free(v);
}

static void
keep(struct contexts *all, const char *key, const char *name, const char *value, size_t n)
{
	struct context *c = context_of(all, key);
	struct saved *v = saved_find(c, name);

	if (v != NULL)
		forget(all, c, v);
	v = mem_new(c, struct saved);
	v->name = mem_strdup(v, name);
	v->value = mem_dup(v, value, n);
	v->n = n;
	all->bytes += size_of(v);
	HASH_ADD_KEYPTR(hh, c->by_name, v->name, strlen(v->name), v);
}

/* ---- the file ---- */

/* {"version":1,"contexts":[{"key":K,"variables":[{"name":N,"value":V}]}]} */
static json_t *
as_json(const struct contexts *all)
{
	json_t *list = json_array();
	const struct context *c, *next_c;
	const struct saved *v, *next_v;

	HASH_ITER (hh, all->by_key, c, next_c) {
		json_t *variables = json_array();

		HASH_ITER (hh, c->by_name, v, next_v)
			json_array_append_new(variables, json_pack("{s:s s:o}", "name", v->name, "value",
								 frame_octets(v->value, v->n)));
		json_array_append_new(
			list, json_pack("{s:o s:o}", "key", frame_octets(c->key, strlen(c->key)), "variables",
				      variables));
	}
	return json_pack("{s:i s:o}", "version", 1, "contexts", list);
}

/* How many octets a string of frame_octets() has: two bytes of it make one from 0x80 on. */
static size_t
octets(const json_t *value)
{
	const char *s = json_string_value(value);
	size_t bytes = json_string_length(value), n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

static bool
read_variable(struct contexts *all, const char *key, const json_t *v, const void *ctx)
{
	const json_t *value = json_object_get(v, "value");
	const char *name = json_string_value(json_object_get(v, "name"));
	const char *s = frame_octets_text(ctx, value);

	if (name == NULL || s == NULL || all->bytes + strlen(name) + octets(value) > CONTEXT_BYTES_MAX)
		return false;
	keep(all, key, name, s, octets(value));
	return true;
}

static bool
read_context(struct contexts *all, const json_t *entry)
{
	void *ctx = mem_ctx(NULL, "context");
	const char *key = frame_octets_text(ctx, json_object_get(entry, "key"));
	const json_t *list = json_object_get(entry, "variables");
	bool good = key != NULL && json_is_array(list);

	for (size_t i = 0; good && i < json_array_size(list); i++)
		good = read_variable(all, key, json_array_get(list, i), ctx);
	mem_free(ctx);
	return good;
}

static bool
read_all(struct contexts *all, const char *text, size_t n)
{
	json_t *doc = json_loadb(text, n, JSON_ALLOW_NUL, NULL);
	const json_t *list = json_object_get(doc, "contexts");
	bool good = json_integer_value(json_object_get(doc, "version")) == 1 && json_is_array(list);

	for (size_t i = 0; good && i < json_array_size(list); i++)
		good = read_context(all, json_array_get(list, i));
	json_decref(doc);
	return good;
}

/* What is damaged is kept: the next file would take its place. */
static void
set_aside(struct contexts *all)
{
	char *aside = mem_printf(all, "%s.damaged-%lld", all->path,
		(long long)(clock_wall(all->engine->clock) / USEC_PER_SEC));
	bool moved = rename(all->path, aside) == 0;

	log_msg(all->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_CONTEXT_FILE",
		"Saved contexts in %s cannot be read whole%s%s", all->path, moved ? "; set aside as " : "",
		moved ? aside : "");
	mem_free(aside);
}

static void
load(struct contexts *all)
{
	struct err err = ERR_INIT;
	size_t n;
	char *text = path_read_file(all, all->path, 8 * (size_t)CONTEXT_BYTES_MAX, &n, &err);

	if (text == NULL && err.code == ERR_NOT_FOUND)
		return;
	if (text == NULL)
		log_msg(all->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_CONTEXT_FILE",
			"Saved contexts in %s cannot be read: %s", all->path, err.text);
	else if (!read_all(all, text, n))
		set_aside(all);
	mem_free(text);
}

/* One write, given to a worker: malloc only. The lock is held while it writes. */
struct writing {
	pthread_mutex_t lock;
	bool is_stale; /* the engine has ended and written by itself */
	struct contexts *all;
	char *path, *text;
	struct err err;
	bool good;
};

static void
do_write(void *data)
{
	struct writing *w = data;

	pthread_mutex_lock(&w->lock);
	w->good = w->is_stale || path_write_file(w->path, w->text, strlen(w->text), 0600, &w->err);
	pthread_mutex_unlock(&w->lock);
}

static void
writing_free(void *data)
{
	struct writing *w = data;

	pthread_mutex_destroy(&w->lock);
	free(w->path);
	free(w->text);
	free(w);
}

static struct writing *
writing_new(struct contexts *all)
{
	struct writing *w = calloc(1, sizeof *w);
	json_t *doc = as_json(all);

	if (w == NULL)
		abort();
	pthread_mutex_init(&w->lock, NULL);
	w->all = all;
	w->path = strdup(all->path);
	w->text = json_dumps(doc, JSON_INDENT(1));
	json_decref(doc);
	if (w->path == NULL || w->text == NULL)
		abort();
	return w;
}

static void
written(void *data)
{
	struct writing *w = data;

	w->all->writing = NULL;
	if (!w->good)
		log_msg(w->all->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_CONTEXT_FILE",
			"Contexts cannot be saved: %s", w->err.text);
}

static void
write_now(void *arg)
{
	struct contexts *all = arg;

	if (all->writing) { /* the state of now goes behind the one under way */
		timer_set(all->timer, WRITE_DELAY_US);
		return;
	}
	all->writing = writing_new(all);
	work_submit(all, all->engine->loop, do_write, written, writing_free, all->writing);
}

static void
changed(struct contexts *all)
{
	if (all->path == NULL)
		return;
	if (all->timer == NULL)
		all->timer = timer_after(all, all->engine->loop, WRITE_DELAY_US, write_now, all);
	else if (!timer_is_set(all->timer))
		timer_set(all->timer, WRITE_DELAY_US);
}

static void
write_last(struct contexts *all)
{
	struct writing *w = writing_new(all);

	do_write(w);
	writing_free(w);
}

/* The daemon ends: what the timer would have written is written now. */
static int
contexts_free(void *p)
{
	struct contexts *all = p;
	struct context *c, *next;

	if (all->writing) {
		pthread_mutex_lock(&all->writing->lock);
		all->writing->is_stale = true;
		pthread_mutex_unlock(&all->writing->lock);
	}
	if (all->writing || (all->timer && timer_is_set(all->timer)))
		write_last(all);
	HASH_ITER (hh, all->by_key, c, next) {
		HASH_DEL(all->by_key, c);
		HASH_CLEAR(hh, c->by_name);
	}
	return 0;
}

/* ---- */

struct contexts *
contexts_new(const void *ctx, struct engine *engine)
{
	struct contexts *all = mem_new(ctx, struct contexts);

	all->engine = engine;
	mem_on_free(all, contexts_free);
	if (engine->state_dir == NULL || engine->is_check)
		return all;
	all->path = mem_printf(all, "%s/contexts.json", engine->state_dir);
	load(all);
	return all;
}

bool
context_save(
	struct contexts *all, const char *key, const char *name, const char *value, size_t n, struct err *err)
{
	if (all->bytes + strlen(name) + n > CONTEXT_BYTES_MAX)
		return err_set(
			err, ERR_RANGE, "all contexts together would exceed %d bytes", CONTEXT_BYTES_MAX);
	keep(all, key, name, value, n);
	log_debug(all->engine->log, DEBUG_BIT(DEBUG_EEM_COMMON), "EEM: context %s: variable %s saved", key,
		name);
	changed(all);
	return true;
}

size_t
context_take(struct contexts *all, const char *key, const char *pattern, context_f *f, void *arg)
{
	struct context *c = context_find(all, key);
	struct saved *v, *next;
	size_t n = 0;

	if (c == NULL)
		return 0;
	HASH_ITER (hh, c->by_name, v, next) {
		if (!glob_match(pattern, strlen(pattern), v->name, strlen(v->name), false))
			continue;
		f(arg, v->name, v->value, v->n);
		forget(all, c, v);
		n++;
	}
	if (c->by_name == NULL) {
		HASH_DEL(all->by_key, c);
		mem_free(c);
	}
	log_debug(all->engine->log, DEBUG_BIT(DEBUG_EEM_COMMON), "EEM: context %s: %zu variable%s retrieved",
		key, n, n == 1 ? "" : "s");
	if (n > 0)
		changed(all);
	return n;
}
