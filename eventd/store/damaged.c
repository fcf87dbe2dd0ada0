/* Setting a damaged database aside. */
#include "store/damaged.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/db.h"
#include "store/wal.h"

#define CHECKED_MAX (32 * 1024 * 1024) /* bytes: the check reads every page, and start may not wait long */
#define TABLES_MAX  16
#define NAME_SIZE   64

bool
damaged_check(struct db *db, const char *path, struct err *err)
{
	struct stat st;
	sqlite3_stmt *stmt;
	bool ok = true;

	if (stat(path, &st) == 0 && st.st_size > CHECKED_MAX)
		return true;
	stmt = db_bind(db, err, "PRAGMA quick_check(1)", "");
	if (stmt == NULL)
		return false;
	if (db_step(db, stmt, err)) {
		const char *answer = (const char *)sqlite3_column_text(stmt, 0);

		if (answer == NULL || strcmp(answer, "ok") != 0)
			ok = err_class(err, ERR_IO, DB_DAMAGED, "%s: %s", path,
				answer != NULL ? answer : "unreadable");
	}
	db_reset(stmt);
	return ok && err->code == ERR_NONE;
}

/* That there is a database is written beside it: an empty one is a new one only where there was none. */
static char *
name_of_witness(const char *path)
{
	char *name;

	if (asprintf(&name, "%s-made", path) < 0)
		abort();
	return name;
}

char *
damaged_before(const char *path)
{
	char *witness = name_of_witness(path), *news = NULL;
	char why[512], aside[4160];
	struct stat st;
	int n = 0;

	if (access(witness, F_OK) == 0 && (stat(path, &st) < 0 || st.st_size == 0))
		n = asprintf(&news,
			"Durable state is gone (%s is empty); what its log has is used, the rest is begun "
			"anew",
			path);
	if (news == NULL && !wal_check(path, why, sizeof why, aside, sizeof aside))
		n = asprintf(
			&news, "Durable state is damaged (%s); the log as it was is kept as %s", why, aside);
	if (n < 0)
		abort();
	free(witness);
	return news;
}

void
damaged_remember(const char *path)
{
	char *witness = name_of_witness(path);
	int fd = open(witness, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		close(fd);
	free(witness);
}

struct rescue {
	sqlite3 *from;
	struct db *to;
	unsigned long long rows;
	bool incomplete;
};

/*
 * INSERT OR IGNORE: the scan from the other end meets rows that are there. Columns by name: the damaged file
 * may be of an older schema.
 */
static bool
prepare_insert(struct rescue *r, const char *table, sqlite3_stmt *rows, sqlite3_stmt **insert)
{
	int columns = sqlite3_column_count(rows), code;
	sqlite3_str *sql = sqlite3_str_new(NULL);
	char *text;

	sqlite3_str_appendf(sql, "INSERT OR IGNORE INTO \"%w\" (", table);
	for (int i = 0; i < columns; i++)
		sqlite3_str_appendf(sql, "%s\"%w\"", i == 0 ? "" : ", ", sqlite3_column_name(rows, i));
	sqlite3_str_appendall(sql, ") VALUES (");
	for (int i = 0; i < columns; i++)
		sqlite3_str_appendall(sql, i == 0 ? "?" : ",?");
	sqlite3_str_appendall(sql, ")");
	text = sqlite3_str_finish(sql);
	code = text == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(db_sqlite(r->to), text, -1, insert, NULL);
	sqlite3_free(text);
	return code == SQLITE_OK;
}

/* Rows in the order of their ids, up to the first that cannot be read. True: all of them could. */
static bool
copy_rows(struct rescue *r, const char *table, const char *order)
{
	sqlite3_stmt *rows = NULL, *insert = NULL;
	char sql[128];
	int code = SQLITE_ERROR, columns;

	snprintf(sql, sizeof sql, "SELECT * FROM \"%s\" ORDER BY rowid %s", table, order);
	if (sqlite3_prepare_v2(r->from, sql, -1, &rows, NULL) != SQLITE_OK)
		return false;
	columns = sqlite3_column_count(rows);
	if (!prepare_insert(r, table, rows, &insert)) {
		sqlite3_finalize(rows);
		return false;
	}
	while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
		for (int i = 0; i < columns; i++)
			sqlite3_bind_value(insert, i + 1, sqlite3_column_value(rows, i));
		if (sqlite3_step(insert) != SQLITE_DONE)
			code = SQLITE_ERROR;
		sqlite3_reset(insert);
		if (code != SQLITE_ROW)
			break;
		r->rows += (unsigned long long)sqlite3_changes64(db_sqlite(r->to));
	}
	sqlite3_finalize(rows);
	sqlite3_finalize(insert);
	return code == SQLITE_DONE;
}

static void
copy_tables(struct rescue *r, struct err *err)
{
	char names[TABLES_MAX][NAME_SIZE];
	size_t n = 0;
	sqlite3_stmt *stmt = db_bind(r->to, err,
		"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", "");

	while (stmt != NULL && n < TABLES_MAX && db_step(r->to, stmt, err))
		snprintf(names[n++], NAME_SIZE, "%s", (const char *)sqlite3_column_text(stmt, 0));
	if (stmt != NULL)
		db_reset(stmt);
	for (size_t i = 0; i < n; i++) {
		if (copy_rows(r, names[i], "ASC"))
			continue;
		/* The damage lies between: what is behind it is reached from the end. */
		r->incomplete = true;
		copy_rows(r, names[i], "DESC");
	}
}

/* The log beside it keeps its name's relation, so that SQLite still finds what was committed there. */
static bool
set_aside(const char *path, char *aside, size_t size, struct err *err)
{
	time_t now = time(NULL);
	struct tm tm;
	char from[4200], to[4200];
	size_t n;

	gmtime_r(&now, &tm);
	n = (size_t)snprintf(aside, size, "%s.damaged-", path);
	strftime(aside + n, size - n, "%Y%m%d-%H%M%S", &tm);
	for (int i = 2; access(aside, F_OK) == 0 && i < 100; i++)
		snprintf(aside + n + 15, size - n - 15, "-%d", i);
	if (rename(path, aside) < 0)
		return err_class(err, ERR_IO, DB_IO, "%s: %s", path, strerror(errno));
	snprintf(from, sizeof from, "%s-wal", path);
	snprintf(to, sizeof to, "%s-wal", aside);
	rename(from, to);
	snprintf(from, sizeof from, "%s-shm", path);
	unlink(from);
	return true;
}

struct db *
damaged_replace(const char *path, const char *const *schema, char **news, struct err *why)
{
	struct rescue r = { .from = NULL };
	struct err err = ERR_INIT;
	char reason[sizeof why->text];
	char aside[4160];

	snprintf(reason, sizeof reason, "%s", why->text);
	if (!set_aside(path, aside, sizeof aside, why))
		return NULL;
	r.to = db_open(path, schema, why);
	if (r.to == NULL)
		return NULL;
	err_clear(why);
	if (sqlite3_open_v2(aside, &r.from, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		db_begin(r.to, &err)) {
		copy_tables(&r, &err);
		if (!db_commit(r.to, &err))
			r.rows = 0;
		db_rollback(r.to);
	}
	sqlite3_close(r.from);
	if (asprintf(news, "Durable state is damaged (%s); set aside as %s, %llu rows carried over%s", reason,
		    aside, r.rows, r.incomplete ? ", not all could be read" : "") < 0)
		abort();
	return r.to;
}
