/* The mail queue's rows. */
#include "store/mailqueue.h"

#include "store/db.h"

static int64_t
integer(const json_t *in, const char *key)
{
	return json_integer_value(json_object_get(in, key));
}

static const char *
string(const json_t *in, const char *key)
{
	return json_string_value(json_object_get(in, key));
}

/* Every row of a statement into a list. */
static bool
rows_into(struct db *db, sqlite3_stmt *stmt, json_t *list, struct err *err)
{
	while (stmt != NULL && db_step(db, stmt, err))
		json_array_append_new(list, db_row(stmt));
	return stmt != NULL && err->code == ERR_NONE;
}

static bool
count(struct db *db, const char *name, int64_t n, struct err *err)
{
	return n == 0 || db_run(db, err,
				 "INSERT INTO counter (name, value) VALUES (?, ?) "
				 "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
				 "si", name, n);
}

/* What is counted over restarts. */
static bool
view_counters(struct db *db, json_t *out, struct err *err)
{
	sqlite3_stmt *stmt = db_bind(db, err, "SELECT name, value FROM counter", "");
	json_t *counters = json_object();

	json_object_set_new(out, "counters", counters);
	while (stmt != NULL && db_step(db, stmt, err))
		json_object_set_new(counters, (const char *)sqlite3_column_text(stmt, 0),
			json_integer(sqlite3_column_int64(stmt, 1)));
	return stmt != NULL && err->code == ERR_NONE;
}

/* ---- start ---- */

bool
mailqueue_recover(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	if (!db_run(db, err,
		    "INSERT INTO attempt (part, at, host, phase, class, detail, code, unconfirmed, next_try) "
		    "SELECT id, next_try, host, ?, ?, ?, 0, 1, 0 FROM part WHERE state = ?",
		    "jjji", json_object_get(in, "phase"), json_object_get(in, "class"),
		    json_object_get(in, "detail"), (int64_t)MAILQUEUE_ACTIVE) ||
		!db_run(db, err,
			"UPDATE part SET state = ?, unconfirmed = unconfirmed + 1, tries = tries + 1, "
			"next_try = 0 WHERE state = ?",
			"ii", (int64_t)MAILQUEUE_QUEUED, (int64_t)MAILQUEUE_ACTIVE))
		return false;
	*out = json_pack("{s:I}", "recovered", (json_int_t)db_changes(db));
	return count(db, "possible_duplicates", integer(*out, "recovered"), err);
}

bool
mailqueue_load(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	int64_t after = integer(in, "after");
	json_t *parts = json_array();
	sqlite3_stmt *stmt = db_bind(db, err,
		"SELECT p.id, p.mid, p.host, p.state, p.next_try, p.tries, p.unconfirmed, m.created, m.size, "
		"m.kind, m.warned, m.applet, m.server, p.domain, m.since, p.renewed_at FROM part p JOIN "
		"message m ON m.id = p.mid "
		"WHERE p.id > ? AND p.state <> ? ORDER BY p.id LIMIT ?",
		"iii", after, (int64_t)MAILQUEUE_DONE, integer(in, "limit"));

	*out = json_object();
	json_object_set_new(*out, "parts", parts);
	while (stmt != NULL && db_step(db, stmt, err)) {
		json_t *row = json_array();

		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			if (sqlite3_column_type(stmt, i) == SQLITE_TEXT)
				json_array_append_new(
					row, json_string_nocheck((const char *)sqlite3_column_text(stmt, i)));
			else
				json_array_append_new(row, json_integer(sqlite3_column_int64(stmt, i)));
		}
		after = sqlite3_column_int64(stmt, ROW_PART);
		json_array_append_new(parts, row);
	}
	json_object_set_new(*out, "last", json_integer(after));
	return stmt != NULL && err->code == ERR_NONE;
}

/* ---- a message comes ---- */

