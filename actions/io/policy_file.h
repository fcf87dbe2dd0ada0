/*
 * The open files of a run. They are closed with it. Reading and writing happen in a worker thread, so
 * that a slow disk never stops the engine: such a call parks the run. Engine thread only.
 */
#ifndef ACTIONS_IO_POLICY_FILE_H
#define ACTIONS_IO_POLICY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/text.h"
#include "sched/run.h"

enum {
	FILE_HANDLES_MAX = 20,            /* of one run */
	FILE_SIZE_MAX = 64 * 1024 * 1024, /* that a policy may write */
};

enum file_mode { MODE_R, MODE_R_PLUS, MODE_W, MODE_W_PLUS, MODE_A, MODE_A_PLUS }; /* as fopen(3) */

struct policy_file;

/* NULL with err: err->class is what `$_error` shows. `name` is the handle, `path` an IOS name. */
struct policy_file *policy_file_open(
	struct run *, const char *name, const char *path, enum file_mode, struct err *);
struct policy_file *policy_file_find(struct run *, const char *name);
void policy_file_close(struct run *, struct policy_file *);

/*
 * Brings more of the file behind what is unread and then calls `then`, which asks policy_file_unread().
 * *at_end: nothing more was there. Returns STEP_WAIT, or STEP_FAIL for a file opened for writing only.
 */
enum step policy_file_fill(struct run *, struct policy_file *, size_t n, step_f *then);
const struct text *policy_file_unread(const struct policy_file *, bool *at_end);
/* The first n unread bytes have been read. */
void policy_file_take(struct policy_file *, size_t n);

/*
 * Writes at the place of the handle (at the end, when appending), then the run goes on with the next
 * step. The bytes are copied. Returns STEP_WAIT, or STEP_FAIL for a file opened for reading only.
 */
enum step policy_file_write(struct run *, struct policy_file *, const char *s, size_t n);

#endif
