/* The open files of a run, and the worker jobs that read and write them. */
#include "actions/io/policy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"
#include "core/loop.h"
#include "core/mem.h"

struct policy_file {
	struct policy_file *next;
	const char *name, *path;
	int fd;
	bool reads, writes, appends;
	off_t at;           /* where the next unread byte stands, and the next one is written */
	struct text unread; /* read ahead, from `at` on */
	bool at_end;        /* the last fill found nothing more */
};

static const char handles_key; /* its address names the list among the run's things */

/* ORDER: enum file_mode */
static const struct {
	int flags;
	bool reads, writes;
} modes[] = {
	{ O_RDONLY, true, false },
	{ O_RDWR, true, true },
	{ O_WRONLY | O_CREAT | O_TRUNC, false, true },
	{ O_RDWR | O_CREAT | O_TRUNC, true, true },
	{ O_WRONLY | O_CREAT | O_APPEND, false, true },
	{ O_RDWR | O_CREAT | O_APPEND, true, true },
};

/* ---- opening and closing ---- */

static int
handle_free(void *p)
{
	struct policy_file *h = p;

	close(h->fd);
	return 0;
}

struct policy_file *
policy_file_find(struct run *run, const char *name)
{
	for (struct policy_file *h = run_get(run, &handles_key); h; h = h->next)
		if (strcmp(h->name, name) == 0)
			return h;
	return NULL;
}

static bool
may_open(struct run *run, const char *name, struct err *err)
{
	unsigned n = 0;

	if (policy_file_find(run, name))
		return err_class(err, ERR_EXISTS, "FH_EDUPLICATEKEY", "File handle %s is open already", name);
	for (const struct policy_file *h = run_get(run, &handles_key); h; h = h->next)
		n++;
	return n < FILE_HANDLES_MAX ||
	       err_class(err, ERR_REFUSED, "FH_ENFILE", "A policy opens at most %d files", FILE_HANDLES_MAX);
}

/* Replayed and simulated runs write nothing. O_NONBLOCK: a FIFO would hold the engine. */
static int
open_file(struct run *run, const char *path, enum file_mode mode, struct err *err)
{
	struct stat st;
	int fd;

	if (modes[mode].writes && !run_is_live(run))
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	fd = files_open(run_engine(run)->files, path, modes[mode].flags | O_NONBLOCK | O_NOCTTY, 0, err);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		err_set(err, ERR_REFUSED, "%%Error opening %s (%s)", path,
			S_ISDIR(st.st_mode) ? "Is a directory" : "Not a file");
		close(fd);
		fd = -1;
	}
	return fd;
}

struct policy_file *
policy_file_open(struct run *run, const char *name, const char *path, enum file_mode mode, struct err *err)
{
	struct policy_file *h;
	int fd;

	if (!may_open(run, name, err))
		return NULL;
	fd = open_file(run, path, mode, err);
	if (fd < 0) {
		if (err->class[0] == '\0')
			strcpy(err->class, err->code == ERR_NOT_FOUND ? "FH_ENOENT" : "FH_EFILE");
		return NULL;
	}
	h = mem_new(run_ctx(run), struct policy_file);
	*h = (struct policy_file){ .next = run_get(run, &handles_key),
		.fd = fd,
		.reads = modes[mode].reads,
		.writes = modes[mode].writes,
		.appends = (modes[mode].flags & O_APPEND) != 0 };
	h->name = mem_strdup(h, name);
	h->path = mem_strdup(h, path);
	text_init(&h->unread, h);
	mem_on_free(h, handle_free);
	run_put(run, &handles_key, h);
	return h;
}

void
policy_file_close(struct run *run, struct policy_file *h)
{
	struct policy_file *first = run_get(run, &handles_key);

	if (first == h)
		run_put(run, &handles_key, h->next);
	for (; first; first = first->next)
		if (first->next == h)
			first->next = h->next;
	mem_free(h);
}

/* ---- jobs ---- */

/* One job of a worker: malloc only, and a descriptor of its own, for the run may end meanwhile. */
struct job {
	struct run *run;
	struct policy_file *handle;
	int fd;
	bool appends;
	off_t at;
	char *bytes;
	size_t n, done;
	int why; /* errno; 0 = good */
};

