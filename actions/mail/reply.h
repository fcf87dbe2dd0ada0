/*
 * SMTP replies (RFC 5321 4.2): an incremental decoder of what a perhaps hostile server sends. Pure; no
 * more than SMTP_REPLY_MAX octets are ever kept.
 */
#ifndef ACTIONS_MAIL_REPLY_H
#define ACTIONS_MAIL_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"

#define SMTP_LINE_MAX  4096  /* octets of a line, with its end */
#define SMTP_LINES_MAX 512   /* of a reply */
#define SMTP_REPLY_MAX 65536 /* octets of a reply */

enum smtp_fed {
	SMTP_MORE, /* everything was taken, the reply goes on */
	SMTP_DONE, /* the reply is whole; what stands behind it was left */
	SMTP_BAD   /* no SMTP reply: `why` says what is wrong */
};

struct smtp_reply {
	int code;         /* 200-599 once a line is there */
	size_t lines;     /* whole lines so far */
	size_t octets;    /* seen so far */
	struct text text; /* the lines without their codes, '\n' between them; any bytes but NUL and LF */
	struct text line; /* the line under way */
	const char *why;
};

/* Allocates in ctx; the object may be used for one reply after another. */
void smtp_reply_init(struct smtp_reply *, const void *ctx);
void smtp_reply_reset(struct smtp_reply *);

/* Takes bytes up to the end of the reply; `used` gets how many. */
enum smtp_fed smtp_reply_feed(struct smtp_reply *, const char *data, size_t n, size_t *used);

/* The enhanced status code (RFC 2034) at the start of the text, "" when there is none. */
void smtp_reply_enhanced(const struct smtp_reply *, char out[16]);

#endif
