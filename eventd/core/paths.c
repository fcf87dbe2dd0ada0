/* Where things are, and whole files read and replaced. */
#include "core/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/text.h"

/* $variable/rest, or $HOME/fallback/rest. */
static char *
xdg(const void *ctx, const char *variable, const char *fallback, const char *rest)
{
	const char *base = getenv(variable), *home = getenv("HOME");

	if (base != NULL && base[0] == '/')
		return mem_printf(ctx, "%s/%s", base, rest);
	return mem_printf(ctx, "%s/%s/%s", home != NULL ? home : "", fallback, rest);
}

char *
path_default_state(const void *ctx)
{
	if (geteuid() == 0)
		return mem_strdup(ctx, "/var/lib/eventd");
	return xdg(ctx, "XDG_STATE_HOME", ".local/state", "eventd");
}

char *
path_default_socket(const void *ctx)
{
	const char *named = getenv("EVENTD_SOCKET");

	if (named != NULL && named[0] != '\0')
		return mem_strdup(ctx, named);
	if (geteuid() == 0)
		return mem_strdup(ctx, "/run/eventd/eventd.sock");
	return xdg(ctx, "XDG_RUNTIME_DIR", ".local/state", "eventd/eventd.sock");
}

char *
path_default_settings(const void *ctx)
{
	if (geteuid() == 0)
		return mem_strdup(ctx, "/etc/eventd/eventd.yaml");
	return xdg(ctx, "XDG_CONFIG_HOME", ".config", "eventd/eventd.yaml");
}

bool
path_make_dir(const char *dir, unsigned mode, struct err *err)
{
	char *path = mem_strdup(NULL, dir);
	bool ok = true;

	for (char *at = path + 1; ok; at++) {
		char c = *at;

		if (c != '/' && c != '\0')
			continue;
		*at = '\0';
		if (mkdir(path, mode) < 0 && errno != EEXIST)
			ok = err_errno(err, "%s", path);
		*at = c;
		if (c == '\0')
			break;
	}
	mem_free(path);
	return ok;
}

bool
path_make_parent(const char *file, unsigned mode, struct err *err)
{
	const char *slash = strrchr(file, '/');
	char *dir;
	bool ok;

	if (slash == NULL || slash == file)
		return true;
	dir = mem_strndup(NULL, file, (size_t)(slash - file));
	ok = path_make_dir(dir, mode, err);
	mem_free(dir);
	return ok;
}

char *
path_program_dir(const void *ctx)
{
	char buf[4096];
	ssize_t n = readlink("/proc/self/exe", buf, sizeof buf - 1);
	char *slash;

	if (n <= 0)
		return mem_strdup(ctx, ".");
	buf[n] = '\0';
	slash = strrchr(buf, '/');
	if (slash != NULL)
		*slash = '\0';
	return mem_strdup(ctx, buf);
}

char *
path_read_file(const void *ctx, const char *path, size_t max, size_t *len, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct text t;
	char buf[16384];
	ssize_t n;

	if (fd < 0) {
		int why = errno;

		err_errno(err, "%s", path);
		if (why == ENOENT && err != NULL)
			err->code = ERR_NOT_FOUND;
		return NULL;
	}
	text_init(&t, ctx);
	while ((n = read(fd, buf, sizeof buf)) > 0 && t.len <= max)
		text_addn(&t, buf, (size_t)n);
	if (n < 0)
		err_errno(err, "%s", path);
	else if (t.len > max)
		err_set(err, ERR_RANGE, "%s: longer than %zu bytes", path, max);
	close(fd);
	if (n < 0 || t.len > max) {
		mem_free(t.s);
		return NULL;
	}
	if (len != NULL)
		*len = t.len;
	return t.s;
}

bool
path_write_all(int fd, const void *data, size_t n)
{
	const char *s = data;

	while (n > 0) {
		ssize_t w = write(fd, s, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0 && errno == EAGAIN) { /* a socket that a loop has made non-blocking */
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			poll(&p, 1, -1);
			continue;
		}
		if (w < 0)
			return false;
		s += w;
		n -= (size_t)w;
	}
	return true;
}

/* The rename is lasting only when the directory is synced, too. */
static void
sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	int fd = dir != NULL ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(dir);
}

bool
path_write_file(const char *path, const void *data, size_t n, unsigned mode, struct err *err)
{
	char *beside;
	bool ok;
	int fd;

	if (asprintf(&beside, "%s.new-%ld", path, (long)getpid()) < 0)
		return err_errno(err, "%s", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	ok = fd >= 0 && path_write_all(fd, data, n) && fsync(fd) == 0;
	if (!ok)
		err_errno(err, "%s", path);
	if (fd >= 0)
		close(fd);
	if (ok && rename(beside, path) < 0)
		ok = err_errno(err, "%s", path);
	if (ok)
		sync_parent(path);
	else
		unlink(beside);
	free(beside);
	return ok;
}
