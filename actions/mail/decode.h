/*
 * What encode.h writes, read again by people: header fields unfolded (RFC 5322 2.2.3) with their encoded words
 * (RFC 2047) decoded, and the text of a message without its transfer encoding (RFC 2045). Pure; any thread.
 */
#ifndef ACTIONS_MAIL_DECODE_H
#define ACTIONS_MAIL_DECODE_H

#include <stddef.h>

#include "core/text.h"

/* Words of UTF-8 and US-ASCII are decoded; of other charsets, and broken ones, they stay as they are. */
void decode_words(struct text *out, const char *s, size_t n);

/* The field of a message with CRLF line ends, unfolded and decoded; empty when there is none. */
char *decode_field(const void *ctx, const char *message, const char *name);

/* Its text: of a multipart message the first part. With the message's line ends. */
void decode_body(struct text *out, const char *message);

#endif
