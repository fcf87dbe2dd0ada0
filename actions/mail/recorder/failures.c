/* The list of failed attempts, and its file. */
#include "actions/mail/recorder/failures.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "core/engine.h"
#include "core/files.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"

enum { FILE_MAX = 32 << 20, COUNT_DEFAULT = 20 };
#define SAVE_AFTER (100 * USEC_PER_MSEC) /* several changes are one file */

struct failures {
	struct engine *engine;
	json_t *list;
	uint64_t last;
	size_t limit;
	struct timer *timer;               /* set while a change waits to be saved */
	bool is_writing, is_behind;        /* a worker writes; what it writes is not the newest */
	LIST_HEAD(, failures_wait) waits;  /* for the list as it is to be on disk */
	LIST_HEAD(, failures_wait) served; /* by the write that is under way */
	char *path;                        /* NULL: nothing is kept over a restart */
};

struct failures_wait {
	LIST_ENTRY(failures_wait) link;
	failures_saved_f *saved;
	void *arg;
};

/* What the worker thread writes: malloc. */
struct saving {
	struct failures *failures; /* of the engine's thread */
	char *path, *data;
	struct err err;
};

static void
write_file(void *data)
{
	struct saving *s = data;

	path_write_file(s->path, s->data, strlen(s->data), 0600, &s->err);
}

static void
free_saving(void *data)
{
	struct saving *s = data;

	free(s->path);
	free(s->data);
	free(s);
}

static void save(void *);

static void
written(void *data)
{
	struct saving *s = data;
	struct failures *f = s->failures;
	struct failures_wait *w;

	f->is_writing = false;
	while ((w = LIST_FIRST(&f->served)) != NULL) {
		LIST_REMOVE(w, link);
		w->link.le_prev = NULL;
		w->saved(w->arg, s->err.code == ERR_NONE ? NULL : &s->err);
	}
	if (f->is_behind)
		save(f);
}

/* One write at a time: an older list never replaces a newer one. */
static void
save(void *arg)
{
	struct failures *f = arg;
	struct failures_wait *w;
	struct saving *s;

	f->is_behind = f->is_writing;
	if (f->is_writing || (s = calloc(1, sizeof *s)) == NULL)
		return;
	s->failures = f;
	s->path = strdup(f->path);
	s->data = json_dumps(f->list, JSON_COMPACT);
	if (s->path == NULL || s->data == NULL) {
		free_saving(s);
		return;
	}
	while ((w = LIST_FIRST(&f->waits)) != NULL) {
		LIST_REMOVE(w, link);
		LIST_INSERT_HEAD(&f->served, w, link);
	}
	f->is_writing = true;
	work_submit(f, f->engine->loop, write_file, written, free_saving, s);
}

void
failures_changed(struct failures *f)
{
	if (f->path == NULL)
		return;
	if (f->timer == NULL)
		f->timer = timer_after(f, f->engine->loop, SAVE_AFTER, save, f);
	else if (!timer_is_set(f->timer))
		timer_set(f->timer, SAVE_AFTER);
}

static int
wait_free(void *p)
{
	struct failures_wait *w = p;

	if (w->link.le_prev != NULL)
		LIST_REMOVE(w, link);
	return 0;
}

bool
failures_save(const void *ctx, struct failures *f, failures_saved_f *saved, void *arg)
{
	struct failures_wait *w;

	if (f->path == NULL)
		return false;
	w = mem_new(ctx, struct failures_wait);
	w->saved = saved;
	w->arg = arg;
	LIST_INSERT_HEAD(&f->waits, w, link);
	mem_on_free(w, wait_free);
	save(f);
	return true;
}

static void
drop_oldest(struct failures *f)
{
	const char *file = json_string_value(json_object_get(json_array_get(f->list, 0), "capture"));
	struct err ignored = ERR_INIT;

	if (file != NULL)
		files_delete(f->engine->files, file, 0, &ignored);
	json_array_remove(f->list, 0);
}

uint64_t
failures_add(struct failures *f, json_t *record)
{
	json_object_set_new(record, "no", json_integer((json_int_t)++f->last));
	json_array_append_new(f->list, record);
	while (json_array_size(f->list) > f->limit)
		drop_oldest(f);
	failures_changed(f);
	return f->last;
}

json_t *
failures_find(const struct failures *f, uint64_t no)
{
	json_t *record;
	size_t i;

	json_array_foreach(f->list, i, record)
	{
		if ((uint64_t)json_integer_value(json_object_get(record, "no")) == no)
			return record;
	}
	return NULL;
}

void
failures_limit(struct failures *f, size_t count)
{
	f->limit = count > 0 ? count : COUNT_DEFAULT;
	if (json_array_size(f->list) <= f->limit)
		return;
	while (json_array_size(f->list) > f->limit)
		drop_oldest(f);
	failures_changed(f);
}

void
failures_clear(struct failures *f)
{
	while (json_array_size(f->list) > 0)
		drop_oldest(f);
	failures_changed(f);
}

size_t
failures_count(const struct failures *f)
{
	return json_array_size(f->list);
}

const json_t *
failures_at(const struct failures *f, size_t i)
{
	return json_array_get(f->list, i);
}

/* A capture that was deleted before the list was on disk, or by hand. */
static void
forget_missing(const struct failures *f, json_t *record)
{
	const char *file = json_string_value(json_object_get(record, "capture"));

	if (file == NULL || files_exists(f->engine->files, file, 0))
		return;
	json_object_set_new(record, "capture", json_null());
	json_object_set_new(record, "packets", json_integer(0));
	json_object_set_new(record, "capture_problem", json_string("its file is not there any more"));
}

/* What an earlier run of the daemon has kept. */
static void
load(struct failures *f)
{
	struct err err = ERR_INIT;
	size_t n = 0, i;
	char *text = path_read_file(NULL, f->path, FILE_MAX, &n, &err);
	json_t *list = text == NULL ? NULL : json_loadb(text, n, 0, NULL), *record;

	mem_free(text);
	json_array_foreach(list, i, record)
	{
		uint64_t no = (uint64_t)json_integer_value(json_object_get(record, "no"));

		if (no > f->last)
			f->last = no;
		forget_missing(f, record);
		json_array_append(f->list, record);
	}
	json_decref(list);
}

static int
release(void *ptr)
{
	struct failures *f = ptr;
	struct err ignored = ERR_INIT;
	char *data;

	/* What has changed and was not written yet is written now. */
	if (((f->timer != NULL && timer_is_set(f->timer)) || f->is_behind) &&
		(data = json_dumps(f->list, JSON_COMPACT)) != NULL) {
		path_write_file(f->path, data, strlen(data), 0600, &ignored);
		free(data);
	}
	json_decref(f->list);
	return 0;
}

struct failures *
failures_new(const void *ctx, struct engine *engine)
{
	struct failures *f = mem_new(ctx, struct failures);

	f->engine = engine;
	f->list = json_array();
	f->limit = COUNT_DEFAULT;
	mem_on_free(f, release);
	if (engine->state_dir != NULL && !engine->is_check) {
		f->path = mem_printf(f, "%s/mail-failures.json", engine->state_dir);
		load(f);
	}
	return f;
}