static bool
add_part(struct db *db, int64_t mid, const json_t *part, json_t *ids, struct err *err)
{
	const json_t *to;
	int64_t id;
	size_t i;

	if (!db_run(db, err, "INSERT INTO part (mid, host, domain, state, next_try) VALUES (?, ?, ?, ?, ?)",
		    "isjii", mid, string(part, "host"), json_object_get(part, "domain"),
		    integer(part, "state"), integer(part, "next_try")))
		return false;
	id = db_last_id(db);
	json_array_append_new(ids, json_integer(id));
	json_array_foreach(json_object_get(part, "recipients"), i, to)
	{
		if (!db_run(db, err, "INSERT INTO recipient (part, mailbox, rid) VALUES (?, ?, ?)", "ijj", id,
			    json_object_get(to, "mailbox"), json_object_get(to, "rid")))
			return false;
	}
	return true;
}

bool
mailqueue_add(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	const json_t *m = json_object_get(in, "message"), *text = json_object_get(in, "text"), *part;
	json_t *ids = json_array();
	int64_t mid;
	size_t i;

	*out = json_object();
	json_object_set_new(*out, "parts", ids);
	if (!db_run(db, err,
		    "INSERT INTO message (message_id, applet, server, sender, request, size, created, kind, "
		    "since) "
		    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    "jjjjjjjjj", json_object_get(m, "message_id"), json_object_get(m, "applet"),
		    json_object_get(m, "server"), json_object_get(m, "sender"), json_object_get(m, "request"),
		    json_object_get(m, "size"), json_object_get(m, "created"), json_object_get(m, "kind"),
		    json_object_get(m, "created")))
		return false;
	mid = db_last_id(db);
	json_object_set_new(*out, "mid", json_integer(mid));
	if (!db_run(db, err, "INSERT INTO text (id, body) VALUES (?, ?)", "ib", mid, json_string_value(text),
		    json_string_length(text)))
		return false;
	json_array_foreach(json_object_get(in, "parts"), i, part)
	{
		if (!add_part(db, mid, part, ids, err))
			return false;
	}
	return count(db, "accepted", 1, err);
}

/* ---- an attempt ---- */

static bool
count_kept(struct db *db, int64_t part, json_t *out, struct err *err)
{
	sqlite3_stmt *stmt = db_bind(db, err, "SELECT count(*) FROM recipient WHERE part = ? AND state = ?",
		"ii", part, (int64_t)MAILQUEUE_KEPT);

	if (stmt == NULL || !db_step(db, stmt, err))
		return false;
	json_object_set_new(out, "kept", json_integer(sqlite3_column_int64(stmt, 0)));
	db_reset(stmt);
	return true;
}

static bool
read_part(struct db *db, int64_t part, json_t *out, struct err *err)
{
	sqlite3_stmt *stmt = db_bind(db, err,
		"SELECT m.request, m.message_id, t.body AS text FROM part p JOIN message m ON m.id = p.mid "
		"JOIN text t ON t.id = p.mid WHERE p.id = ?",
		"i", part);
	json_t *row, *list = json_array();

	if (stmt == NULL || !db_step(db, stmt, err)) {
		json_decref(list);
		return err->code == ERR_NONE ? err_class(err, ERR_NOT_FOUND, "STORE_GONE",
						       "the message is not in the store")
					     : false;
	}
	row = db_row(stmt);
	db_reset(stmt);
	json_object_update(out, row);
	json_decref(row);
	json_object_set_new(out, "recipients", list);
	return rows_into(db,
		db_bind(db, err,
			"SELECT id, rid, mailbox FROM recipient WHERE part = ? AND state = ? ORDER BY rid",
			"ii", part, (int64_t)MAILQUEUE_WAITS),
		list, err);
}

bool
mailqueue_claim(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	int64_t part = integer(in, "part");

	*out = json_object();
	return read_part(db, part, *out, err) && count_kept(db, part, *out, err);
}

/* When it was is kept where the next try is: there is none before the answer is known. */
bool
mailqueue_sending(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	(void)out;
	return db_run(db, err, "UPDATE part SET state = ?, next_try = ? WHERE id = ?", "iji",
		       (int64_t)MAILQUEUE_ACTIVE, json_object_get(in, "at"), integer(in, "part")) &&
	       (db_changes(db) > 0 ||
		       err_class(err, ERR_NOT_FOUND, "STORE_GONE", "the message is not in the store"));
}

