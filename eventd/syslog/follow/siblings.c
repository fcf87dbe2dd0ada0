/* Files that rotation has made of one. */
#include "syslog/follow/siblings.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"

#define SIBLINGS_MAX 256u

struct sibling {
	int fd;
	struct stat st;
};

static bool
is_compressed(const char *name)
{
	static const char *const ends[] = { ".gz", ".xz", ".bz2", ".zst", ".lz4", ".lzma", ".Z" };
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t len = strlen(ends[i]);

		if (n > len && strcmp(name + n - len, ends[i]) == 0)
			return true;
	}
	return false;
}

static bool
is_sibling(const char *name, const char *base)
{
	size_t n = strlen(base);

	return strncmp(name, base, n) == 0 && (name[n] == '.' || name[n] == '-') &&
	       isdigit((unsigned char)name[n + 1]) && !is_compressed(name);
}

static bool
is_newer(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec > b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static int
by_age(const void *a, const void *b)
{
	const struct stat *x = &((const struct sibling *)a)->st, *y = &((const struct sibling *)b)->st;

	return is_newer(x, y) - is_newer(y, x);
}

/* Oldest first; all open. */
static size_t
open_siblings(const char *path, struct sibling *out)
{
	const char *slash = strrchr(path, '/');
	char *name = mem_strndup(NULL, path, (size_t)(slash + 1 - path));
	DIR *dir = opendir(name);
	struct dirent *e;
	size_t n = 0;

	mem_free(name);
	if (dir == NULL)
		return 0;
	while (n < SIBLINGS_MAX && (e = readdir(dir)) != NULL) {
		int fd;

		if (!is_sibling(e->d_name, slash + 1))
			continue;
		fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
		if (fd >= 0 && fstat(fd, &out[n].st) == 0 && S_ISREG(out[n].st.st_mode))
			out[n++].fd = fd;
		else if (fd >= 0)
			close(fd);
	}
	closedir(dir);
	qsort(out, n, sizeof *out, by_age);
	return n;
}

/* Gives the chosen one away and closes the others. */
static int
keep_one(struct sibling *all, size_t n, size_t chosen)
{
	for (size_t i = 0; i < n; i++)
		if (i != chosen)
			close(all[i].fd);
	return chosen < n ? all[chosen].fd : -1;
}

int
siblings_inode(const char *path, ino_t inode, dev_t device, uint32_t head_n, uint32_t head_sum)
{
	struct sibling all[SIBLINGS_MAX];
	size_t n = open_siblings(path, all), chosen = n;

	for (size_t i = 0; i < n; i++)
		if (all[i].st.st_ino == inode && all[i].st.st_dev == device &&
			(head_n == 0 || chain_sum(all[i].fd, head_n) == head_sum))
			chosen = i;
	return keep_one(all, n, chosen);
}

int
siblings_copy(const char *path, uint32_t head_n, uint32_t head_sum, ino_t but)
{
	struct sibling all[SIBLINGS_MAX];
	size_t n = open_siblings(path, all), chosen = n;

	for (size_t i = 0; i < n; i++)
		if (all[i].st.st_ino != but && chain_sum(all[i].fd, head_n) == head_sum)
			chosen = i;
	return keep_one(all, n, chosen);
}

/* A file that was rotated away may be written long after by who was never told: when it was made decides. */
static bool
was_made_before(int a, int b)
{
	struct statx x, y;

	if (statx(a, "", AT_EMPTY_PATH, STATX_BTIME, &x) != 0 ||
		statx(b, "", AT_EMPTY_PATH, STATX_BTIME, &y) != 0 ||
		(x.stx_mask & y.stx_mask & STATX_BTIME) == 0)
		return false;
	if (x.stx_btime.tv_sec != y.stx_btime.tv_sec)
		return x.stx_btime.tv_sec < y.stx_btime.tv_sec;
	return x.stx_btime.tv_nsec < y.stx_btime.tv_nsec;
}

void
siblings_after(const char *path, int fd, void (*f)(void *arg, int fd, const struct stat *), void *arg)
{
	struct sibling all[SIBLINGS_MAX];
	size_t n = open_siblings(path, all);
	struct stat after = { 0 };

	fstat(fd, &after);
	for (size_t i = 0; i < n; i++) /* clocks of file systems tick slowly: equal is after */
		if (!is_newer(&after, &all[i].st) && !was_made_before(all[i].fd, fd))
			f(arg, all[i].fd, &all[i].st);
		else
			close(all[i].fd);
}
