/* The files of a scenario. */
#include "disk.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"
#include "core/mem.h"
#include "core/settings.h"

struct disk {
	char dir[32];
};

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	return remove(path);
}

static int
disk_free(void *p)
{
	nftw(((struct disk *)p)->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

void
disk_new(struct world *w)
{
	struct disk *d = mem_new(w, struct disk);

	strcpy(d->dir, "/tmp/scenario-XXXXXX");
	if (mkdtemp(d->dir) == NULL) {
		printf("%s: %s\n", d->dir, strerror(errno));
		abort();
	}
	mem_on_free(d, disk_free);
	w->disk = d->dir;
	w->engine->settings->sysfs = mem_printf(d, "%s/sys", d->dir);
	w->engine->settings->procfs = mem_printf(d, "%s/proc", d->dir);
	files_prefix(w->engine->files, "flash:", mem_printf(d, "%s/flash", d->dir));
	files_prefix(w->engine->files, "bootflash:", mem_printf(d, "%s/bootflash", d->dir));
}

/* kernel sys/class/hwmon/hwmon0/name "coretemp": what the kernel says there from now on; `gone`: nothing. */
bool
verb_kernel(struct world *w, const struct statement *st)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", w->disk, st->word[1]);
	if (strcmp(st->word[2], "gone") == 0 && !st->quoted[2])
		return nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 ||
		       world_fail(w, "%s: %s", st->word[1], strerror(errno));
	for (char *slash = strchr(path + strlen(w->disk) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	f = fopen(path, "w");
	if (f == NULL)
		return world_fail(w, "%s: %s", st->word[1], strerror(errno));
	fprintf(f, "%s\n", st->word[2]);
	fclose(f);
	return true;
}

bool
verb_file(struct world *w, const struct statement *st)
{
	struct err err = ERR_INIT;

	return files_replace(w->engine->files, st->word[1], 0, st->block, strlen(st->block), &err) ||
	       world_fail(w, "%s", err.text);
}

bool
expect_file(struct world *w, const struct statement *st, bool no)
{
	struct err err = ERR_INIT;
	struct text have;
	bool is_there;

	text_init(&have, w);
	is_there = files_read(w->engine->files, st->word[2], 0, 1 << 20, &have, &err);
	if (no)
		return !is_there || world_fail(w, "%s is there", st->word[2]);
	if (!is_there)
		return world_fail(w, "%s", err.text);
	return st->block == NULL || strcmp(have.s, st->block) == 0 ||
	       world_fail(w, "%s holds:\n%s", st->word[2], have.s);
}