static bool
keep_recipients(struct db *db, const json_t *list, struct err *err)
{
	const json_t *r;
	size_t i;

	json_array_foreach(list, i, r)
	{
		if (!db_run(db, err,
			    "UPDATE recipient SET state = ?, class = ?, phase = ?, code = ?, enhanced = ?, "
			    "reply = ? "
			    "WHERE id = ?",
			    "jjjjjjj", json_object_get(r, "state"), json_object_get(r, "class"),
			    json_object_get(r, "phase"), json_object_get(r, "code"),
			    json_object_get(r, "enhanced"), json_object_get(r, "reply"),
			    json_object_get(r, "id")))
			return false;
	}
	return true;
}

static bool
keep_attempt(struct db *db, int64_t part, const json_t *a, struct err *err)
{
	return a == NULL ||
	       db_run(db, err,
		       "INSERT INTO attempt (part, at, host, ip, port, phase, class, detail, tls_version, "
		       "cipher, "
		       "certificate, code, enhanced, reply, unconfirmed, next_try) "
		       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		       "ijjjjjjjjjjjjjjj", part, json_object_get(a, "at"), json_object_get(a, "host"),
		       json_object_get(a, "ip"), json_object_get(a, "port"), json_object_get(a, "phase"),
		       json_object_get(a, "class"), json_object_get(a, "detail"),
		       json_object_get(a, "tls_version"), json_object_get(a, "cipher"),
		       json_object_get(a, "certificate"), json_object_get(a, "code"),
		       json_object_get(a, "enhanced"), json_object_get(a, "reply"),
		       json_object_get(a, "unconfirmed"), json_object_get(a, "next_try"));
}

/* Hosts that the attempt passed over. */
static bool
keep_passed(struct db *db, int64_t part, const json_t *list, struct err *err)
{
	const json_t *a;
	size_t i;

	json_array_foreach(list, i, a)
	{
		if (!keep_attempt(db, part, a, err))
			return false;
	}
	return true;
}

static bool
drop_message(struct db *db, int64_t mid, struct err *err)
{
	return db_run(db, err, "DELETE FROM attempt WHERE part IN (SELECT id FROM part WHERE mid = ?)", "i",
		       mid) &&
	       db_run(db, err, "DELETE FROM recipient WHERE part IN (SELECT id FROM part WHERE mid = ?)", "i",
		       mid) &&
	       db_run(db, err, "DELETE FROM part WHERE mid = ?", "i", mid) &&
	       db_run(db, err, "DELETE FROM text WHERE id = ?", "i", mid) &&
	       db_run(db, err, "DELETE FROM message WHERE id = ?", "i", mid);
}

/* What the other parts came to is kept to be seen until the last one is done. */
static bool
drop_done_message(struct db *db, int64_t mid, struct err *err)
{
	sqlite3_stmt *stmt = db_bind(db, err, "SELECT 1 FROM part WHERE mid = ? AND state <> ? LIMIT 1", "ii",
		mid, (int64_t)MAILQUEUE_DONE);

	if (stmt == NULL)
		return false;
	if (db_step(db, stmt, err)) {
		db_reset(stmt);
		return true;
	}
	return err->code == ERR_NONE && drop_message(db, mid, err) && count(db, "delivered", 1, err);
}

static bool
settle_part(struct db *db, const json_t *in, struct err *err)
{
	int64_t part = integer(in, "part"), mid = integer(in, "mid");

	if (!db_run(db, err,
		    "UPDATE part SET state = ?, next_try = ?, tries = ?, unconfirmed = ?, "
		    "class = COALESCE(?, class), phase = COALESCE(?, phase), reason = COALESCE(?, reason) "
		    "WHERE id = ?",
		    "jjjjjjji", json_object_get(in, "state"), json_object_get(in, "next_try"),
		    json_object_get(in, "tries"), json_object_get(in, "unconfirmed"),
		    json_object_get(in, "class"), json_object_get(in, "phase"), json_object_get(in, "reason"),
		    part))
		return false;
	if (integer(in, "state") == MAILQUEUE_DONE)
		return drop_done_message(db, mid, err);
	return !json_is_true(json_object_get(in, "warned")) ||
	       db_run(db, err, "UPDATE message SET warned = 1 WHERE id = ?", "i", mid);
}

