/* Reads what the engine asks to be kept. */
#include "capture/window.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "capture/tap.h"
#include "core/mem.h"

#define NSEC_PER_SEC  1000000000
#define NSEC_PER_MSEC 1000000

static int
close_file(void *p)
{
	struct window *w = p;

	if (w->fd >= 0)
		close(w->fd);
	return 0;
}

static int
open_of(json_int_t pid, json_int_t fd, struct err *err)
{
	char path[64];
	int mine;

	snprintf(path, sizeof path, "/proc/%lld/fd/%lld", (long long)pid, (long long)fd);
	mine = open(path, O_WRONLY | O_CLOEXEC);
	if (mine < 0)
		err_errno(err, "file");
	return mine;
}

int
window_file(const json_t *ask, const char *key, struct err *err)
{
	return open_of(json_integer_value(json_object_get(ask, "pid")),
		json_integer_value(json_object_get(ask, key)), err);
}

static int64_t
now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

struct window *
window_new(const void *ctx, const json_t *ask, struct err *err)
{
	struct window *w = mem_new(ctx, struct window);
	const char *comment = json_string_value(json_object_get(ask, "comment"));
	json_int_t max_bytes = json_integer_value(json_object_get(ask, "max_bytes"));

	w->fd = -1;
	mem_on_free(w, close_file);
	w->id = json_integer_value(json_object_get(ask, "window"));
	w->from_ns = json_integer_value(json_object_get(ask, "from_ns"));
	w->until_ns = json_integer_value(json_object_get(ask, "until_ns"));
	w->at_ns = json_integer_value(json_object_get(ask, "at_ns"));
	/* The last packets may still be in a block of the kernel's. */
	w->deadline_ns = now_ns(CLOCK_MONOTONIC) + w->until_ns - now_ns(CLOCK_REALTIME) +
			 (int64_t)3 * TAP_BLOCK_MS * NSEC_PER_MSEC;
	w->max_bytes = max_bytes > 0 ? (uint64_t)max_bytes : 0;
	w->comment = mem_strdup(w, comment != NULL ? comment : "");
	w->is_masked = json_is_true(json_object_get(ask, "masked"));
	w->is_pcapng = json_is_true(json_object_get(ask, "pcapng"));
	w->fd = window_file(ask, "fd", err);
	if (w->fd >= 0)
		return w;
	mem_free(w);
	return NULL;
}
