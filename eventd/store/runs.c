/* Runs and named counters as rows. */
#include "store/runs.h"

#include <stdint.h>

#include "store/db.h"

#define OF(object, key) json_object_get(object, key)

static bool
forget_over(struct db *db, const json_t *boot, const json_t *list, struct err *err)
{
	const json_t *job;
	size_t i;

	json_array_foreach(list, i, job)
	{
		if (!db_run(db, err, "DELETE FROM run WHERE boot = ? AND job = ?", "jj", boot, job))
			return false;
	}
	return true;
}

/* One that is told again is written anew: a write that failed is made up for by the next. */
static bool
put(struct db *db, const json_t *boot, const json_t *list, struct err *err)
{
	const json_t *r;
	size_t i;

	json_array_foreach(list, i, r)
	{
		if (!db_run(db, err,
			    "INSERT OR REPLACE INTO run (boot, job, no, status, wall, type, kind, name, "
			    "detail) "
			    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			    "jjjjjjjjj", boot, OF(r, "job"), OF(r, "no"), OF(r, "status"), OF(r, "wall"),
			    OF(r, "type"), OF(r, "kind"), OF(r, "name"), OF(r, "detail")))
			return false;
	}
	return true;
}

static bool
put_counters(struct db *db, json_t *counters, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(counters, name, value)
	{
		if (!db_run(db, err, "INSERT OR REPLACE INTO named_counter (name, value) VALUES (?, ?)", "sj",
			    name, value))
			return false;
	}
	return true;
}

static bool
bound(struct db *db, const json_t *keep, struct err *err)
{
	return db_run(db, err,
		"DELETE FROM run WHERE status IS NOT NULL AND no <= (SELECT max(no) FROM run) - ?", "j",
		keep);
}

bool
runs_record(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	const json_t *boot = OF(in, "boot");

	(void)out;
	return forget_over(db, boot, OF(in, "over"), err) && put(db, boot, OF(in, "running"), err) &&
	       put(db, boot, OF(in, "done"), err) && bound(db, OF(in, "keep"), err) &&
	       put_counters(db, OF(in, "counters"), err);
}

/* They come behind everything that has ended, in the order of their events. */
static bool
interrupt(struct db *db, const json_t *boot, int64_t *n, struct err *err)
{
	json_t *ids = json_array();
	const json_t *id;
	sqlite3_stmt *s = db_bind(db, err,
		"SELECT rowid FROM run WHERE status IS NULL AND boot <> ? ORDER BY wall, job", "j", boot);
	bool ok;
	size_t i;

	while (s != NULL && db_step(db, s, err))
		json_array_append_new(ids, json_integer(sqlite3_column_int64(s, 0)));
	ok = s != NULL && err->code == ERR_NONE;
	json_array_foreach(ids, i, id)
	{
		ok = ok &&
		     db_run(db, err,
			     "UPDATE run SET status = 'interrupted', no = (SELECT coalesce(max(no), 0) + 1 "
			     "FROM run) WHERE rowid = ?",
			     "j", id);
	}
	*n = (int64_t)json_array_size(ids);
	json_decref(ids);
	return ok;
}

static bool
load_runs(struct db *db, json_t *list, struct err *err)
{
	sqlite3_stmt *s = db_bind(db, err,
		"SELECT no, job, status, wall, type, kind, name, detail FROM run WHERE status IS NOT NULL "
		"ORDER BY no",
		"");

	while (s != NULL && db_step(db, s, err))
		json_array_append_new(list, db_row(s));
	return s != NULL && err->code == ERR_NONE;
}

static bool
load_counters(struct db *db, json_t *counters, struct err *err)
{
	sqlite3_stmt *s = db_bind(db, err, "SELECT name, value FROM named_counter ORDER BY rowid", "");

	while (s != NULL && db_step(db, s, err))
		json_object_set_new(counters, (const char *)sqlite3_column_text(s, 0),
			json_integer(sqlite3_column_int64(s, 1)));
	return s != NULL && err->code == ERR_NONE;
}

bool
runs_load(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	json_t *runs = json_array(), *counters = json_object();
	int64_t interrupted = 0;
	bool ok = interrupt(db, OF(in, "boot"), &interrupted, err) && bound(db, OF(in, "keep"), err) &&
		  load_runs(db, runs, err) && load_counters(db, counters, err);

	*out = json_pack("{s:I, s:o, s:o}", "interrupted", (json_int_t)interrupted, "runs", runs, "counters",
		counters);
	return ok;
}