bool
mailqueue_conclude(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	const json_t *bounce = json_object_get(in, "bounce");
	json_t *added = NULL;
	bool ok;

	*out = json_object();
	/* Of a message that was deleted meanwhile there is nothing to keep. */
	if (!db_run(db, err, "UPDATE part SET state = state WHERE id = ?", "i", integer(in, "part")) ||
		db_changes(db) == 0)
		return err->code == ERR_NONE;
	ok = keep_recipients(db, json_object_get(in, "recipients"), err) &&
	     keep_passed(db, integer(in, "part"), json_object_get(in, "passed"), err) &&
	     keep_attempt(db, integer(in, "part"), json_object_get(in, "attempt"), err) &&
	     settle_part(db, in, err) && count(db, "possible_duplicates", integer(in, "duplicates"), err);
	if (!ok || !json_is_object(bounce))
		return ok;
	ok = mailqueue_add(db, bounce, &added, err);
	json_object_set_new(*out, "bounce", added);
	return ok;
}

/* ---- what people do to it ---- */

/* Whoever was refused is tried again, and their time begins anew. */
static bool
renew_part(struct db *db, const json_t *in, const json_t *part, struct err *err)
{
	return db_run(db, err, "UPDATE recipient SET state = ? WHERE part = ? AND state IN (?, ?)", "ijii",
		       (int64_t)MAILQUEUE_WAITS, part, (int64_t)MAILQUEUE_KEPT, (int64_t)MAILQUEUE_REFUSED) &&
	       db_run(db, err, "UPDATE part SET renewed_at = tries WHERE id = ?", "j", part) &&
	       db_run(db, err, "UPDATE message SET since = ? WHERE id = (SELECT mid FROM part WHERE id = ?)",
		       "jj", json_object_get(in, "renewed"), part);
}

bool
mailqueue_set(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	const json_t *part;
	size_t i;

	(void)out;
	json_array_foreach(json_object_get(in, "parts"), i, part)
	{
		if (!db_run(db, err,
			    "UPDATE part SET state = ?, next_try = ?, class = COALESCE(?, class), "
			    "phase = COALESCE(?, phase), reason = COALESCE(?, reason) WHERE id = ? "
			    "AND state NOT IN (?, ?)",
			    "jjjjjjii", json_object_get(in, "state"), json_object_get(in, "next_try"),
			    json_object_get(in, "class"), json_object_get(in, "phase"),
			    json_object_get(in, "reason"), part, (int64_t)MAILQUEUE_ACTIVE,
			    (int64_t)MAILQUEUE_DONE))
			return false;
		if (integer(in, "state") == MAILQUEUE_QUEUED && !renew_part(db, in, part, err))
			return false;
	}
	return true;
}

bool
mailqueue_move(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	(void)out;
	return db_run(db, err, "UPDATE part SET host = ? WHERE id = ?", "jj", json_object_get(in, "host"),
		       json_object_get(in, "part")) &&
	       db_run(db, err, "UPDATE message SET server = ? WHERE id = ?", "jj",
		       json_object_get(in, "server"), json_object_get(in, "mid"));
}

bool
mailqueue_delete(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	const json_t *id;
	size_t i;

	(void)out;
	json_array_foreach(json_object_get(in, "mids"), i, id)
	{
		if (!drop_message(db, json_integer_value(id), err))
			return false;
	}
	return true;
}

static bool
view_part(struct db *db, json_t *part, bool attempts, struct err *err)
{
	json_t *list = json_array();
	int64_t id = integer(part, "id");

	json_object_set_new(part, "recipients", list);
	if (!rows_into(db,
		    db_bind(db, err,
			    "SELECT rid, mailbox, state, class, phase, code, enhanced, reply FROM recipient "
			    "WHERE part = ? ORDER BY rid",
			    "i", id),
		    list, err))
		return false;
	if (!attempts)
		return true;
	list = json_array();
	json_object_set_new(part, "attempts", list);
	return rows_into(
		db, db_bind(db, err, "SELECT * FROM attempt WHERE part = ? ORDER BY id", "i", id), list, err);
}

static bool
view_message(struct db *db, json_t *message, bool attempts, struct err *err)
{
	json_t *parts = json_array(), *part;
	size_t i;

	json_object_set_new(message, "parts", parts);
	if (!rows_into(db,
		    db_bind(db, err, "SELECT * FROM part WHERE mid = ? ORDER BY id", "i",
			    integer(message, "id")),
		    parts, err))
		return false;
	json_array_foreach(parts, i, part)
	{
		if (!view_part(db, part, attempts, err))
			return false;
	}
	return true;
}

