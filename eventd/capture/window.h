/*
 * What is kept of a moment: the packets from some seconds before it to some seconds behind it. Until the window is
 * full its packets do not make room for new ones; then it becomes a file. One thread.
 */
#ifndef CAPTURE_WINDOW_H
#define CAPTURE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct window {
	int64_t id;                /* of the engine */
	int64_t from_ns, until_ns; /* packets' clock */
	int64_t at_ns;             /* the moment */
	int64_t deadline_ns;       /* monotonic: when `until_ns` is over */
	uint64_t first;            /* number of the first packet */
	uint64_t max_bytes;        /* of the file; 0: any */
	int fd;                    /* of the file, closed with the window */
	char *comment;
	bool is_pcapng, is_masked;
	bool is_early; /* the buffer was full, or the capture stopped, before its time */
	struct window *next;
};

/*
 * `ask`: "window", "from_ns", "until_ns", "at_ns", "max_bytes", "comment", "masked", "pcapng". Takes the open file.
 */
struct window *window_new(const void *ctx, const json_t *ask, int fd);

#endif
