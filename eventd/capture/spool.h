/*
 * The files of `monitor capture NAME file location URL`: packets are written as they come, into one file or
 * around a ring of them. One thread, which a slow disk may hold up: the kernel's ring takes what comes meanwhile.
 */
#ifndef CAPTURE_SPOOL_H
#define CAPTURE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "capture/ring.h"

struct recording;
struct spool;

/* `spec`: "pcapng", "file_bytes" (0: any). Takes the open files, SPOOL_FILES_MAX at most. */
enum { SPOOL_FILES_MAX = 10 };
struct spool *spool_new(const void *ctx, const json_t *spec, const int *fds, size_t n);

/* Do the files have a size? */
bool spool_is_bounded(const struct spool *);

/* NULL, or why the capture has to end: "file limit reached", "file: No space left on device". */
const char *spool_add(struct spool *, const struct recording *, const struct packet *);
const char *spool_flush(struct spool *, const struct recording *);
/* The last words of a file; then nothing more is added. */
void spool_end(struct spool *, const struct recording *);

#endif
