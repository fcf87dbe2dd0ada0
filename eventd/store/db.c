/* The store's connection to SQLite. */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATEMENTS_MAX 64
#define BUSY_MS        2000
#define WAL_KEPT       (16 * 1024 * 1024) /* bytes of the log that stay when it was written back */

struct db {
	sqlite3 *sqlite;
	char *path; /* NULL: in memory */
	struct {
		const char *sql; /* by address: statements are constants */
		sqlite3_stmt *stmt;
	} statements[STATEMENTS_MAX];
	size_t count;
};

static const char *
class_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return DB_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return DB_DAMAGED;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
		return DB_IO;
	default:
		return "STORE";
	}
}

static bool
failed(const struct db *db, struct err *err)
{
	int code = sqlite3_extended_errcode(db->sqlite);
	const char *class = class_of(code);

	/* The kernel says "no space" through several calls of which SQLite knows only some. */
	if (strcmp(class, DB_IO) == 0 && sqlite3_system_errno(db->sqlite) == ENOSPC)
		class = DB_FULL;
	return err_class(err, ERR_IO, class, "%s: %s", db->path != NULL ? db->path : "store",
		sqlite3_errmsg(db->sqlite));
}

static bool
execute(struct db *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK || failed(db, err);
}

/* The log and the index beside the file take its mode from it. */
static bool
make_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		const char *class = errno == ENOSPC ? DB_FULL : DB_IO;

		return err_class(err, ERR_IO, class, "%s: %s", path, strerror(errno));
	}
	close(fd);
	return true;
}

/* Each entry of `schema` is one version: those that the file does not have yet are carried out. */
static bool
bring_up_to_date(struct db *db, const char *const *schema, struct err *err)
{
	sqlite3_stmt *stmt = db_bind(db, err, "PRAGMA user_version", "");
	int version, n = 0;
	char pragma[64];

	if (stmt == NULL || !db_step(db, stmt, err))
		return err->code == ERR_NONE ? err_set(err, ERR_INTERNAL, "no user_version") : false;
	version = sqlite3_column_int(stmt, 0);
	db_reset(stmt);
	while (schema[n] != NULL)
		n++;
	if (version > n)
		return err_class(err, ERR_REFUSED, "STORE_NEWER",
			"%s was written by a newer release (schema %d, this one knows %d)",
			db->path != NULL ? db->path : "store", version, n);
	if (version == n)
		return true;
	if (!db_begin(db, err))
		return false;
	for (int i = version; i < n; i++) {
		if (!execute(db, schema[i], err)) {
			db_rollback(db);
			return false;
		}
	}
	sqlite3_snprintf(sizeof pragma, pragma, "PRAGMA user_version = %d", n);
	if (execute(db, pragma, err) && db_commit(db, err))
		return true;
	db_rollback(db);
	return false;
}

struct db *
db_open(const char *path, const char *const *schema, struct err *err)
{
	struct db *db = calloc(1, sizeof *db);
	struct err why = ERR_INIT;
	char limit[64];

	if (db == NULL)
		abort();
	if (err == NULL)
		err = &why;
	db->path = path == NULL ? NULL : strdup(path);
	if (path != NULL && !make_file(path, err))
		goto refused;
	if (sqlite3_open_v2(path == NULL ? ":memory:" : path, &db->sqlite,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		failed(db, err);
		goto refused;
	}
	sqlite3_busy_timeout(db->sqlite, BUSY_MS);
	sqlite3_snprintf(sizeof limit, limit, "PRAGMA journal_size_limit = %d", WAL_KEPT);
	if (!execute(db, "PRAGMA journal_mode = WAL", err) ||
		!execute(db, "PRAGMA synchronous = FULL", err) || !execute(db, limit, err) ||
		!execute(db, "PRAGMA secure_delete = FAST", err) || !bring_up_to_date(db, schema, err))
		goto refused;
	return db;
refused:
	db_close(db);
	return NULL;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < db->count; i++)
		sqlite3_finalize(db->statements[i].stmt);
	sqlite3_close(db->sqlite);
	free(db->path);
	free(db);
}

bool
db_settle(struct db *db, struct err *err)
{
	sqlite3_stmt *stmt = db_bind(db, err, "PRAGMA wal_checkpoint(TRUNCATE)", "");
	bool busy;

	if (stmt == NULL || !db_step(db, stmt, err))
		return false;
	busy = sqlite3_column_int(stmt, 0) != 0;
	db_reset(stmt);
	return !busy || err_class(err, ERR_IO, DB_IO, "%s: somebody else reads it",
				db->path != NULL ? db->path : "store");
}

bool
db_in_transaction(const struct db *db)
{
	return sqlite3_get_autocommit(db->sqlite) == 0;
}

bool
db_begin(struct db *db, struct err *err)
{
	return execute(db, "BEGIN IMMEDIATE", err);
}

bool
db_commit(struct db *db, struct err *err)
{
	return execute(db, "COMMIT", err);
}

