/* Reading what is used. */
#include "host/usage.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "host/read.h"

#define PSI_NEEDS "the kernel's pressure stall information (CONFIG_PSI; psi=1 where it is off by default)"

static const struct usage_form forms[] = { /* ORDER: enum usage_kind */
	{ "cpu total", "/proc/stat", NULL, true }, { "cpu process", "/proc/stat", NULL, true },
	{ "cpu interrupt", "/proc/stat", NULL, true }, { "cpu pressure", PSI_NEEDS, "cpu", true },
	{ "memory processor", "/proc/meminfo", NULL, false },
	{ "memory pressure", PSI_NEEDS, "memory", true }, { "io pressure", PSI_NEEDS, "io", true },
	{ "filesystem", "the file system", NULL, false }, { "files", "/proc/sys/fs/file-nr", NULL, false },
	{ "processes", "/proc/loadavg", NULL, false },
	{ "conntrack", "the kernel's connection tracking (CONFIG_NF_CONNTRACK, module nf_conntrack)", NULL,
		false }
};

const struct usage_form *
usage_form(enum usage_kind kind)
{
	return &forms[kind];
}

/* proc(5): user nice system idle iowait irq softirq steal, in ticks of all processors. */
static struct usage
read_cpu(const char *procfs, enum usage_kind kind)
{
	enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, COUNT };
	char line[256];
	unsigned long long v[COUNT] = { 0 };
	struct usage u = { false, 0, 0 };

	host_read(line, sizeof line, "%s/stat", procfs);
	if (sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[USER], &v[NICE], &v[SYSTEM],
		    &v[IDLE], &v[IOWAIT], &v[IRQ], &v[SOFTIRQ], &v[STEAL]) < 4)
		return u;
	u.is_there = true;
	for (int i = 0; i < COUNT; i++)
		u.whole += v[i];
	if (kind == USAGE_CPU_PROCESS)
		u.used = v[USER] + v[NICE] + v[SYSTEM];
	else if (kind == USAGE_CPU_INTERRUPT)
		u.used = v[IRQ] + v[SOFTIRQ];
	else
		u.used = u.whole - v[IDLE] - v[IOWAIT];
	return u;
}

static struct usage
read_pressure(const char *procfs, const char *what)
{
	char line[256];
	unsigned long long total;
	struct usage u = { false, 0, 0 };

	if (host_read(line, sizeof line, "%s/pressure/%s", procfs, what) &&
		sscanf(line, "some avg10=%*f avg60=%*f avg300=%*f total=%llu", &total) == 1)
		u = (struct usage){ true, total, 0 };
	return u;
}

static bool
field_of(const char *text, const char *name, unsigned long long *v)
{
	const char *at = strstr(text, name);

	return at != NULL && sscanf(at + strlen(name), ": %llu", v) == 1;
}

static struct usage
read_memory(const char *procfs)
{
	char text[2048];
	unsigned long long total, available;
	struct usage u = { false, 0, 0 };

	host_read(text, sizeof text, "%s/meminfo", procfs);
	if (field_of(text, "MemTotal", &total) && field_of(text, "MemAvailable", &available) &&
		available <= total)
		u = (struct usage){ true, total - available, total };
	return u;
}

/* As df(1): what is kept for root is neither used nor free. */
static struct usage
read_filesystem(const char *path)
{
	struct statvfs v;
	uint64_t used;

	if (statvfs(path, &v) != 0)
		return (struct usage){ false, 0, 0 };
	used = v.f_blocks - v.f_bfree;
	return (struct usage){ true, used, used + v.f_bavail };
}

static struct usage
read_files(const char *procfs)
{
	char line[HOST_VALUE_MAX];
	unsigned long long used, max;

	host_read(line, sizeof line, "%s/sys/fs/file-nr", procfs);
	if (sscanf(line, "%llu %*u %llu", &used, &max) != 2)
		return (struct usage){ false, 0, 0 };
	return (struct usage){ true, used, max };
}

static struct usage
read_processes(const char *procfs)
{
	char line[HOST_VALUE_MAX];
	unsigned long long used;
	int64_t threads, pids;

	host_read(line, sizeof line, "%s/loadavg", procfs);
	if (sscanf(line, "%*s %*s %*s %*u/%llu", &used) != 1 ||
		!host_number(&threads, "%s/sys/kernel/threads-max", procfs) ||
		!host_number(&pids, "%s/sys/kernel/pid_max", procfs))
		return (struct usage){ false, 0, 0 };
	return (struct usage){ true, used, (uint64_t)(threads < pids ? threads : pids) };
}

static struct usage
read_conntrack(const char *procfs)
{
	int64_t used, max;

	if (!host_number(&used, "%s/sys/net/netfilter/nf_conntrack_count", procfs) ||
		!host_number(&max, "%s/sys/net/netfilter/nf_conntrack_max", procfs))
		return (struct usage){ false, 0, 0 };
	return (struct usage){ true, (uint64_t)used, (uint64_t)max };
}

struct usage
usage_read(const char *procfs, enum usage_kind kind, const char *path)
{
	switch (kind) {
	case USAGE_CPU_TOTAL:
	case USAGE_CPU_PROCESS:
	case USAGE_CPU_INTERRUPT:
		return read_cpu(procfs, kind);
	case USAGE_CPU_PRESSURE:
	case USAGE_MEMORY_PRESSURE:
	case USAGE_IO_PRESSURE:
		return read_pressure(procfs, forms[kind].pressure);
	case USAGE_MEMORY:
		return read_memory(procfs);
	case USAGE_FILESYSTEM:
		return read_filesystem(path);
	case USAGE_FILES:
		return read_files(procfs);
	case USAGE_PROCESSES:
		return read_processes(procfs);
	case USAGE_CONNTRACK:
		return read_conntrack(procfs);
	}
	return (struct usage){ false, 0, 0 };
}

int
usage_percent(enum usage_kind kind, const struct usage *before, const struct usage *now, usec passed)
{
	uint64_t used = now->used, whole = now->whole;

	if (!now->is_there)
		return -1;
	if (forms[kind].grows) {
		if (!before->is_there || now->used < before->used || now->whole < before->whole)
			return -1;
		used -= before->used;
		whole -= before->whole;
	}
	if (forms[kind].pressure != NULL)
		whole = passed > 0 ? (uint64_t)passed : 0;
	if (whole == 0)
		return -1;
	if (used >= whole)
		return 100;
	return (int)((double)used * 100 / (double)whole + 0.5);
}
