/* The list of failed attempts, and its file. */
#include "actions/mail/recorder/failures.h"

#include <stdlib.h>
#include <string.h>

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
	struct timer *timer; /* set while a change waits to be saved */
	char *path;          /* NULL: nothing is kept over a restart */
};

/* What the worker thread writes: malloc. */
struct saving {
	char *path, *data;
};

static void
write_file(void *data)
{
	struct saving *s = data;
	struct err ignored = ERR_INIT;

	path_write_file(s->path, s->data, strlen(s->data), 0600, &ignored);
}

static void
written(void *data)
{
	(void)data;
}

static void
free_saving(void *data)
{
	struct saving *s = data;

	free(s->path);
	free(s->data);
	free(s);
}

static void
save(void *arg)
{
	struct failures *f = arg;
	struct saving *s = calloc(1, sizeof *s);

	if (s == NULL)
		return;
	s->path = strdup(f->path);
	s->data = json_dumps(f->list, JSON_COMPACT);
	if (s->path == NULL || s->data == NULL)
		free_saving(s);
	else
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
	if (f->timer != NULL && timer_is_set(f->timer) &&
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
