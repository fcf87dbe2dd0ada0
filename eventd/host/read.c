/* Reading small files of the kernel. */
#include "host/read.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
read_path(char *out, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	out[got > 0 ? got : 0] = '\0';
	while (got > 0 && (out[got - 1] == '\n' || out[got - 1] == ' '))
		out[--got] = '\0';
	return got >= 0;
}

bool
host_read(char *out, size_t size, const char *fmt, ...)
{
	char path[HOST_PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof path, fmt, ap);
	va_end(ap);
	return read_path(out, size, path);
}

bool
host_number(int64_t *out, const char *fmt, ...)
{
	char path[HOST_PATH_MAX], value[HOST_VALUE_MAX], *end;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof path, fmt, ap);
	va_end(ap);
	if (!read_path(value, sizeof value, path))
		return false;
	*out = strtoll(value, &end, strncmp(value, "0x", 2) == 0 ? 16 : 10);
	return end != value;
}

struct host_names
host_list(const char *begin, const char *fmt, ...)
{
	char path[HOST_PATH_MAX];
	struct host_names names = { 0, NULL };
	struct dirent **found;
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(path, sizeof path, fmt, ap);
	va_end(ap);
	n = scandir(path, &found, NULL, versionsort);
	for (int i = 0; i < n; i++) {
		const char *name = found[i]->d_name;

		if (name[0] != '.' && (begin == NULL || strncmp(name, begin, strlen(begin)) == 0)) {
			names.v = host_grow(names.v, names.n, sizeof *names.v);
			names.v[names.n] = strdup(name);
			if (names.v[names.n++] == NULL)
				abort();
		}
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	return names;
}

void
host_names_free(struct host_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
}

void *
host_grow(void *ptr, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0) /* there is room up to the next power of two */
		return ptr;
	ptr = realloc(ptr, (n == 0 ? 1 : 2 * n) * size);
	if (ptr == NULL)
		abort();
	return ptr;
}
