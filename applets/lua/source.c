/* Policy files, opened with care. */
#include "applets/lua/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "core/debug.h"
#include "core/files.h"
#include "core/log.h"
#include "core/mem.h"

enum { NAME_MAX_BYTES = 64 };

bool
source_name_valid(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > NAME_MAX_BYTES || name[0] == '.')
		return false;
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) && strchr("_.-", *name) == NULL)
			return false;
	return true;
}

bool
source_is_text(const char *text, size_t n)
{
	return n == 0 || text[0] != '\x1b';
}

/* ---- directories ---- */

const char *
source_directory(const struct engine *engine, enum source_place place)
{
	switch (place) {
	case SOURCE_USER:
		return script_directory(engine, "policy");
	case SOURCE_LIBRARY:
		return script_directory(engine, "library");
	case SOURCE_SYSTEM:
		break;
	}
	return NULL;
}

/* The system's directory is ours and no IOS name. */
static int
open_system(struct engine *engine, struct err *err)
{
	char *path = engine->program_dir ? mem_printf(NULL, "%s/policy", engine->program_dir) : NULL;
	int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		err_set(err, ERR_NOT_FOUND, "EEM configuration: policy file could not be found");
	mem_free(path);
	return fd;
}

static int
open_directory(struct engine *engine, enum source_place place, struct err *err)
{
	const char *name = source_directory(engine, place);

	if (place == SOURCE_SYSTEM)
		return open_system(engine, err);
	if (name == NULL) {
		err_set(err, ERR_NOT_FOUND, "EEM configuration: policy file could not be found");
		err_hint(err, "no directory is set: event manager directory user %s PATH",
			place == SOURCE_USER ? "policy" : "library");
		return -1;
	}
	return files_open(engine->files, name, O_RDONLY | O_DIRECTORY, FILES_ABSOLUTE, err);
}

/* ---- files ---- */

/* Who could have written this? */
static bool
check_owner(const struct stat *st, const char *name, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, ERR_REFUSED, "EEM configuration: policy %s is no regular file", name);
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		err_set(err, ERR_REFUSED, "EEM configuration: policy %s belongs to somebody else (user %u)",
			name, (unsigned)st->st_uid);
		err_hint(err, "policies belong to root or to the user that runs eventd");
		return false;
	}
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		err_set(err, ERR_REFUSED, "EEM configuration: policy %s can be written by others (mode %04o)",
			name, (unsigned)(st->st_mode & 07777));
		err_hint(err, "chmod go-w");
		return false;
	}
	return true;
}

static bool
read_all(const void *ctx, int fd, const char *name, const char **data, size_t *len, struct err *err)
{
	char *text = mem_alloc(ctx, WIRE_SOURCE_MAX + 1);
	size_t n = 0;
	ssize_t got;

	while (n <= WIRE_SOURCE_MAX && (got = read(fd, text + n, WIRE_SOURCE_MAX + 1 - n)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			mem_free(text);
			return err_errno(err, "EEM configuration: policy %s", name);
		}
		n += (size_t)got;
	}
	if (n > WIRE_SOURCE_MAX) {
		mem_free(text);
		return err_set(err, ERR_REFUSED, "EEM configuration: policy %s is longer than %zu bytes",
			name, WIRE_SOURCE_MAX);
	}
	text = mem_resize(ctx, text, n + 1);
	text[n] = '\0';
	*data = text;
	*len = n;
	return true;
}

static bool
missing(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "EEM configuration: policy file could not be found");
}

static bool
read_in(const void *ctx, int dir, const char *name, const char **data, size_t *len, struct err *err)
{
	struct stat st;
	bool fine;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return missing(err);
	if (fd < 0)
		return err_errno(err, "EEM configuration: policy %s", name);
	if (fstat(fd, &st) < 0)
		fine = err_errno(err, "EEM configuration: policy %s", name);
	else
		fine = check_owner(&st, name, err) && read_all(ctx, fd, name, data, len, err);
	close(fd);
	return fine;
}

bool
source_data(const void *ctx, struct engine *engine, enum source_place place, const char *name,
	const char **data, size_t *len, struct err *err)
{
	bool fine;
	int dir;

	if (!source_name_valid(name)) {
		err_set(err, ERR_REFUSED, "EEM configuration: %s is no name of a policy file", name);
		err_hint(err, "letters, digits, '_', '.' and '-', at most 64");
		return false;
	}
	dir = open_directory(engine, place, err);
	if (dir < 0)
		return err->code == ERR_NOT_FOUND && err->hint[0] == '\0' ? missing(err) : false;
	fine = read_in(ctx, dir, name, data, len, err);
	log_debug(engine->log, DEBUG_BIT(DEBUG_EEM_POLICYDIR), "EEM: policy directory %s: %s: %s",
		place == SOURCE_SYSTEM ? "(system)" : source_directory(engine, place), name,
		fine ? "found" : err->text);
	close(dir);
	return fine;
}

bool
source_read(const void *ctx, struct engine *engine, enum source_place place, const char *name,
	struct source *out, struct err *err)
{
	out->place = place;
	if (!source_data(ctx, engine, place, name, &out->text, &out->len, err))
		return false;
	if (source_is_text(out->text, out->len))
		return true;
	mem_free((void *)(uintptr_t)out->text);
	return err_set(
		err, ERR_REFUSED, "EEM configuration: policy %s is bytecode: only Lua text is taken", name);
}

bool
source_find(const void *ctx, struct engine *engine, const char *name, struct source *out, struct err *err)
{
	struct err second = ERR_INIT;

	if (source_read(ctx, engine, SOURCE_USER, name, out, err))
		return true;
	if (err->code != ERR_NOT_FOUND || !source_read(ctx, engine, SOURCE_SYSTEM, name, out, &second))
		return false;
	err_clear(err);
	return true;
}

/* ---- what there is ---- */

struct listing {
	void (*f)(void *arg, const char *name, usec created);
	void *arg;
};

static void
list_entry(void *arg, const char *name, const struct stat *st)
{
	const struct listing *l = arg;

	if (S_ISREG(st->st_mode) && source_name_valid(name))
		l->f(l->arg, name, (usec)st->st_mtim.tv_sec * USEC_PER_SEC + st->st_mtim.tv_nsec / 1000);
}

void
source_each(struct engine *engine, enum source_place place,
	void (*f)(void *arg, const char *name, usec created), void *arg)
{
	struct listing l = { f, arg };
	struct err err = ERR_INIT;
	const char *dir = source_directory(engine, place);
	char *own = NULL;

	if (place == SOURCE_SYSTEM && engine->program_dir != NULL)
		dir = own = mem_printf(NULL, "%s/policy", engine->program_dir);
	if (dir != NULL && engine->files != NULL)
		files_list(engine->files, dir, FILES_ABSOLUTE, list_entry, &l, &err);
	mem_free(own);
}
