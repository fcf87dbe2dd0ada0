/*
 * The failed attempts that the flight recorder has kept: what `show mail failures` lists. In the order in
 * which they happened, so many as are configured; the oldest goes with its file. Kept over a restart in
 * mail-failures.json of the state directory, written by a worker thread. Engine thread only.
 */
#ifndef ACTIONS_MAIL_RECORDER_FAILURES_H
#define ACTIONS_MAIL_RECORDER_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/err.h"

struct engine;
struct failures;

struct failures *failures_new(const void *ctx, struct engine *);

/* Takes the record (its keys: recorder.c); answers its number. */
uint64_t failures_add(struct failures *, json_t *record);
/* NULL when it has made room meanwhile. Borrowed. */
json_t *failures_find(const struct failures *, uint64_t no);
void failures_changed(struct failures *); /* a record was: it will be saved */

/*
 * The list as it is now goes to the disk at once; `saved` is called from the loop when it is there (err: why
 * it is not). False without a call: nothing is kept over a restart. Freeing ctx drops the callback.
 */
typedef void failures_saved_f(void *arg, const struct err *err);
bool failures_save(const void *ctx, struct failures *, failures_saved_f *, void *arg);

void failures_limit(struct failures *, size_t count);
void failures_clear(struct failures *); /* with their files */

size_t failures_count(const struct failures *);
const json_t *failures_at(const struct failures *, size_t i); /* 0: the oldest */

#endif
