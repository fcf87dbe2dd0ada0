/* The tables of the durable state. */
#include "store/schema.h"

#include <stddef.h>

/*
 * message     one accepted mail; `request` is its envelope as JSON (the server sealed), times are wall
 *             microseconds. Ids are never used twice: they are the MIDs of the logs.
 * text        its RFC 5322 text, apart: the start reads every message, and no text.
 * part        its recipients at one destination, which share schedule and fate.
 * recipient   state: enum mailqueue_recipient; `rid` is its rank in the mail, whatever part it is in.
 * attempt     what `show mail queue detail` tells.
 * digested    which mails a digest stands for.
 * counter     what is counted over restarts.
 * run         runs of policies: the last that have ended, and those under way (status null). Jobs count from 1 with
 *             each boot.
 * named_counter  those of `action counter`.
 */
static const char version_1[] =
	"CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, applet TEXT, "
	"server TEXT, sender TEXT, request TEXT NOT NULL, size INTEGER NOT NULL, created INTEGER NOT NULL, "
	"kind INTEGER NOT NULL, warned INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE text (id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
	"CREATE TABLE part (id INTEGER PRIMARY KEY AUTOINCREMENT, mid INTEGER NOT NULL, host TEXT NOT NULL, "
	"domain TEXT, "
	"state INTEGER NOT NULL, next_try INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, "
	"unconfirmed INTEGER NOT NULL DEFAULT 0, class TEXT, phase TEXT, reason TEXT);"
	"CREATE INDEX part_mid ON part (mid);"
	"CREATE TABLE recipient (id INTEGER PRIMARY KEY AUTOINCREMENT, part INTEGER NOT NULL, mailbox TEXT "
	"NOT NULL, "
	"state INTEGER NOT NULL DEFAULT 0, class TEXT, phase TEXT, code INTEGER, enhanced TEXT, reply TEXT);"
	"CREATE INDEX recipient_part ON recipient (part);"
	"CREATE TABLE attempt (id INTEGER PRIMARY KEY AUTOINCREMENT, part INTEGER NOT NULL, at INTEGER NOT "
	"NULL, "
	"host TEXT, ip TEXT, port INTEGER, phase TEXT, class TEXT, detail TEXT, tls_version TEXT, cipher "
	"TEXT, "
	"certificate TEXT, code INTEGER, enhanced TEXT, reply TEXT, unconfirmed INTEGER, next_try INTEGER);"
	"CREATE INDEX attempt_part ON attempt (part);"
	"CREATE TABLE digested (id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL, message_id TEXT "
	"NOT NULL, "
	"applet TEXT, subject TEXT, recipients TEXT, created INTEGER NOT NULL, at INTEGER NOT NULL);"
	"CREATE TABLE counter (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, value "
	"INTEGER NOT NULL);";

/* Recipients have their rank in the mail. */
static const char version_2[] =
	"ALTER TABLE recipient ADD COLUMN rid INTEGER NOT NULL DEFAULT 0;"
	"UPDATE recipient SET rid = (SELECT count(*) FROM recipient r WHERE r.id < recipient.id AND r.part "
	"IN "
	"(SELECT id FROM part WHERE mid = (SELECT mid FROM part WHERE id = recipient.part)));";

/* Runs and named counters outlive the daemon. */
static const char version_3[] =
	"CREATE TABLE run (boot INTEGER NOT NULL, job INTEGER NOT NULL, no INTEGER, status TEXT, wall "
	"INTEGER NOT "
	"NULL, type TEXT, kind TEXT, name TEXT, detail TEXT, PRIMARY KEY (boot, job));"
	"CREATE TABLE named_counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);";

/*
 * A retry begins a mail's time and its tries anew: `since` is when its time began, `renewed_at` how many tries
 * were made before.
 */
static const char version_4[] = "ALTER TABLE message ADD COLUMN since INTEGER NOT NULL DEFAULT 0;"
				"UPDATE message SET since = created;"
				"ALTER TABLE part ADD COLUMN renewed_at INTEGER NOT NULL DEFAULT 0;";

const char *const store_schema[] = { version_1, version_2, version_3, version_4, NULL };
