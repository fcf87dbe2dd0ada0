/* Reading /proc. */
#include "host/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/read.h"

enum { COMM_MAX = 64, COMM_KEPT = 15 }; /* the kernel keeps 15 letters of a program's name */

bool
process_parse(const char *line, struct process *p, char *comm)
{
	const char *open = strchr(line, '('), *close = strrchr(line, ')');
	long long pid, rss;
	unsigned long long user, system, start;
	size_t n;

	if (open == NULL || close == NULL || close < open || sscanf(line, "%lld", &pid) != 1)
		return false;
	n = (size_t)(close - open - 1);
	if (n >= COMM_MAX)
		return false;
	memcpy(comm, open + 1, n);
	comm[n] = '\0';
	/* proc(5): state is field 3, utime 14, stime 15, starttime 22, rss 24. */
	if (sscanf(close + 1,
		    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu %*u "
		    "%lld",
		    &user, &system, &start, &rss) != 4)
		return false;
	p->pid = pid;
	p->start = start;
	p->cpu_us = (user + system) * 1000000 / (unsigned long long)sysconf(_SC_CLK_TCK);
	p->rss = rss * sysconf(_SC_PAGESIZE);
	return true;
}

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* May this process be the one of that name? Its path is read only when this says so. */
static bool
may_be(const char *name, const char *comm)
{
	const char *base = name[0] == '/' ? base_of(name) : name;

	return strcmp(name, comm) == 0 ||
	       (strlen(comm) == COMM_KEPT ? strncmp(base, comm, COMM_KEPT) == 0 : strcmp(base, comm) == 0);
}

static void
read_path(const char *procfs, struct process *p)
{
	char link[HOST_PATH_MAX];
	ssize_t n;
	char *gone;

	snprintf(link, sizeof link, "%s/%lld/exe", procfs, (long long)p->pid);
	n = readlink(link, p->path, sizeof p->path - 1);
	p->path[n > 0 ? n : 0] = '\0';
	gone = strstr(p->path, " (deleted)"); /* an upgrade replaced the file */
	if (gone != NULL && gone[strlen(" (deleted)")] == '\0')
		*gone = '\0';
}

static bool
is_named(const struct process *p, const char *name, const char *comm)
{
	if (name[0] == '/')
		return strcmp(p->path, name) == 0;
	return strcmp(name, comm) == 0 || strcmp(base_of(p->path), name) == 0;
}

static void
look_at(struct processes *all, const char *procfs, const char *pid, char *const *names, size_t n)
{
	char line[1024], comm[COMM_MAX];
	struct process p = { 0 };
	bool has_path = false;

	if (!host_read(line, sizeof line, "%s/%s/stat", procfs, pid) || !process_parse(line, &p, comm))
		return; /* it ended meanwhile */
	for (size_t i = 0; i < n; i++) {
		if (!may_be(names[i], comm))
			continue;
		if (!has_path)
			read_path(procfs, &p);
		has_path = true;
		if (!is_named(&p, names[i], comm))
			continue;
		p.wanted = i;
		all->v = host_grow(all->v, all->n, sizeof *all->v);
		all->v[all->n++] = p;
	}
}

static int64_t
read_memory(const char *procfs)
{
	char line[HOST_VALUE_MAX];
	long long kib;

	host_read(line, sizeof line, "%s/meminfo", procfs);
	return sscanf(line, "MemTotal: %lld", &kib) == 1 ? kib * 1024 : 0;
}

struct processes *
processes_read(const char *procfs, char *const *names, size_t n)
{
	struct processes *all = calloc(1, sizeof *all);
	const struct dirent *entry;
	DIR *dir;

	if (all == NULL)
		abort();
	dir = opendir(procfs);
	if (dir == NULL)
		return all;
	all->readable = true;
	all->memory = read_memory(procfs);
	while ((entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at(all, procfs, entry->d_name, names, n);
	closedir(dir);
	return all;
}

void
processes_free(struct processes *all)
{
	if (all != NULL)
		free(all->v);
	free(all);
}
