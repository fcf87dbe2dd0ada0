/* Files by IOS names, each prefix a jail held by openat2(RESOLVE_BENEATH). */
#include "core/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"

#define PREFIXES 8

struct files {
	struct {
		char *name; /* "flash:" */
		char *dir;
	} prefix[PREFIXES];
	size_t n;
};

/* A name taken apart: where it starts, and the path below. */
struct place {
	const char *dir;  /* NULL: absolute */
	const char *path; /* relative to dir, "." for the directory itself */
};

struct files *
files_new(const void *ctx)
{
	return mem_new(ctx, struct files);
}

void
files_prefix(struct files *f, const char *prefix, const char *dir)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (strcasecmp(f->prefix[i].name, prefix) != 0)
			continue;
		mem_free(f->prefix[i].dir);
		f->prefix[i].dir = mem_strdup(f, dir);
		return;
	}
	if (f->n == PREFIXES)
		return;
	f->prefix[f->n].name = mem_strdup(f, prefix);
	f->prefix[f->n].dir = mem_strdup(f, dir);
	f->n++;
}

const char *
files_prefix_at(const struct files *f, size_t i)
{
	return f != NULL && i < f->n ? f->prefix[i].name : NULL;
}

static bool
fail(struct err *err, const char *name, int why)
{
	return err_set(
		err, why == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%%Error opening %s (%s)", name, strerror(why));
}

static const char *
skip_slashes(const char *path)
{
	while (*path == '/')
		path++;
	return *path == '\0' ? "." : path;
}

/* "/x" is the host's, "flash:/x" and "x" are not. */
static bool
find_place(const struct files *f, const char *name, unsigned how, struct place *out, struct err *err)
{
	const char *colon = strchr(name, ':'), *slash = strchr(name, '/');
	size_t i, n;

	if (f == NULL)
		return fail(err, name, ENODEV);
	if (name[0] == '/') {
		*out = (struct place){ .path = name };
		if ((how & FILES_ABSOLUTE) == 0)
			return fail(err, name, EACCES);
		return true;
	}
	if (colon == NULL || (slash != NULL && slash < colon)) {
		colon = NULL;
		n = strlen("flash:");
	} else {
		n = (size_t)(colon - name) + 1;
	}
	for (i = 0; i < f->n; i++) {
		if (strlen(f->prefix[i].name) != n ||
			strncasecmp(f->prefix[i].name, colon != NULL ? name : "flash:", n) != 0)
			continue;
		*out = (struct place){ .dir = f->prefix[i].dir,
			.path = skip_slashes(colon != NULL ? name + n : name) };
		return true;
	}
	err_set(err, ERR_INVALID, "%%Error opening %s (Invalid argument)", name);
	err_hint(err, "file names begin with a prefix such as flash:");
	return false;
}

static int
open_prefix(const char *dir, bool for_writing)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && for_writing && path_make_dir(dir, 0750, NULL))
		fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd;
}

static bool
is_link(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* Kernels before 5.6: every component by itself, and no links at all. */
static int
open_by_component(int at, const char *path, int flags)
{
	char part[NAME_MAX + 1];
	int dir = fcntl(at, F_DUPFD_CLOEXEC, 0);

	while (dir >= 0) {
		size_t n = strcspn(path, "/");
		const char *next = path + n + strspn(path + n, "/");
		int fd, why;

		if (n > NAME_MAX || (n == 2 && memcmp(path, "..", 2) == 0)) {
			close(dir);
			errno = n > NAME_MAX ? ENAMETOOLONG : EXDEV;
			return -1;
		}
		memcpy(part, path, n);
		part[n] = '\0';
		fd = *next == '\0' ? openat(dir, part, flags | O_NOFOLLOW | O_CLOEXEC, 0640)
				   : openat(dir, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		why = errno;
		if (fd < 0 && is_link(dir, part))
			why = EXDEV;
		close(dir);
		errno = why;
		if (*next == '\0')
			return fd;
		dir = fd;
		path = next;
	}
	return -1;
}

static int
open_beneath(int at, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned long long)(flags | O_CLOEXEC),
		.mode = (flags & O_CREAT) != 0 ? 0640 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, at, path, &how, sizeof how);

	if (fd < 0 && errno == ENOSYS)
		return open_by_component(at, path, flags);
	return (int)fd;
}

static int
open_place(const struct place *p, int flags)
{
	int at, fd, saved;

	if (p->dir == NULL)
		return open(p->path, flags | O_CLOEXEC, 0640);
	at = open_prefix(p->dir, (flags & O_CREAT) != 0);
	if (at < 0)
		return -1;
	fd = open_beneath(at, p->path, flags);
	saved = errno == EXDEV ? EACCES : errno;
	close(at);
	errno = saved;
	return fd;
}

int
files_open(const struct files *f, const char *name, int flags, unsigned how, struct err *err)
{
	struct place p;
	int fd;

	if (!find_place(f, name, how, &p, err))
		return -1;
	fd = open_place(&p, flags);
	if (fd < 0)
		fail(err, name, errno);
	return fd;
}

