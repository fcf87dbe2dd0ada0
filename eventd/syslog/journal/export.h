/*
 * Reads the export format of the systemd journal (systemd.io/JOURNAL_EXPORT_FORMATS) as it comes, in pieces of
 * any size: of each entry the fields that a syslog message is made of, each as long as such a message may be;
 * of anything else nothing is kept, whatever its size. Any thread.
 */
#ifndef SYSLOG_JOURNAL_EXPORT_H
#define SYSLOG_JOURNAL_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

enum export_field {
	EXPORT_CURSOR,
	EXPORT_REALTIME,        /* of the journal, microseconds since 1970 */
	EXPORT_SOURCE_REALTIME, /* of whoever logged */
	EXPORT_MESSAGE,
	EXPORT_PRIORITY,
	EXPORT_FACILITY,
	EXPORT_IDENTIFIER,
	EXPORT_COMM,
	EXPORT_SYSLOG_PID,
	EXPORT_PID,
	EXPORT_UID,
	EXPORT_HOSTNAME,
	EXPORT_TRANSPORT,
	EXPORT_UNIT,
	EXPORT_INVOCATION,
	EXPORT_MESSAGE_ID,
	EXPORT_FIELDS
};

/* The name in the journal: "_HOSTNAME". */
const char *export_field_name(enum export_field);

struct export;

struct export *export_new(const void *ctx);

/*
 * Takes octets up to the end of an entry. True: there is one, whose fields can be asked for until the next call;
 * *used says how many octets were taken, in any case.
 */
bool export_feed(struct export *, const char *data, size_t n, size_t *used);

/* Empty when the entry does not have it. The first, when it has several. */
struct slice export_field(const struct export *, enum export_field);

/*
 * The entry as a message of RFC 5424: who logged is HOST, APP and PROCID; in the structured data `journal` stand
 * transport, unit and uid, which nobody but journald writes. Written to room.
 */
#define EXPORT_ROOM (8192u + 2048u)
struct slice export_message(const struct export *, char room[EXPORT_ROOM]);

#endif