static struct job *
job_new(struct run *run, struct policy_file *h, off_t at, const char *bytes, size_t n)
{
	struct job *j = calloc(1, sizeof *j);

	if (j == NULL || (j->bytes = malloc(n + 1)) == NULL)
		abort();
	if (bytes && n)
		memcpy(j->bytes, bytes, n);
	j->run = run;
	j->handle = h;
	j->fd = fcntl(h->fd, F_DUPFD_CLOEXEC, 0);
	j->appends = h->appends;
	j->at = at;
	j->n = n;
	return j;
}

static void
job_free(void *data)
{
	struct job *j = data;

	if (j->fd >= 0)
		close(j->fd);
	free(j->bytes);
	free(j);
}

/* False with errno: the transfer of the next piece failed. */
static bool
went(struct job *j, ssize_t n)
{
	if (n < 0 && errno != EINTR) {
		j->why = errno;
		return false;
	}
	if (n > 0)
		j->done += (size_t)n;
	return n != 0;
}

static void
do_read(void *data)
{
	struct job *j = data;

	while (j->done < j->n &&
		went(j, pread(j->fd, j->bytes + j->done, j->n - j->done, j->at + (off_t)j->done)))
		;
}

static void
do_write(void *data)
{
	struct job *j = data;
	struct stat st;

	if (j->appends && fstat(j->fd, &st) == 0)
		j->at = st.st_size;
	if (j->at > FILE_SIZE_MAX || j->n > FILE_SIZE_MAX - (size_t)j->at) {
		j->why = EFBIG;
		return;
	}
	while (j->done < j->n && went(j, j->appends ? write(j->fd, j->bytes + j->done, j->n - j->done)
						    : pwrite(j->fd, j->bytes + j->done, j->n - j->done,
							      j->at + (off_t)j->done)))
		;
}

static bool
failed(struct job *j, const char *doing)
{
	if (j->why == EFBIG)
		run_resume_failed(j->run, "FH_EFBIG", SEV_ERRORS, "FMPD_OVER_FILE_SIZE",
			"File size limit exceeded: %s", j->handle->path);
	else if (j->why != 0)
		run_resume_failed(j->run, "FH_EFILE", SEV_ERRORS, "FMPD_FILE", "%%Error %s %s (%s)", doing,
			j->handle->path, strerror(j->why));
	return j->why != 0;
}

static void
have_read(void *data)
{
	struct job *j = data;

	if (!failed(j, "reading")) {
		text_addn(&j->handle->unread, j->bytes, j->done);
		j->handle->at_end = j->done == 0;
		run_resume(j->run, NULL);
	}
}

static void
have_written(void *data)
{
	struct job *j = data;

	if (!failed(j, "writing")) {
		j->handle->at = j->at + (off_t)j->done;
		run_resume(j->run, NULL);
	}
}

static enum step
refuse(struct run *run, const struct policy_file *h, const char *doing)
{
	return run_fail(run, "FH_EACCES", SEV_ERRORS, "FMPD_FILE", "%%Error %s %s (not opened for it)", doing,
		h->path);
}

enum step
policy_file_fill(struct run *run, struct policy_file *h, size_t n, step_f *then)
{
	enum step step;

	if (!h->reads)
		return refuse(run, h, "reading");
	step = run_wait_then(run, then, NULL, NULL);
	work_submit(run_ctx(run), run_engine(run)->loop, do_read, have_read, job_free,
		job_new(run, h, h->at + (off_t)h->unread.len, NULL, n));
	return step;
}

const struct text *
policy_file_unread(const struct policy_file *h, bool *at_end)
{
	*at_end = h->at_end;
	return &h->unread;
}

void
policy_file_take(struct policy_file *h, size_t n)
{
	text_drop(&h->unread, n);
	h->at += (off_t)n;
	h->at_end = false;
}

enum step
policy_file_write(struct run *run, struct policy_file *h, const char *s, size_t n)
{
	enum step step;

	if (!h->writes)
		return refuse(run, h, "writing");
	text_clear(&h->unread); /* it may be written over */
	h->at_end = false;
	step = run_wait(run, NULL, NULL);
	work_submit(run_ctx(run), run_engine(run)->loop, do_write, have_written, job_free,
		job_new(run, h, h->at, s, n));
	return step;
}
