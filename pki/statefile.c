/* Reads and replaces small files of the state directory. */
#include "pki/statefile.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "core/engine.h"
#include "core/mem.h"

#define MAX_BYTES (16u * 1024u * 1024u)

struct text *
statefile_read(const void *ctx, const struct engine *engine, const char *name, struct err *err)
{
	struct text *text = text_new(ctx);
	char *path, chunk[8192];
	size_t n;
	FILE *f;

	if (engine->state_dir == NULL)
		return NULL;
	path = mem_printf(text, "%s/%s", engine->state_dir, name);
	f = fopen(path, "re");
	if (f == NULL) {
		if (errno != ENOENT)
			err_errno(err, "%s", path);
		return NULL;
	}
	while (text->len <= MAX_BYTES && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
		text_addn(text, chunk, n);
	if (ferror(f) || text->len > MAX_BYTES)
		err_set(err, ERR_IO, "%s: cannot be read, or is larger than %u bytes", path, MAX_BYTES);
	fclose(f);
	return err->code == ERR_NONE ? text : NULL;
}

bool
statefile_write(const struct engine *engine, const char *name, const void *data, size_t n, struct err *err)
{
	char *path, *fresh;
	FILE *f;
	bool ok;

	if (engine->state_dir == NULL || engine->is_check)
		return true;
	path = mem_printf(NULL, "%s/%s", engine->state_dir, name);
	fresh = mem_printf(path, "%s.new", path);
	f = fopen(fresh, "we");
	ok = f != NULL && fwrite(data, 1, n, f) == n;
	if (f != NULL && fclose(f) != 0)
		ok = false;
	if (!ok || rename(fresh, path) != 0) {
		ok = err_errno(err, "%s", path);
		unlink(fresh);
	}
	mem_free(path);
	return ok;
}
