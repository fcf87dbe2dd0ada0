/* Writing and rotating the file of the delivery log. */
#include "actions/mail/maillog_file.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"

#define WAITING_MAX ((size_t)4 * 1024 * 1024) /* octets kept while the disk is slow */

struct maillog_file {
	struct engine *engine;
	char *path;
	size_t size;
	unsigned count;
	struct text waiting;
	struct batch *writing; /* a worker has it */
	uint64_t dropped;      /* lines, since the file was last written */
	bool broken;           /* told; the next success is told too */
};

/* malloc: it lives in a worker thread. */
struct batch {
	struct maillog_file *file; /* engine thread only */
	char *path, *data;
	size_t n, size;
	unsigned count;
	int error; /* errno, 0 = written */
	sem_t done;
};

/* ---- in a worker thread ---- */

static void
make_room(const char *path, unsigned count)
{
	size_t n = strlen(path) + 16;
	char *from = malloc(n), *to = malloc(n);

	for (unsigned i = count; from != NULL && to != NULL && i > 0; i--) {
		snprintf(from, n, i == 1 ? "%s" : "%s.%u", path, i - 1);
		snprintf(to, n, "%s.%u", path, i);
		rename(from, to);
	}
	if (count == 0)
		unlink(path);
	free(from);
	free(to);
}

static int
open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
}

/* Where to cut the data so that the file stays within its size: behind a whole line, at least one. */
static size_t
fitting(const struct batch *b, size_t at, size_t room)
{
	size_t end = at;

	while (end < b->n) {
		const char *newline = memchr(b->data + end, '\n', b->n - end);
		size_t next = newline == NULL ? b->n : (size_t)(newline - b->data) + 1;

		if (next - at > room)
			break;
		end = next;
	}
	return end - at;
}

static void
write_batch(void *data)
{
	struct batch *b = data;
	size_t at = 0;
	int fd = -1;

	while (at < b->n) {
		struct stat st;
		size_t n, used;

		fd = open_file(b->path);
		if (fd < 0 || fstat(fd, &st) != 0)
			break;
		used = (size_t)st.st_size;
		n = fitting(b, at, used < b->size ? b->size - used : 0);
		if (n == 0 && used > 0) {
			close(fd);
			make_room(b->path, b->count);
			continue;
		}
		if (n == 0) /* a line longer than a whole file */
			n = fitting(b, at, SIZE_MAX);
		if (!path_write_all(fd, b->data + at, n))
			break;
		close(fd);
		fd = -1;
		at += n;
	}
	b->error = at < b->n ? errno : 0;
	if (fd >= 0)
		close(fd);
	sem_post(&b->done);
}

static void
batch_free(void *data)
{
	struct batch *b = data;

	sem_destroy(&b->done);
	free(b->path);
	free(b->data);
	free(b);
}

/* ---- in the engine ---- */

static void start(struct maillog_file *);

static struct batch *
take_waiting(struct maillog_file *f)
{
	struct batch *b = calloc(1, sizeof *b);

	if (b == NULL || (b->path = strdup(f->path)) == NULL || (b->data = malloc(f->waiting.len)) == NULL)
		abort();
	memcpy(b->data, f->waiting.s, f->waiting.len);
	b->n = f->waiting.len;
	b->file = f;
	b->size = f->size;
	b->count = f->count;
	sem_init(&b->done, 0, 0);
	text_clear(&f->waiting);
	return b;
}

static void
tell(struct maillog_file *f, int error)
{
	if (error != 0 && !f->broken)
		log_msg(f->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_LOG",
			"%s cannot be written: %s; show mail log still has the lines", f->path,
			strerror(error));
	else if (error == 0 && (f->broken || f->dropped > 0))
		log_msg(f->engine->log, NULL, "HA_EM", SEV_NOTIFICATIONS, "MAIL_LOG",
			"%s is written again; lines lost: %llu", f->path, (unsigned long long)f->dropped);
	f->broken = error != 0;
	if (error == 0)
		f->dropped = 0;
}

static void
count_lost(struct maillog_file *f, const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		f->dropped += b->data[i] == '\n';
}

static void
written(void *data)
{
	struct batch *b = data;
	struct maillog_file *f = b->file;

	f->writing = NULL;
	if (b->error != 0)
		count_lost(f, b);
	tell(f, b->error);
	if (f->waiting.len > 0)
		start(f);
}

static void
start(struct maillog_file *f)
{
	f->writing = take_waiting(f);
	work_submit(f, f->engine->loop, write_batch, written, batch_free, f->writing);
}

void
maillog_file_add(struct maillog_file *f, const char *line, size_t n)
{
	if (f->waiting.len + n + 1 > WAITING_MAX) {
		f->dropped++;
		return;
	}
	text_addn(&f->waiting, line, n);
	text_addc(&f->waiting, '\n');
	if (f->writing == NULL)
		start(f);
}

static int
file_free(void *p)
{
	struct maillog_file *f = p;
	struct batch *b;

	/* What a worker has comes first. Until the loop is told of its end the batch stays. */
	while (f->writing != NULL && sem_wait(&f->writing->done) != 0)
		continue;
	if (f->waiting.len == 0)
		return 0;
	b = take_waiting(f);
	write_batch(b);
	batch_free(b);
	return 0;
}

struct maillog_file *
maillog_file_new(const void *ctx, struct engine *engine, const char *path, size_t size, unsigned count)
{
	struct maillog_file *f = mem_new(ctx, struct maillog_file);

	f->engine = engine;
	f->path = mem_strdup(f, path);
	f->size = size;
	f->count = count;
	text_init(&f->waiting, f);
	mem_on_free(f, file_free);
	return f;
}
