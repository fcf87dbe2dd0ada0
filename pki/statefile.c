/* Reads and replaces small files of the state directory. */
#include "pki/statefile.h"

#include <stdlib.h>
#include <string.h>

#include "core/engine.h"
#include "core/mem.h"
#include "core/paths.h"

#define MAX_BYTES (16u * 1024u * 1024u)

char *
statefile_read(const void *ctx, const struct engine *engine, const char *name, size_t *n, struct err *err)
{
	char *path, *data;

	if (engine->state_dir == NULL)
		return NULL;
	path = mem_printf(NULL, "%s/%s", engine->state_dir, name);
	data = path_read_file(ctx, path, MAX_BYTES, n, err);
	if (data == NULL && err->code == ERR_NOT_FOUND)
		err_clear(err);
	mem_free(path);
	return data;
}

bool
statefile_write(const struct engine *engine, const char *name, const void *data, size_t n, struct err *err)
{
	char *path;
	bool ok;

	if (engine->state_dir == NULL || engine->is_check)
		return true;
	path = mem_printf(NULL, "%s/%s", engine->state_dir, name);
	ok = path_write_file(path, data, n, 0600, err);
	mem_free(path);
	return ok;
}

json_t *
statefile_read_object(const struct engine *engine, const char *name, struct err *err)
{
	size_t n = 0;
	char *data = statefile_read(NULL, engine, name, &n, err);
	json_t *object = data != NULL ? json_loadb(data, n, JSON_REJECT_DUPLICATES, NULL) : NULL;

	if (data != NULL && !json_is_object(object)) {
		err_set(err, ERR_INVALID, "%s holds no JSON object", name);
		json_decref(object);
		object = NULL;
	}
	mem_free(data);
	return object != NULL ? object : json_object();
}

bool
statefile_write_object(const struct engine *engine, const char *name, const json_t *object, struct err *err)
{
	char *text = json_dumps(object, JSON_INDENT(1));
	bool ok = statefile_write(engine, name, text, strlen(text), err);

	free(text);
	return ok;
}
