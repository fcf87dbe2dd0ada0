/*
 * Runs scenario files (tests/lib/scenario/script.h) on a virtual clock:
 *
 *   scenario [--only GLOB] [-v] FILE|FOLDER...
 *
 * Prints what failed, then `N passed, N failed`; exits 1 when anything failed.
 */
#include <fnmatch.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "core/text.h"
#include "verbs.h"
#include "virtual.h"

static struct {
	char **path;
	size_t n;
} files;

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
found(const char *path, const struct stat *st, int type, struct FTW *where)
{
	if (type != FTW_F || fnmatch("*.scn", path, 0) != 0)
		return 0;
	files.path = mem_resize(NULL, files.path, (files.n + 1) * sizeof *files.path);
	files.path[files.n++] = mem_strdup(NULL, path);
	return 0;
}

static char *
read_file(const void *ctx, const char *path)
{
	struct text *t = text_new(ctx);
	char buffer[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		return NULL;
	while ((n = fread(buffer, 1, sizeof buffer, f)) > 0)
		text_addn(t, buffer, n);
	fclose(f);
	return t->s;
}

/* start "2026-03-29 00:59:00": local time of the zone. */
static bool
read_start(const char *word, usec *out)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(word, "%Y-%m-%d %H:%M:%S", &tm);

	if (end == NULL || *end)
		return false;
	*out = (usec)mktime(&tm) * USEC_PER_SEC;
	return true;
}

/* What must be known before the world begins. */
static bool
read_beginning(const char *path, const struct script *s, const char **title, usec *start)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	*title = NULL;
	*start = VIRTUAL_START;
	for (size_t i = 0; i < s->n; i++) {
		const struct statement *st = &s->v[i];

		if (st->n < 2)
			continue;
		if (strcmp(st->word[0], "title") == 0)
			*title = st->word[1];
		if (strcmp(st->word[0], "zone") == 0) {
			setenv("TZ", st->word[1], 1);
			tzset();
		}
		if (strcmp(st->word[0], "start") == 0 && !read_start(st->word[1], start)) {
			printf("%s:%d: '%s' is no YYYY-MM-DD HH:MM:SS\n", path, st->line, st->word[1]);
			return false;
		}
	}
	if (*title == NULL)
		printf("%s: it has no title\n", path);
	return *title != NULL;
}

static bool
run_script(const char *path, const struct script *s, usec start)
{
	struct world *w = world_new(path, start);
	bool good = true;

	for (size_t i = 0; i < s->n && good; i++)
		good = verb_run(w, &s->v[i]);
	good = good && expect_round_trip(w);
	world_free(w);
	return good;
}

static bool
run_file(const char *path, bool verbose)
{
	void *ctx = mem_ctx(NULL, "scenario");
	char *text = read_file(ctx, path);
	struct err err = ERR_INIT;
	struct script script;
	const char *title = NULL;
	usec start;
	bool good = false;

	if (text == NULL)
		printf("%s: cannot be read\n", path);
	else if (!script_parse(ctx, text, &script, &err))
		printf("%s:%d: %s\n", path, err.line, err.text);
	else
		good = read_beginning(path, &script, &title, &start) && run_script(path, &script, start);
	if (verbose || !good)
		printf("%s %s: %s\n", good ? "ok  " : "FAIL", path, title ? title : "");
	fflush(stdout);
	mem_free(ctx);
	return good;
}

/* `actions/io/cli*`, `cli*`: a glob of the path from any folder on. */
static bool
is_chosen(const char *path, const char *only)
{
	if (only == NULL || strstr(path, only) || fnmatch(only, path, 0) == 0)
		return true;
	for (const char *at = strchr(path, '/'); at != NULL; at = strchr(at + 1, '/'))
		if (fnmatch(only, at + 1, 0) == 0)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	const char *only = NULL;
	bool verbose = false;
	unsigned passed = 0, failed = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
			only = argv[++i];
		else if (strcmp(argv[i], "-v") == 0)
			verbose = true;
		else
			nftw(argv[i], found, 16, FTW_PHYS);
	}
	if (files.n)
		qsort(files.path, files.n, sizeof *files.path, by_name);
	for (size_t i = 0; i < files.n; i++) {
		if (!is_chosen(files.path[i], only))
			continue;
		if (run_file(files.path[i], verbose))
			passed++;
		else
			failed++;
	}
	for (size_t i = 0; i < files.n; i++)
		mem_free(files.path[i]);
	mem_free(files.path);
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0;
}
