/*
 * Small files of /sys and /proc: one value a file. Blocking (a sensor behind a slow bus answers after
 * milliseconds), so for worker threads; no contexts, malloc only. Any thread.
 */
#ifndef HOST_READ_H
#define HOST_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOST_PATH_MAX = 512, HOST_VALUE_MAX = 128 };

/* The file at the path that fmt makes, as text without the line end; false when it cannot be read (then ""). */
bool host_read(char *out, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Its leading number, signed or with 0x; false when there is none. */
bool host_number(int64_t *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The entries of a folder that begin so (NULL: all but dots), "a2" before "a10". No folder: none. */
struct host_names {
	size_t n;
	char **v;
};
struct host_names host_list(const char *begin, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void host_names_free(struct host_names *);

/* Never NULL: running out of memory ends the process. */
void *host_grow(void *ptr, size_t n, size_t size);

#endif
