/* The work of eventd-follow: jobs, notices of the kernel, batches, positions. */
#include "syslog/follow/follow.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "core/frame.h"
#include "core/log.h"
#include "core/mem.h"
#include "syslog/channel.h"
#include "syslog/follow/chain.h"
#include "syslog/position.h"

#define LOOK_MS     1000 /* also without a notice: not every file system sends them */
#define SYNC_PERIOD USEC_PER_SEC
#define NOTICES     (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY)

struct followed {
	struct chain *chain;
	struct position *position; /* NULL: nothing is kept */
	uint32_t number;
	bool dirty; /* there may be news */
};

struct work {
	struct channel *channel;
	struct followed *files;
	size_t count;
	int notices;
	usec looked, synced;
	const struct followed *reading;
};

static usec
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (usec)t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

static void
say(void *arg, const char *text)
{
	channel_log("SYSLOG", SEV_WARNINGS, "FILE", "%s", text);
}

static void
watch_directory(struct work *w, const char *path)
{
	char *dir = mem_strndup(NULL, path, (size_t)(strrchr(path, '/') + 1 - path));

	inotify_add_watch(w->notices, dir, NOTICES);
	mem_free(dir);
}

static void
begin(struct work *w, struct followed *f, const char *path, const char *state)
{
	char *what = mem_printf(w->files, "file %s", path), *dir = mem_printf(what, "%s/positions", state);
	struct err err = ERR_INIT;

	if (*state != '\0') {
		f->position = position_open(w->files, dir, what, &err);
		if (f->position == NULL)
			channel_log("SYSLOG", SEV_ERRORS, "POSITION", "%s", err.text);
	}
	f->chain = chain_new(w->files, path, f->position != NULL ? position_text(f->position) : NULL, say, w);
	f->dirty = true;
	channel_peer(w->channel, f->number, false, what, "local");
	watch_directory(w, path);
}

/* Where they stand now, also before there was anything to read. */
static void
keep(struct followed *f)
{
	struct err err = ERR_INIT;
	char *text = f->position != NULL ? chain_position(NULL, f->chain) : NULL;

	if (text != NULL && !position_save(f->position, text, &err))
		channel_log("SYSLOG", SEV_ERRORS, "POSITION", "%s: %s", f->chain->path, err.text);
	mem_free(text);
}

static void
take_job(struct work *w, const json_t *job)
{
	const json_t *files = json_object_get(job, "files");
	const char *state = json_string_value(json_object_get(job, "state"));
	static uint32_t last_number;

	for (size_t i = 0; i < w->count; i++)
		channel_gone(w->channel, w->files[i].number);
	mem_free(w->files);
	close(w->notices);
	w->notices = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	w->count = json_array_size(files);
	w->files = mem_array(w, struct followed, w->count + 1);
	for (size_t i = 0; i < w->count; i++) {
		w->files[i].number = ++last_number;
		begin(w, &w->files[i], json_string_value(json_array_get(files, i)),
			state != NULL ? state : "");
		keep(&w->files[i]);
	}
	channel_flush(w->channel);
}

/* ---- notices ---- */

static void
mark(struct work *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++) {
		const char *base = strrchr(w->files[i].chain->path, '/') + 1;

		if (name == NULL || strncmp(name, base, strlen(base)) == 0)
			w->files[i].dirty = true;
	}
}

static void
take_notices(struct work *w)
{
	char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	while ((n = read(w->notices, bytes, sizeof bytes)) > 0) {
		const struct inotify_event *e;

		for (char *p = bytes; p < bytes + n; p += sizeof *e + e->len) {
			e = (const struct inotify_event *)(void *)p;
			mark(w, e->len > 0 && (e->mask & IN_Q_OVERFLOW) == 0 ? e->name : NULL);
		}
	}
}

/* ---- reading ---- */

static void
on_line(void *arg, struct slice line, bool cut)
{
	struct work *w = arg;

	channel_message(w->channel, w->reading->number, cut, line);
}

/* One batch of each file. False: the engine has ended the conversation. */
static bool
read_all(struct work *w, bool *more)
{
	*more = false;
	for (size_t i = 0; i < w->count; i++) {
		struct followed *f = &w->files[i];

		if (!f->dirty)
			continue;
		chain_look(f->chain, now());
		w->reading = f;
		f->dirty = chain_read(f->chain, now(), on_line, w);
		if (!f->dirty)
			continue;
		if (!channel_settle(w->channel, STDIN_FILENO))
			return false;
		keep(f);
		*more = true;
	}
	return true;
}

static void
sync_all(struct work *w)
{
	if (now() - w->synced < SYNC_PERIOD)
		return;
	w->synced = now();
	for (size_t i = 0; i < w->count; i++)
		if (w->files[i].position != NULL)
			position_sync(w->files[i].position);
}

/* True: there is a job, or the end. */
static bool
await(struct work *w, bool more)
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = w->notices, .events = POLLIN } };
	int n = poll(p, 2, more ? 0 : LOOK_MS);

	if (n < 0 && errno != EINTR)
		exit(1);
	if (now() - w->looked >= LOOK_MS * USEC_PER_MSEC) {
		w->looked = now();
		mark(w, NULL);
		for (size_t i = 0; i < w->count; i++)
			watch_directory(w, w->files[i].chain->path); /* it may be there by now */
	}
	if (p[1].revents != 0)
		take_notices(w);
	return p[0].revents != 0;
}

void
follow_run(const void *ctx)
{
	struct work *w = mem_new(ctx, struct work);
	struct err err = ERR_INIT;
	bool more = false;

	w->channel = channel_new(w);
	w->notices = -1;
	do {
		if (await(w, more)) {
			json_t *job = frame_read_fd(STDIN_FILENO, FRAME_MAX, &err);

			if (job == NULL)
				break;
			take_job(w, job);
			json_decref(job);
		}
		sync_all(w);
	} while (read_all(w, &more));
	mem_free(w->files);
}