void
db_rollback(struct db *db)
{
	/* A full disk may have rolled back by itself. */
	if (db_in_transaction(db))
		execute(db, "ROLLBACK", NULL);
}

bool
db_savepoint(struct db *db, struct err *err)
{
	return execute(db, "SAVEPOINT work", err);
}

void
db_release(struct db *db, bool keep)
{
	if (!db_in_transaction(db))
		return;
	if (!keep)
		execute(db, "ROLLBACK TO work", NULL);
	execute(db, "RELEASE work", NULL);
}

static sqlite3_stmt *
prepared(struct db *db, const char *sql, struct err *err)
{
	sqlite3_stmt *stmt;

	for (size_t i = 0; i < db->count; i++)
		if (db->statements[i].sql == sql)
			return db->statements[i].stmt;
	if (db->count == STATEMENTS_MAX) {
		err_set(err, ERR_INTERNAL, "more than %d statements", STATEMENTS_MAX);
		return NULL;
	}
	if (sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
		failed(db, err);
		return NULL;
	}
	db->statements[db->count].sql = sql;
	db->statements[db->count++].stmt = stmt;
	return stmt;
}

static void
bind_json(sqlite3_stmt *stmt, int n, const json_t *value)
{
	switch (value == NULL ? JSON_NULL : json_typeof(value)) {
	case JSON_STRING:
		sqlite3_bind_text64(stmt, n, json_string_value(value), json_string_length(value),
			SQLITE_STATIC, SQLITE_UTF8);
		break;
	case JSON_INTEGER:
		sqlite3_bind_int64(stmt, n, json_integer_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		sqlite3_bind_int(stmt, n, json_is_true(value));
		break;
	default:
		sqlite3_bind_null(stmt, n);
	}
}

static void
bind_all(sqlite3_stmt *stmt, const char *format, va_list *ap)
{
	for (int n = 1; *format != '\0'; format++, n++) {
		const void *data;

		switch (*format) {
		case 'i':
			sqlite3_bind_int64(stmt, n, va_arg(*ap, int64_t));
			break;
		case 's':
			sqlite3_bind_text(stmt, n, va_arg(*ap, const char *), -1, SQLITE_STATIC);
			break;
		case 'b':
			data = va_arg(*ap, const void *);
			sqlite3_bind_blob64(stmt, n, data, va_arg(*ap, size_t), SQLITE_STATIC);
			break;
		case 'j':
			bind_json(stmt, n, va_arg(*ap, const json_t *));
			break;
		default:
			abort();
		}
	}
}

static sqlite3_stmt *
bound(struct db *db, struct err *err, const char *sql, const char *format, va_list *ap)
{
	sqlite3_stmt *stmt = prepared(db, sql, err);

	if (stmt != NULL) {
		sqlite3_reset(stmt);
		sqlite3_clear_bindings(stmt);
		bind_all(stmt, format, ap);
	}
	return stmt;
}

sqlite3_stmt *
db_bind(struct db *db, struct err *err, const char *sql, const char *format, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;

	va_start(ap, format);
	stmt = bound(db, err, sql, format, &ap);
	va_end(ap);
	return stmt;
}

bool
db_step(struct db *db, sqlite3_stmt *stmt, struct err *err)
{
	int code = sqlite3_step(stmt);

	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		failed(db, err);
	sqlite3_reset(stmt);
	return false;
}

void
db_reset(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
}

bool
db_run(struct db *db, struct err *err, const char *sql, const char *format, ...)
{
	struct err why = ERR_INIT;
	sqlite3_stmt *stmt;
	va_list ap;

	if (err == NULL)
		err = &why;
	va_start(ap, format);
	stmt = bound(db, err, sql, format, &ap);
	va_end(ap);
	if (stmt == NULL)
		return false;
	while (db_step(db, stmt, err))
		;
	return err->code == ERR_NONE;
}

sqlite3 *
db_sqlite(const struct db *db)
{
	return db->sqlite;
}

int64_t
db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->sqlite);
}

int64_t
db_changes(const struct db *db)
{
	return sqlite3_changes64(db->sqlite);
}

int64_t
db_total_changes(const struct db *db)
{
	return sqlite3_total_changes64(db->sqlite);
}

static json_t *
column(sqlite3_stmt *stmt, int n)
{
	switch (sqlite3_column_type(stmt, n)) {
	case SQLITE_INTEGER:
		return json_integer(sqlite3_column_int64(stmt, n));
	case SQLITE_TEXT:
	case SQLITE_BLOB:
		/* Bytes as they were given: nothing of this is dumped as JSON without a look. */
		return json_stringn_nocheck(
			sqlite3_column_blob(stmt, n), (size_t)sqlite3_column_bytes(stmt, n));
	default:
		return json_null();
	}
}

json_t *
db_row(sqlite3_stmt *stmt)
{
	json_t *row = json_object();

	for (int i = 0; i < sqlite3_column_count(stmt); i++)
		json_object_set_new(row, sqlite3_column_name(stmt, i), column(stmt, i));
	return row;
}
