/* Reads what the engine asks to be kept. */
#include "capture/window.h"

#include <time.h>
#include <unistd.h>

#include "capture/intake.h"
#include "core/mem.h"

#define NSEC_PER_SEC  1000000000
#define NSEC_PER_MSEC 1000000

static int
close_file(void *p)
{
	close(((struct window *)p)->fd);
	return 0;
}

static int64_t
now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

struct window *
window_new(const void *ctx, const json_t *ask, int fd)
{
	struct window *w = mem_new(ctx, struct window);
	const char *comment = json_string_value(json_object_get(ask, "comment"));
	json_int_t max_bytes = json_integer_value(json_object_get(ask, "max_bytes"));

	w->fd = fd;
	mem_on_free(w, close_file);
	w->id = json_integer_value(json_object_get(ask, "window"));
	w->from_ns = json_integer_value(json_object_get(ask, "from_ns"));
	w->until_ns = json_integer_value(json_object_get(ask, "until_ns"));
	w->at_ns = json_integer_value(json_object_get(ask, "at_ns"));
	/* The last packets may still be in a block of the kernel's, or wait for their row. */
	w->deadline_ns = now_ns(CLOCK_MONOTONIC) + w->until_ns - now_ns(CLOCK_REALTIME) +
			 (int64_t)2 * INTAKE_WAIT_MS * NSEC_PER_MSEC;
	w->max_bytes = max_bytes > 0 ? (uint64_t)max_bytes : 0;
	w->comment = mem_strdup(w, comment != NULL ? comment : "");
	w->is_masked = json_is_true(json_object_get(ask, "masked"));
	w->is_pcapng = json_is_true(json_object_get(ask, "pcapng"));
	return w;
}