bool
files_read(
	const struct files *f, const char *name, unsigned how, size_t max, struct text *out, struct err *err)
{
	int fd = files_open(f, name, O_RDONLY | O_NONBLOCK, how, err);
	struct stat st;
	char buf[16384];
	ssize_t n;
	int why = 0;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0)
		why = errno;
	else if (!S_ISREG(st.st_mode))
		why = S_ISDIR(st.st_mode) ? EISDIR : EINVAL; /* a FIFO would block the engine */
	else if ((unsigned long long)st.st_size > max)
		why = EFBIG;
	while (why == 0 && (n = read(fd, buf, sizeof buf)) != 0) {
		if (n < 0)
			why = errno;
		else
			text_addn(out, buf, (size_t)n);
	}
	close(fd);
	return why == 0 || fail(err, name, why);
}

/* The directory that holds the last component of p, and that component. */
static int
open_parent(const struct place *p, bool for_writing, const char **leaf)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(p->path, '/');
	struct place parent = *p;

	*leaf = slash != NULL ? slash + 1 : p->path;
	if (**leaf == '\0' || strcmp(*leaf, ".") == 0 || strcmp(*leaf, "..") == 0) {
		errno = EISDIR;
		return -1;
	}
	if (slash == NULL)
		return p->dir != NULL ? open_prefix(p->dir, for_writing) : -1;
	if ((size_t)(slash - p->path) >= sizeof dir) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, p->path, (size_t)(slash - p->path));
	dir[slash - p->path] = '\0';
	parent.path = dir[0] == '\0' ? "/" : dir;
	return open_place(&parent, O_PATH | O_DIRECTORY);
}

static bool
replace_at(int at, const char *leaf, const void *data, size_t n)
{
	char temp[64];
	struct stat st;
	int fd, saved;

	if (fstatat(at, leaf, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EACCES;
		return false;
	}
	snprintf(temp, sizeof temp, ".new-%ld", (long)getpid());
	fd = openat(at, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return false;
	if (path_write_all(fd, data, n) && fsync(fd) == 0 && renameat(at, temp, at, leaf) == 0) {
		close(fd);
		return true;
	}
	saved = errno;
	close(fd);
	unlinkat(at, temp, 0);
	errno = saved;
	return false;
}

bool
files_replace(
	const struct files *f, const char *name, unsigned how, const void *data, size_t n, struct err *err)
{
	struct place p;
	const char *leaf;
	int at;
	bool ok;

	if (!find_place(f, name, how, &p, err))
		return false;
	at = open_parent(&p, true, &leaf);
	if (at < 0)
		return fail(err, name, errno);
	ok = replace_at(at, leaf, data, n) || fail(err, name, errno);
	close(at);
	return ok;
}

bool
files_append(
	const struct files *f, const char *name, unsigned how, const void *data, size_t n, struct err *err)
{
	int fd = files_open(f, name, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, how, err);
	bool ok;

	if (fd < 0)
		return false;
	ok = path_write_all(fd, data, n) || fail(err, name, errno);
	close(fd);
	return ok;
}

bool
files_delete(const struct files *f, const char *name, unsigned how, struct err *err)
{
	struct place p;
	const char *leaf;
	int at;
	bool ok;

	if (!find_place(f, name, how, &p, err))
		return false;
	at = open_parent(&p, false, &leaf);
	if (at < 0)
		return fail(err, name, errno);
	ok = unlinkat(at, leaf, 0) == 0 || fail(err, name, errno);
	close(at);
	return ok;
}

bool
files_exists(const struct files *f, const char *name, unsigned how)
{
	int fd = files_open(f, name, O_PATH, how, NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(struct dirent *const *)a)->d_name, (*(struct dirent *const *)b)->d_name);
}

static void
list_dir(DIR *d, files_entry_f *entry, void *arg)
{
	struct dirent **all = NULL;
	struct dirent *e;
	size_t n = 0, i;
	void *ctx = mem_ctx(NULL, "dir");

	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		all = mem_resize(ctx, all, (n + 1) * sizeof(struct dirent *));
		all[n++] = mem_dup(ctx, e, e->d_reclen);
	}
	if (n > 0)
		qsort(all, n, sizeof(struct dirent *), by_name);
	for (i = 0; i < n; i++) {
		struct stat st;

		if (fstatat(dirfd(d), all[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			entry(arg, all[i]->d_name, &st);
	}
	mem_free(ctx);
}

bool
files_list(const struct files *f, const char *name, unsigned how, files_entry_f *entry, void *arg,
	struct err *err)
{
	struct place p;
	DIR *d;
	int fd;

	if (!find_place(f, name, how, &p, err))
		return false;
	fd = open_place(&p, O_RDONLY | O_DIRECTORY);
	if (fd < 0 && errno == ENOENT && strcmp(p.path, ".") == 0)
		return true; /* nothing was written there yet */
	if (fd < 0)
		return fail(err, name, errno);
	d = fdopendir(fd);
	if (d == NULL) {
		int why = errno;

		close(fd);
		return fail(err, name, why);
	}
	list_dir(d, entry, arg);
	closedir(d);
	return true;
}

void
files_canonical(const struct files *f, const char *name, struct text *out)
{
	struct place p;
	size_t i;

	if (!find_place(f, name, FILES_ABSOLUTE, &p, NULL) || p.dir == NULL) {
		text_add(out, name);
		return;
	}
	for (i = 0; i < f->n; i++) {
		if (f->prefix[i].dir == p.dir)
			text_add(out, f->prefix[i].name);
	}
	if (strcmp(p.path, ".") != 0)
		text_add(out, p.path);
}