static bool
view_text(struct db *db, json_t *message, struct err *err)
{
	sqlite3_stmt *stmt =
		db_bind(db, err, "SELECT body FROM text WHERE id = ?", "i", integer(message, "id"));

	if (stmt == NULL)
		return false;
	if (db_step(db, stmt, err))
		json_object_set_new(message, "text",
			json_stringn_nocheck(
				sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0)));
	db_reset(stmt);
	return err->code == ERR_NONE;
}

bool
mailqueue_view(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	json_t *list = json_array(), *message;
	bool one = json_is_integer(json_object_get(in, "mid"));
	size_t i;

	*out = json_object();
	json_object_set_new(*out, "messages", list);
	if (!view_counters(db, *out, err))
		return false;
	if (!rows_into(db,
		    one ? db_bind(db, err, "SELECT * FROM message WHERE id = ?", "i", integer(in, "mid"))
			: db_bind(db, err, "SELECT * FROM message WHERE id > ? ORDER BY id LIMIT ?", "ii",
				  integer(in, "after"), integer(in, "limit")),
		    list, err))
		return false;
	json_array_foreach(list, i, message)
	{
		if (json_is_true(json_object_get(in, "texts")) && !view_text(db, message, err))
			return false;
		if (!view_message(db, message, json_is_true(json_object_get(in, "attempts")), err))
			return false;
	}
	return true;
}

bool
mailqueue_text(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	sqlite3_stmt *stmt = db_bind(db, err,
		"SELECT m.*, t.body AS text FROM message m JOIN text t ON t.id = m.id WHERE m.id = ?", "i",
		integer(in, "mid"));

	if (stmt == NULL)
		return false;
	if (!db_step(db, stmt, err))
		return err->code == ERR_NONE
			       ? err_class(err, ERR_NOT_FOUND, "STORE_GONE", "there is no such message")
			       : false;
	*out = db_row(stmt);
	db_reset(stmt);
	return true;
}

/* ---- digests ---- */

static bool
make_digest(struct db *db, const json_t *in, const json_t *at, json_t **out, struct err *err)
{
	const json_t *d, *add = json_object_get(in, "add");
	const json_t *id = json_object_get(json_object_get(add, "message"), "message_id");
	size_t i;

	json_array_foreach(json_object_get(in, "digested"), i, d)
	{
		if (!db_run(db, err,
			    "INSERT INTO digested (digest, message_id, applet, subject, recipients, created, "
			    "at) "
			    "VALUES (?, ?, ?, ?, ?, ?, ?)",
			    "jjjjjjj", id, json_object_get(d, "message_id"), json_object_get(d, "applet"),
			    json_object_get(d, "subject"), json_object_get(d, "recipients"),
			    json_object_get(d, "created"), at))
			return false;
	}
	return mailqueue_delete(db, in, NULL, err) && mailqueue_add(db, add, out, err) &&
	       count(db, "digested", (int64_t)json_array_size(json_object_get(in, "digested")), err);
}

bool
mailqueue_digest(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	json_t *list = json_array();
	const json_t *one;
	size_t i;

	*out = json_object();
	json_object_set_new(*out, "added", list);
	json_array_foreach(json_object_get(in, "digests"), i, one)
	{
		json_t *added = NULL;
		bool ok = make_digest(db, one, json_object_get(in, "at"), &added, err);

		json_array_append_new(list, added);
		if (!ok)
			return false;
	}
	return true;
}

bool
mailqueue_digested(struct db *db, const json_t *in, json_t **out, struct err *err)
{
	const json_t *digest = json_object_get(in, "digest");
	json_t *list = json_array();

	*out = json_object();
	json_object_set_new(*out, "digested", list);
	return rows_into(db,
		json_is_string(digest)
			? db_bind(db, err, "SELECT * FROM digested WHERE digest = ? ORDER BY id", "j", digest)
			: db_bind(db, err, "SELECT * FROM digested ORDER BY id DESC LIMIT 1000", ""),
		list, err);
}
