/*
 * The mail as it stands in the queue: an RFC 5322 message with every header of mail-security
 * section 3, CRLF line ends only, no line over 998 octets. Variables can put anything into its fields;
 * nothing that they hold can add a header. Pure (time, ids and names come in); any thread.
 */
#ifndef ACTIONS_MAIL_MESSAGE_H
#define ACTIONS_MAIL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "actions/mail/address.h"
#include "actions/mail/multipart.h"
#include "core/err.h"
#include "core/text.h"

#define MAIL_MESSAGE_MAX (10u * 1024u * 1024u) /* default of `mail maximum-size` */

struct mail_message {
	const struct mail_address *from;
	const struct mail_addresses *to, *cc; /* cc may be NULL or empty; there is never a Bcc */
	const char *subject;
	size_t subject_len;
	const char *body; /* any bytes */
	size_t body_len;
	const struct mail_attachment *attachments;
	size_t attachment_count;
	const char *applet;
	const char *message_id; /* with its <> */
	time_t date;            /* written in local time */
	size_t max_size;        /* octets, 0 = MAIL_MESSAGE_MAX */
};

/* What a Message-ID is made of: unique over restarts, hosts and the clock's steps. */
struct mail_id_seed {
	int64_t wall_usec;
	uint64_t random;
	uint32_t pid, counter;
	const char *fqdn;
};

/* "<20240926152339.1234.7.0123456789abcdef@r1.example.net>" */
char *mail_message_id(const void *ctx, const struct mail_id_seed *);

/* Fields that held control characters, each run of which became a blank. */
enum mail_cleaned { MAIL_CLEANED_SUBJECT = 1, MAIL_CLEANED_APPLET = 2 };

/*
 * Appends the message to out. Its body may be 8-bit (then it is UTF-8). err->class MESSAGE_TOO_BIG when it
 * is longer than max_size. `cleaned` (may be NULL) gets mail_cleaned bits.
 */
bool mail_message_build(const struct mail_message *, struct text *out, unsigned *cleaned, struct err *);

/* "Date: ..." (RFC 5322 3.3, local time with numeric zone) and CRLF. */
void mail_message_date(struct text *out, time_t when);

struct mail_message_facts {
	bool body_8bit;   /* needs 8BITMIME (RFC 6152), or mail_message_to_7bit() */
	bool header_utf8; /* needs SMTPUTF8 (RFC 6532) */
};

struct mail_message_facts mail_message_look(const char *message, size_t n);

/* The same message for a server without 8BITMIME: the body becomes quoted-printable or base64. */
void mail_message_to_7bit(struct text *out, const char *message, size_t n);

#endif
