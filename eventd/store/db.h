/*
 * SQLite as the store uses it (decision 2: WAL, synchronous=FULL): one connection, statements prepared
 * once, values bound by a format, errors as struct err. The store's own thread only; what it hands out
 * belongs to SQLite and is valid until the statement's next step.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <sqlite3.h>

#include "core/err.h"

/* err->class of what SQLite said, so that callers can tell them apart. */
#define DB_FULL    "STORE_FULL"    /* no room; nothing was written */
#define DB_DAMAGED "STORE_DAMAGED" /* what is there cannot be read */
#define DB_IO      "STORE_IO"      /* reading or writing failed: what was written last is unknown */

struct db;

/*
 * Opens and sets the schema. path NULL: in memory. The file is made with mode 0600; a file of a newer
 * schema is refused. malloc: the caller closes it.
 */
struct db *db_open(const char *path, const char *const *schema, struct err *);
void db_close(struct db *);

/*
 * Writes everything that counts as committed into the file itself, and empties the log. Behind a sync that
 * failed, where the kernel takes for written what it has lost: in the log there may be a transaction that can
 * be read now, and not after the power was cut.
 */
bool db_settle(struct db *, struct err *);

bool db_begin(struct db *, struct err *);
bool db_commit(struct db *, struct err *);
void db_rollback(struct db *);
bool db_in_transaction(const struct db *); /* a full disk may have ended it */

/* One piece of work inside a transaction, to be taken back alone. */
bool db_savepoint(struct db *, struct err *);
void db_release(struct db *, bool keep);

/*
 * A statement with its values bound, ready for db_step(). `sql` must be a constant: it is prepared once.
 * Format: i int64_t, s const char * (NULL: null), b const void * and size_t, j const json_t * (a string, an
 * integer, true, false or null). The values must live until the last step. NULL: err says why.
 */
sqlite3_stmt *db_bind(struct db *, struct err *, const char *sql, const char *format, ...);
/* True: there is a row. False: no more, or an error when err has a code; the statement is reset. */
bool db_step(struct db *, sqlite3_stmt *, struct err *);
/* A statement that is left before its last row. */
void db_reset(sqlite3_stmt *);
/* Bind and carry out, for what gives no rows. */
bool db_run(struct db *, struct err *, const char *sql, const char *format, ...);

sqlite3 *db_sqlite(const struct db *); /* for what is no constant statement */
int64_t db_last_id(const struct db *);
int64_t db_changes(const struct db *);
int64_t db_total_changes(const struct db *); /* of the connection */

/* The columns of the row as an object; names as the statement gives them. */
json_t *db_row(sqlite3_stmt *);

#endif
