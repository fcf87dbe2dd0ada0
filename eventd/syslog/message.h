/*
 * One syslog message taken apart in place: views into the octets as they came, nothing copied. Reads
 * what routers and hosts really send: IOS, IOS XR, NX-OS and ASA forms with any piece missing,
 * RFC 3164 also when a relay put its header in front of a router's, RFC 5424, and bare text. Nothing
 * is refused: what is not understood is text. Any thread.
 */
#ifndef SYSLOG_MESSAGE_H
#define SYSLOG_MESSAGE_H

#include <stddef.h>

#include "core/log.h"
#include "core/slice.h"

#define SYSLOG_LINE_MAX 8192u /* octets of one message; listeners cut what is longer */

enum syslog_form {
	SYSLOG_BARE,  /* no header that we know */
	SYSLOG_CISCO, /* [SEQ: ][HOST: ][*|.]TIME: TEXT, each part optional */
	SYSLOG_BSD,   /* RFC 3164: TIME HOST APP[PROCID]: TEXT */
	SYSLOG_5424,
};

/* Empty slices for what the message does not say. All point into `raw`. */
struct syslog_message {
	struct slice raw; /* without final line ends and NULs */
	enum syslog_form form;
	int pri; /* -1 = none; read as 13, user.notice (RFC 3164 4.3.3) */
	enum severity severity;
	struct slice sequence;                 /* "000123", the last when there are two */
	struct slice host;                     /* what the message claims; never proof of its origin */
	struct slice stamp;                    /* "*Mar  1 18:46:11.123", "2024-03-01T18:46:11Z", "1w2d" */
	struct slice app, procid, msgid, data; /* data: RFC 5424 structured data with its brackets */
	struct slice line;                     /* from the time stamp (BSD) or the text on */
	struct slice text;                     /* behind the header */
	struct slice facility, mnemonic;       /* of the first %FACILITY-SEVERITY-MNEMONIC: in the text */
};

void syslog_message_parse(struct syslog_message *, const char *s, size_t n);

/* The level that a priority in front of the message gives it: told before anything else is looked at. */
enum severity syslog_message_severity(const char *s, size_t n);

/*
 * What patterns are matched against and `$_syslog_msg` holds behind its newline (rulings 18, 19, 41):
 * "TIME: TEXT"; RFC 3164 and 5424 as "TIME HOST APP[PROCID]: TEXT"; the text alone when there is no
 * time. A view into the message where that is how it came, else written to `room`.
 */
#define SYSLOG_SUBJECT_ROOM (SYSLOG_LINE_MAX + 64u)
struct slice syslog_message_subject(const struct syslog_message *, char room[SYSLOG_SUBJECT_ROOM]);

/* `$_syslog_facility` and `$_syslog_mnemonic`: as the text says, else from PRI and APP-NAME or MSGID. */
struct slice syslog_message_facility(const struct syslog_message *);
struct slice syslog_message_mnemonic(const struct syslog_message *);

/* "kern" ... "local7"; numbers beyond 23 read as "user". */
const char *syslog_facility_name(unsigned facility);

#endif
