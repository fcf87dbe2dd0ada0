/* Reading /proc. */
#include "core/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The beginning of a file of the kernel's, which knows no size beforehand; NULL when there is none. */
static char *
slurp(int at, const char *name, char *buf, size_t size)
{
	int fd = openat(at, name, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got = 0;

	if (fd < 0)
		return NULL;
	while (n < size - 1 && (got = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	buf[n] = '\0';
	return got < 0 ? NULL : buf;
}

static bool
cannot(struct err *err, const char *file)
{
	return err_set(err, ERR_IO, "%s cannot be read: %s", file, strerror(errno));
}

/* ---- processors ---- */

bool
machine_parse_cpu(const char *stat, struct machine_cpu *out)
{
	uint64_t t[8] = { 0 };

	/* cpu user nice system idle iowait irq softirq steal */
	if (sscanf(stat,
		    "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		    " %" SCNu64,
		    &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) < 4)
		return false;
	out->user = t[0] + t[1];
	out->system = t[2] + t[5] + t[6] + t[7];
	out->idle = t[3];
	out->wait = t[4];
	out->count = 0;
	for (const char *s = strchr(stat, '\n'); s != NULL; s = strchr(s + 1, '\n'))
		if (strncmp(s + 1, "cpu", 3) == 0 && isdigit((unsigned char)s[4]))
			out->count++;
	return true;
}

bool
machine_cpu(struct machine_cpu *out, struct err *err)
{
	char buf[65536];

	*out = (struct machine_cpu){ .count = 0 };
	if (slurp(AT_FDCWD, "/proc/stat", buf, sizeof buf) == NULL || !machine_parse_cpu(buf, out))
		return cannot(err, "/proc/stat");
	getloadavg(out->load, 3);
	return true;
}

double
machine_busy(const struct machine_cpu *before, const struct machine_cpu *now)
{
	double busy = (double)(now->user - before->user) + (double)(now->system - before->system);
	double idle = (double)(now->idle - before->idle) + (double)(now->wait - before->wait);

	return busy + idle > 0 ? 100 * busy / (busy + idle) : 0;
}

/* ---- memory ---- */

bool
machine_parse_memory(const char *meminfo, struct machine_memory *out)
{
	const struct {
		const char *name;
		uint64_t *to;
	} rows[] = { { "MemTotal:", &out->total }, { "MemFree:", &out->free },
		{ "MemAvailable:", &out->available }, { "SwapTotal:", &out->swap_total },
		{ "SwapFree:", &out->swap_free } };

	*out = (struct machine_memory){ .total = 0 };
	for (const char *line = meminfo; line != NULL && *line != '\0';) {
		const char *end = strchr(line, '\n');

		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			if (strncmp(line, rows[i].name, strlen(rows[i].name)) == 0)
				*rows[i].to = strtoull(line + strlen(rows[i].name), NULL, 10) * 1024;
		line = end != NULL ? end + 1 : NULL;
	}
	return out->total > 0;
}

bool
machine_memory(struct machine_memory *out, struct err *err)
{
	char buf[8192];

	return (slurp(AT_FDCWD, "/proc/meminfo", buf, sizeof buf) != NULL &&
		       machine_parse_memory(buf, out)) ||
	       cannot(err, "/proc/meminfo");
}

/* ---- processes ---- */

/* PID (NAME) STATE PPID ...: the name may hold anything, parentheses and blanks too. */
bool
machine_parse_process(const char *stat, struct machine_process *out)
{
	const char *open = strchr(stat, '('), *close = strrchr(stat, ')');
	uint64_t user, system;
	long rss, threads;
	size_t n;

	*out = (struct machine_process){ .pid = 0 };
	if (open == NULL || close == NULL || close < open)
		return false;
	n = (size_t)(close - open) - 1;
	memcpy(out->name, open + 1, n < sizeof out->name ? n : sizeof out->name - 1);
	if (sscanf(stat, "%d", &out->pid) != 1 ||
		sscanf(close + 1,
			" %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
			" %*d %*d %*d %*d %ld %*d %*u %*u %ld",
			&out->state, &out->parent, &user, &system, &threads, &rss) != 6)
		return false;
	out->threads = threads > 0 ? (unsigned)threads : 0;
	out->cpu_msec = (user + system) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
	out->memory = rss > 0 ? (uint64_t)rss * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
	return true;
}

static bool
read_process(int proc, const char *pid, struct machine_process *out)
{
	char path[64], buf[4096];

	snprintf(path, sizeof path, "%.20s/stat", pid);
	return slurp(proc, path, buf, sizeof buf) != NULL && machine_parse_process(buf, out);
}

static int
by_pid(const void *a, const void *b)
{
	const struct machine_process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

size_t
machine_processes(struct machine_process **out)
{
	DIR *d = opendir("/proc");
	struct machine_process *all = NULL, one;
	size_t n = 0, room = 0;
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]) || !read_process(dirfd(d), e->d_name, &one))
			continue;
		if (n == room) {
			void *more = realloc(all, (room = room > 0 ? 2 * room : 256) * sizeof *all);

			if (more == NULL)
				break;
			all = more;
		}
		all[n++] = one;
	}
	if (d != NULL)
		closedir(d);
	if (n > 0)
		qsort(all, n, sizeof *all, by_pid);
	*out = all;
	return n;
}
