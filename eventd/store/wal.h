/*
 * SQLite's write-ahead log, looked at before SQLite does: where a frame of it cannot be read SQLite takes all that
 * stands behind for never committed, and says nothing. The shared index beside it knows better after a crash of
 * the process. File formats: sqlite.org/walformat.html. The store's own thread.
 */
#ifndef STORE_WAL_H
#define STORE_WAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The log of the database at `path`. True: nothing is wrong with it, or nobody can tell. False: `why` says what
 * is, a copy is kept at `aside`, and the log has been made again of the frames that can be read.
 */
bool wal_check(const char *path, char *why, size_t why_size, char *aside, size_t aside_size);

#endif
