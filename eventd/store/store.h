/*
 * Durable state (decision 2): SQLite on a thread of its own behind a bounded queue. Whoever has something
 * to keep submits a piece of work; the thread carries out all that wait in one transaction, so that many
 * submissions share one fsync, and the loop is told when it is committed. A database that cannot be read
 * is set aside, told, and what can be read of it carried over. Engine thread only, but for the work.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/err.h"

struct db;
struct engine;
struct store;

#define STORE_WAITING_MAX 4096 /* pieces of work */

/*
 * On the store's thread, inside a transaction; what it returns false for is taken back alone. `in` is
 * borrowed, *out (may stay NULL) is given. No memory contexts here: malloc and jansson only. It may be
 * called again with the same `in` when the transaction could not be committed.
 */
typedef bool store_work_f(struct db *, const json_t *in, json_t **out, struct err *);

/* On the loop, behind the commit. err NULL: it is durable. `out` is borrowed. */
typedef void store_done_f(void *arg, const json_t *out, const struct err *err);

/*
 * The directory is made (mode 0700, files 0600). dir NULL: in memory, for tests and simulations. The thread
 * starts with the first work.
 */
struct store *store_new(const void *ctx, struct engine *, const char *dir);

/*
 * Takes `in` (may be NULL). Works of one store are carried out in order. Freeing ctx drops the callback
 * only. When too many wait, `done` hears STORE_BUSY. `done` may be NULL.
 */
void store_submit(const void *ctx, struct store *, store_work_f *, json_t *in, store_done_f *done, void *arg);

#endif
