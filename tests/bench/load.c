/*
 * What reading a configuration costs: `load FILE` parses, checks and commits it in one engine, then only
 * parses and checks it in another; the difference is the commit, with all that it arms. Prints one JSON
 * object: milliseconds of this thread's CPU, KiB by which the first engine grew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/conf.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/paths.h"
#include "setup.h"

#define FILE_MAX ((size_t)64 * 1024 * 1024)

struct faults {
	size_t n;
};

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long
resident_kib(void)
{
	long pages = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (f != NULL)
		fclose(f);
	return resident * 4;
}

static void
on_finding(void *arg, const char *file, const struct err *err, bool is_error)
{
	struct faults *faults = arg;

	if (!is_error)
		return;
	faults->n++;
	fprintf(stderr, "%s:%d:%d: %s\n", file, err->line, err->column, err->text);
}

static struct engine *
engine(void *ctx, const char *file)
{
	struct setup setup = { .clock = clock_new_real(ctx), .startup = file, .is_check = true };
	struct err err = ERR_INIT;
	struct engine *e = engine_new(ctx, &setup, &err);

	if (e == NULL)
		fprintf(stderr, "load: %s\n", err.text);
	return e;
}

static size_t
count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

int
main(int argc, char **argv)
{
	void *ctx = mem_ctx(NULL, "load"), *first = mem_ctx(ctx, "first"), *second = mem_ctx(ctx, "second");
	struct err err = ERR_INIT;
	struct faults faults = { 0 };
	char *text = argc == 2 ? path_read_file(ctx, argv[1], FILE_MAX, NULL, &err) : NULL;
	struct engine *checked, *loaded;
	double from, parse, all;
	long before;

	if (text == NULL) {
		fprintf(stderr, "load: %s\n", argc == 2 ? err.text : "usage: load FILE");
		return 2;
	}
	before = resident_kib();
	loaded = engine(second, argv[1]);
	if (loaded == NULL)
		return 1;
	from = cpu_ms();
	conf_load(loaded->conf, argv[1], text, true, false, on_finding, &faults, &err);
	all = cpu_ms() - from;
	before = resident_kib() - before;

	checked = engine(first, argv[1]);
	if (checked == NULL)
		return 1;
	from = cpu_ms();
	conf_check(checked->conf, argv[1], text, on_finding, &faults);
	parse = cpu_ms() - from;
	printf("{\"lines\":%zu,\"parse_ms\":%.1f,\"commit_ms\":%.1f,\"memory_kib\":%ld,\"errors\":%zu}\n",
		count_lines(text), parse, all - parse, before, faults.n);
	mem_free(ctx);
	return faults.n == 0 ? 0 : 1;
}
